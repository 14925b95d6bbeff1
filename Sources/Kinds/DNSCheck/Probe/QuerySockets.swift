import Base
import Datagrams
import Runtime

/// An object that waits for an answer over UDP.
protocol QueryReceiver: AnyObject {
    /// An answer with the right identifier arrived from that address.
    func received(_ bytes: UnsafeRawBufferPointer, from server: Endpoint)
    /// The network returned a query that was sent to that address.
    func refused(_ refusal: Datagram.Refusal, by server: Endpoint)
}

/// The UDP sockets that all checks of one loop share.
///
/// Each has a port that the kernel chose at random, and each query leaves through one of them with a random identifier,
/// so an answer cannot be forged blindly. Sockets, and so ports, are replaced regularly.
final class QuerySockets {
    private let loop: EventLoop
    private var v4: [QuerySocket] = []
    private var v6: [QuerySocket] = []
    /// Replaced sockets that still wait for answers.
    private var retired: [QuerySocket] = []
    private var random = SystemRandomNumberGenerator()
    /// One buffer for all sockets: received bytes are handled before anything else is read.
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)

    private static let count = 8
    private static let lifetime: Duration = .seconds(60)
    private static let maximumUses = 20_000
    /// The most waiting queries of a socket: a free identifier must be found quickly.
    private static let waitingLimit = 16_384

    init(loop: EventLoop) { self.loop = loop }

    deinit { buffer.deallocate() }

    /// Reserves a place for one query; nil when too many are waiting.
    ///
    /// Throws the kernel's error when no socket can be opened.
    func enter(_ receiver: any QueryReceiver, _ family: IPAddress.Family) throws(Errno) -> QueryPlace? {
        let index = Int.random(in: 0..<Self.count, using: &random)
        let socket = try socket(index, family)
        guard socket.waiting.count < Self.waitingLimit else { return nil }
        var identifier = UInt16.random(in: .min ... .max, using: &random)
        while socket.waiting[identifier] != nil { identifier &+= 1 }
        socket.waiting[identifier] = receiver
        socket.uses += 1
        return QueryPlace(socket: socket, identifier: identifier)
    }

    /// Frees the place of a query: a later answer is ignored.
    func leave(_ place: QueryPlace) {
        place.socket.waiting[place.identifier] = nil
        guard place.socket.isRetired, place.socket.waiting.isEmpty else { return }
        retired.removeAll { $0 === place.socket }
        place.socket.close(loop)
    }

    private func socket(_ index: Int, _ family: IPAddress.Family) throws(Errno) -> QuerySocket {
        let known = family == .v4 ? v4 : v6
        guard index < known.count else {
            let made = try make(family)
            if family == .v4 { v4.append(made) } else { v6.append(made) }
            return made
        }
        let socket = known[index]
        let isOld = socket.uses >= Self.maximumUses || loop.now - socket.madeAt >= Self.lifetime
        guard isOld else { return socket }
        let made = try make(family)
        if family == .v4 { v4[index] = made } else { v6[index] = made }
        if socket.waiting.isEmpty {
            socket.close(loop)
        } else {
            socket.isRetired = true
            retired.append(socket)
        }
        return made
    }

    private func make(_ family: IPAddress.Family) throws(Errno) -> QuerySocket {
        let socket = QuerySocket(try DatagramSocket(.udp, family), madeAt: loop.now)
        socket.registration = try loop.register(socket.datagrams.descriptor, .read) { [unowned self, unowned socket] in
            if !$0.isDisjoint(with: .failure) { takeErrors(socket) }
            // Always: reading also clears an error that is not in the queue.
            takeAnswers(socket)
        }
        return socket
    }

    /// Closes every socket; call once, before releasing the object.
    func close() {
        for socket in v4 + v6 + retired { socket.close(loop) }
        v4 = []
        v6 = []
        retired = []
    }

    // MARK: Receiving

    private static let batch = 64

    private func takeAnswers(_ socket: QuerySocket) {
        for _ in 0..<Self.batch {
            guard socket.registration != nil, let datagram = socket.datagrams.receive(into: buffer) else { return }
            guard let server = datagram.peer, let receiver = socket.receiver(of: buffer, datagram.count) else {
                continue
            }
            receiver.received(UnsafeRawBufferPointer(rebasing: buffer[..<datagram.count]), from: server)
        }
    }

    private func takeErrors(_ socket: QuerySocket) {
        for _ in 0..<Self.batch {
            guard socket.registration != nil, let datagram = socket.datagrams.receiveError(into: buffer) else { return }
            guard let server = datagram.peer, let refusal = datagram.refusal,
                let receiver = socket.receiver(of: buffer, datagram.count)
            else { continue }
            receiver.refused(refusal, by: server)
        }
    }
}

/// One of the shared sockets and the receivers that wait for answers through it.
final class QuerySocket {
    let datagrams: DatagramSocket
    let madeAt: MonotonicTime
    var registration: EventLoop.Registration?
    var waiting: [UInt16: any QueryReceiver] = [:]
    var uses = 0
    var isRetired = false

    init(_ datagrams: DatagramSocket, madeAt: MonotonicTime) {
        self.datagrams = datagrams
        self.madeAt = madeAt
    }

    /// The receiver of the message that begins with these bytes.
    func receiver(of bytes: UnsafeMutableRawBufferPointer, _ count: Int) -> (any QueryReceiver)? {
        guard count >= 2 else { return nil }
        return waiting[UInt16(bytes[0]) << 8 | UInt16(bytes[1])]
    }

    func close(_ loop: EventLoop) {
        if let registration { loop.deregister(registration) }
        registration = nil
        waiting = [:]
    }
}

/// Where the answer to a query will arrive.
struct QueryPlace {
    let socket: QuerySocket
    let identifier: UInt16
}
