import Base
import Glibc
import Runtime

/// One client's connection: its parser, its exchange, its output; confined to one loop.
///
/// Its executor is the loop, so the compiler checks the confinement. One exchange runs at a time. Pipelined requests
/// wait in `input`; beyond a limit the client has to wait.
actor Connection {
    /// What the connection is doing; body bytes may arrive in any phase up to `flushing`.
    enum Phase: UInt8 {
        /// Waiting for a request's head.
        case head
        /// The handler has not answered yet.
        case handling
        /// A streamed body is being written.
        case streaming
        /// The response is complete but not all sent.
        case flushing
        case webSocket
        /// Nothing more is sent; received bytes are discarded.
        case linger
        case closed
    }

    nonisolated let context: LoopContext
    nonisolated let address: String
    nonisolated var unownedExecutor: UnownedSerialExecutor { context.loop.asUnownedSerialExecutor() }

    let descriptor: Int32
    var registration: EventLoop.Registration?
    var interest: Interest = []
    var phase = Phase.head
    var keepsAlive = true
    var isEnded = false
    var isConsuming = false
    var isHeadStarted = false
    var isHeadRequest = false
    var isOldVersion = false

    var readDeadline = Connection.never
    var writeDeadline = Connection.never
    var timer: TimerToken?
    var timerDue = Connection.never

    var parser = HeadParser()
    var input: [UInt8] = []
    var inputStart = 0
    var incoming: IncomingBody?
    /// Bytes of the exchange's body that the loop's budget counts.
    var heldBytes = 0
    var lingered = 0

    var output = OutputQueue()
    var writers: [WaitingWriter] = []
    var lastWriter: UInt32 = 0
    var sinceYield = 0

    /// Counts requests; calls that belong to an earlier one are ignored.
    var exchange: UInt32 = 0
    var record = ExchangeRecord()
    var task: Task<Void, Never>?
    var stream: OutgoingStream?
    var webSocket: WebSocketState?

    /// As bits: the generic set operations of another module cost 5 % of a small request.
    static let inputBits = Interest.read.rawValue | Interest.readHangUp.rawValue
    static let never = MonotonicTime(nanoseconds: .max)

    private init(_ descriptor: Int32, _ address: String, _ context: LoopContext) {
        (self.descriptor, self.address, self.context) = (descriptor, address, context)
    }

    var limits: Limits { context.core.limits }

    /// Takes over an accepted descriptor; call on the loop.
    ///
    /// Over the limits it answers 503 and lingers.
    static func start(_ descriptor: Int32, _ context: LoopContext) {
        guard let address = SocketName.peer(of: descriptor) else { return ListeningSocket.close(descriptor) }
        let isAdmitted = context.core.admit(address)
        let connection = Connection(descriptor, address, context)
        connection.onLoop { isAdmitted ? $0.open() : $0.refuse() }
    }

    /// Runs synchronous code on the connection; the caller must be on the loop.
    nonisolated func onLoop(_ body: (isolated Connection) -> Void) {
        // Invariant: called on the loop only, which is this actor's executor; checked at run time.
        assumeIsolated(body)
    }

    private func open() {
        context.add(self, descriptor)
        interest = [.read, .readHangUp]
        do throws(Errno) {
            registration = try context.loop.register(descriptor, interest) { [self] in onEvents($0) }
        } catch {
            return close()
        }
        setReadDeadline(after: limits.headTimeout)
    }

    private func refuse() {
        context.core.counters.refused.increment()
        open()
        // Beyond twice the limit there is no room even for lingering.
        guard phase == .head, context.core.connectionCount < 2 * limits.connections else { return close() }
        Rejection.unavailable(retryAfter: limits.retryAfter).withUnsafeBytes { send($0) }
        if phase != .closed { lingerClose() }
    }

    private func onEvents(_ ready: Interest) {
        let bits = ready.rawValue
        if bits & Interest.failure.rawValue != 0, phase != .linger { return close() }
        if bits & Interest.write.rawValue != 0 { flush() }
        if bits & (Self.inputBits | Interest.failure.rawValue) != 0, phase != .closed { readable() }
    }

    /// Watches for the events that the state needs; cheap when nothing changed.
    func updateInterest() {
        guard let registration, phase != .closed else { return }
        let wanted = (output.isEmpty ? 0 : Interest.write.rawValue) | (wantsInput ? Self.inputBits : 0)
        guard wanted != interest.rawValue else { return }
        interest = Interest(rawValue: wanted)
        context.loop.update(registration, interest)
    }

    private var wantsInput: Bool {
        if isEnded { return false }
        switch phase {
        case .closed: return false
        case .linger: return true
        case .webSocket: return webSocket?.isFull == false
        case .head, .handling, .streaming, .flushing:
            if let incoming, !incoming.isComplete { return !incoming.isFull }
            return phase == .head || input.count - inputStart <= limits.pipelineBytes
        }
    }
}

/// The facts of the current exchange, for its summary.
struct ExchangeRecord {
    var method: Method?
    var route: String?
    /// nil until a response has begun.
    var status: Status?
    var start = MonotonicTime(nanoseconds: 0)
    var bytes = 0
}

/// A task that waits for output to drain.
struct WaitingWriter {
    let id: UInt32
    let continuation: UnsafeContinuation<HTTPServerError?, Never>
}

/// The state of a body that is produced while it is sent.
final class OutgoingStream {
    /// The bytes left of a declared length; nil when there is none.
    var left: Int?
    let isChunked: Bool
    let isEndless: Bool
    let heartbeat: Duration?

    init(_ stream: ResponseStream, isChunked: Bool) {
        (left, isEndless, heartbeat) = (stream.length, stream.isEndless, stream.heartbeat)
        self.isChunked = isChunked
    }
}
