package import Base
import Checks
import Glibc
import HTTPClient
import Runtime

/// A TCP connection of a client, plain or TLS, on one event loop; opened again and again by whoever pools it.
///
/// Not Sendable: create and use it on its loop. `open` looks the host up, connects to one of its addresses, asks for
/// TLS where that is wanted and shakes hands; every failure is a value for the owner. The address policy is asked
/// before each connection. One deadline covers everything, what the owner does with the open stream too.
package final class StreamConnection {
    unowned let context: StreamContext
    var loop: EventLoop { context.loop }
    package unowned var owner: (any StreamOwner)?

    enum State { case idle, resolving, connecting, dialog, handshaking, settling, open, ended }
    var state = State.idle
    /// Counts openings and closings: tells a callback that the stream is another one by now.
    var generation: UInt64 = 0
    var target = StreamTarget(host: "", port: 0)
    var limit = Duration.zero
    var deadline = MonotonicTime(nanoseconds: 0)
    /// When the part of opening that is under way began.
    var partStartedAt = MonotonicTime(nanoseconds: 0)
    package internal(set) var times = StreamTimes()

    var lookup: Resolver.Lookup?
    /// The family that the resolver put first, and the other one.
    var attempts = (first: ConnectAttempts(), second: ConnectAttempts())
    var secondStartsAt = MonotonicTime(nanoseconds: 0)
    var lastFailure: Outcome.Failure?
    var descriptor: Int32 = -1
    var registration: EventLoop.Registration?
    private(set) var peer: IPAddress?

    var session: TLSSession?
    /// What TLS told; of the last handshake until the next begins.
    package let record = TLSRecord()
    var dialog = StartTLSDialog(.none)
    /// What does not fit into the socket yet, from `outputStart` on.
    var output: [UInt8] = []
    var outputStart = 0
    var hasWritten = false
    /// Whether the peer was gone when something was to be sent.
    package internal(set) var hasLostPeer = false

    private var deadlineTimer: TimerToken?
    var attemptTimer: TimerToken?
    private var isOpening = false
    private var deferred: Outcome.Failure?
    // Made once: a check must not pay for closures.
    lazy var firstHandler: EventLoop.Handler = { [unowned self] in ready($0, isSecond: false) }
    lazy var secondHandler: EventLoop.Handler = { [unowned self] in ready($0, isSecond: true) }
    private lazy var deadlineAction: () -> Void = { [unowned self] in deadlineReached() }
    lazy var attemptAction: () -> Void = { [unowned self] in attemptTimerFired() }
    private var peerText: (address: IPAddress, port: UInt16, text: String)?

    package init(_ context: StreamContext) { self.context = context }

    deinit { tearDown() }

    /// Opens the stream; what comes of it is told to the owner, never from inside of this call.
    ///
    /// `limit` is what the deadline is called in messages.
    package func open(_ target: StreamTarget, deadline: MonotonicTime, limit: Duration) {
        loop.preconditionInLoop()
        precondition(state == .idle, "the stream is open")
        generation &+= 1
        self.target = target
        self.deadline = deadline
        self.limit = limit
        times = StreamTimes()
        peer = nil
        lastFailure = nil
        hasWritten = false
        hasLostPeer = false
        isOpening = true
        deferred = nil
        deadlineTimer = loop.arm(at: deadline, deadlineAction)
        resolve()
        isOpening = false
    }

    /// Ends the stream at once and without a word; it can be opened again.
    ///
    /// Twice is harmless.
    package func close() {
        guard state != .idle else { return }
        if state == .open, let session { session.sayGoodbye() }
        tearDown()
    }

    private func tearDown() {
        state = .idle
        generation &+= 1
        lookup?.cancel()
        lookup = nil
        if let deadlineTimer { loop.cancel(deadlineTimer) }
        deadlineTimer = nil
        if let attemptTimer { loop.cancel(attemptTimer) }
        attemptTimer = nil
        drop(&attempts.first)
        drop(&attempts.second)
        session = nil
        if let registration { loop.deregister(registration) }
        registration = nil
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
        if !output.isEmpty { output.removeAll(keepingCapacity: output.capacity <= 4096) }
        outputStart = 0
    }

    /// Gives a attempt's attempt up.
    func drop(_ attempt: inout ConnectAttempts) {
        if let registration = attempt.registration { loop.deregister(registration) }
        attempt.registration = nil
        if attempt.descriptor >= 0 { Glibc.close(attempt.descriptor) }
        attempt.descriptor = -1
    }

    /// Tells the owner; from inside of `open` only later.
    func fail(_ failure: Outcome.Failure) {
        if isOpening {
            guard deferred == nil else { return }
            deferred = failure
            if let deadlineTimer { loop.cancel(deadlineTimer) }
            deadlineTimer = loop.arm(at: loop.now, deadlineAction)
            return
        }
        owner?.streamFailed(failure)
    }

    func fail(_ reason: Reason, _ phase: Phase, _ message: String) { fail(Outcome.Failure(reason, in: phase, message)) }

    /// Keeps the address of the connection, or of the attempt that failed last.
    func notePeer(_ address: IPAddress) { peer = address }

    var peerFamily: IPAddress.Family? { peer?.family }

    /// `127.0.0.1:25` or `[::1]:25` of the connection, or of the last attempt.
    package var remoteAddress: String? {
        guard let peer else { return nil }
        if let peerText, peerText.address == peer, peerText.port == target.port { return peerText.text }
        let text = "\(peer.urlText):\(target.port)"
        peerText = (peer, target.port, text)
        return text
    }

    // MARK: Time

    private func deadlineReached() {
        deadlineTimer = nil
        if let deferred { return fail(deferred) }
        let after = "after \(limit.text)"
        let spent = (.now as MonotonicTime) - partStartedAt
        switch state {
        case .idle: break
        case .resolving:
            times.dns = spent
            fail(.dnsTimeout, .dns, "no answer from the name server \(after)")
        case .connecting:
            times.connect = spent
            fail(.connectTimeout, .connect, "no connection to \(remoteAddress ?? target.host) \(after)")
        case .dialog:
            times.dialog = spent
            fail(.answerTimeout, .request, "TLS was not allowed \(after)")
        case .handshaking, .settling:
            times.tls = spent
            fail(.tlsTimeout, .tls, "no TLS handshake \(after)")
        case .open, .ended: fail(.answerTimeout, .request, "no answer \(after)")
        }
    }
}
