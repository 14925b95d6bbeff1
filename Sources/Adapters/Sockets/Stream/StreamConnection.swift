package import Base
import Checks
import Glibc
import HTTPClient
import Runtime

/// A TCP client connection, plain or TLS, on one event loop; pools open it again and again.
///
/// Not Sendable: create and use it on its loop. `open` resolves the host, connects to one of its addresses, runs
/// STARTTLS where requested and the TLS handshake; every failure is a value for the owner. The address policy is
/// checked before each connection. One deadline covers everything, including the owner's use of the open stream.
package final class StreamConnection {
    unowned let context: StreamContext
    var loop: EventLoop { context.loop }
    package unowned var owner: (any StreamOwner)?

    enum State { case idle, resolving, connecting, dialog, handshaking, settling, open, ended }
    var state = State.idle
    /// Counts openings and closings, so that a callback can detect that the stream was reopened.
    var generation: UInt64 = 0
    var target = StreamTarget(host: "", port: 0)
    var limit = Duration.zero
    var deadline = MonotonicTime(nanoseconds: 0)
    /// When the current part of opening began.
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
    /// The facts of the last TLS handshake, kept until the next one begins.
    package let record = TLSRecord()
    var dialog = StartTLSDialog(.none)
    /// Bytes that wait for the socket, from `outputStart` on.
    var output: [UInt8] = []
    var outputStart = 0
    var hasWritten = false
    /// The most bytes that may wait for a peer that does not read.
    package var outputLimit = 1 << 20
    /// Whether a write found the peer gone.
    package internal(set) var hasLostPeer = false

    private var deadlineTimer: TimerToken?
    var attemptTimer: TimerToken?
    private var isOpening = false
    private var deferred: Outcome.Failure?
    // Created once: a check must not pay for closures.
    lazy var firstHandler: EventLoop.Handler = { [unowned self] in ready($0, isSecond: false) }
    lazy var secondHandler: EventLoop.Handler = { [unowned self] in ready($0, isSecond: true) }
    private lazy var deadlineAction: () -> Void = { [unowned self] in deadlineReached() }
    lazy var attemptAction: () -> Void = { [unowned self] in attemptTimerFired() }
    private var peerText: (address: IPAddress, port: UInt16, text: String)?

    package init(_ context: StreamContext) { self.context = context }

    deinit { tearDown() }

    /// Opens the stream; the owner is notified of the result, never during this call.
    ///
    /// `limit` is the duration that messages name for the deadline.
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

    /// Lifts the deadline of an open stream; from now on the owner limits its use.
    package func liftDeadline() {
        if let deadlineTimer { loop.cancel(deadlineTimer) }
        deadlineTimer = nil
    }

    /// Closes the stream at once without notifying the owner; it can be opened again.
    ///
    /// May be called twice.
    package func close() {
        guard state != .idle else { return }
        if state == .open, let session { session.sendCloseNotify() }
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

    /// Abandons the current attempt of a family.
    func drop(_ attempt: inout ConnectAttempts) {
        if let registration = attempt.registration { loop.deregister(registration) }
        attempt.registration = nil
        if attempt.descriptor >= 0 { Glibc.close(attempt.descriptor) }
        attempt.descriptor = -1
    }

    /// Notifies the owner of a failure; deferred while `open` runs.
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

    /// Keeps the address of the connection or of the last failed attempt.
    func notePeer(_ address: IPAddress) { peer = address }

    var peerFamily: IPAddress.Family? { peer?.family }

    /// `127.0.0.1:25` or `[::1]:25` of the connection or of the last attempt.
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
