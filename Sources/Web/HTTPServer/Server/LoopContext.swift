import Base
import Runtime

/// The state that the connections of one loop share: buffers, the date, the list of connections.
///
/// Invariant: everything but `loop` and `core` is touched on the loop alone.
final class LoopContext: @unchecked Sendable {
    let loop: EventLoop
    let core: ServerCore
    /// The buffer for every read of the loop.
    let readBuffer: UnsafeMutableRawBufferPointer
    /// The buffer in which responses are built.
    var scratch: [UInt8] = []
    let bodies: BodyBudget
    private var connections: [Int32: Connection] = [:]
    private var acceptors: [Acceptor] = []
    private var date: [UInt8] = []
    private var dateExpiry = MonotonicTime(nanoseconds: .min)

    /// `heldBodyBytes` is this loop's share of the limit with that name.
    init(loop: EventLoop, core: ServerCore, heldBodyBytes: Int) {
        self.loop = loop
        self.core = core
        bodies = BodyBudget(limit: heldBodyBytes)
        readBuffer = .allocate(byteCount: 64 * 1024, alignment: 16)
        scratch.reserveCapacity(32 * 1024)
    }

    deinit { readBuffer.deallocate() }

    /// Takes over a listening descriptor.
    func listen(on descriptor: Int32) {
        guard !core.isDraining else { return ListeningSocket.close(descriptor) }
        acceptors.append(Acceptor(descriptor, context: self))
    }

    func add(_ connection: Connection, _ descriptor: Int32) { connections[descriptor] = connection }
    func remove(_ descriptor: Int32) { connections[descriptor] = nil }

    /// Stops listening and closes every connection gracefully.
    func drain() {
        for acceptor in acceptors { acceptor.close() }
        acceptors = []
        for connection in Array(connections.values) { connection.onLoop { $0.drain() } }
    }

    func closeAll() {
        for connection in Array(connections.values) { connection.onLoop { $0.close() } }
    }

    /// The `Date` field with its line end, updated once a second.
    func appendDate(to bytes: inout [UInt8]) {
        if loop.now >= dateExpiry {
            let wall = Timestamp.now
            date = HTTPDate.field(wall)
            dateExpiry = loop.now + .milliseconds(1000 - wall.milliseconds % 1000)
        }
        bytes.append(contentsOf: date)
    }
}
