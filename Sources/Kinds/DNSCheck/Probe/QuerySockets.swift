import Base
import Datagrams
import Runtime

/// Who waits for an answer over UDP.
protocol QueryReceiver: AnyObject {
    /// An answer with the right identifier came from that address.
    func received(_ bytes: UnsafeRawBufferPointer, from server: Endpoint)
    /// The network gave a question back that was sent to that address.
    func refused(_ refusal: Datagram.Refusal, by server: Endpoint)
}

/// The UDP sockets that the checks of one loop share.
///
/// Each has a port of the kernel's random choice, and a question leaves through any of them under a random identifier,
/// so an answer cannot be forged blindly. A socket is replaced after a while, and its port with it.
final class QuerySockets {
    private let loop: EventLoop
    private var v4: [QuerySocket] = []
    private var v6: [QuerySocket] = []
    /// Replaced ones that still wait for answers.
    private var retired: [QuerySocket] = []
    private var random = SystemRandomNumberGenerator()
    /// One for all: what arrives is handed on before anything else is read.
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)

    private static let count = 8
    private static let lifetime: Duration = .seconds(60)
    private static let maximumUses = 20_000
    /// Of each socket: a free identifier must be found at once.
    private static let waitingLimit = 16_384

    init(loop: EventLoop) { self.loop = loop }

    deinit { buffer.deallocate() }

    /// A place for one question; nil when too many are under way.
    ///
    /// Throws what the kernel said when there is no socket.
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

    /// Gives the place of a question up: an answer that comes later is passed over.
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
            // In any case: reading takes an error away that is not in the queue.
            takeAnswers(socket)
        }
        return socket
    }

    /// Closes every socket; call once, before letting go of the object.
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

/// One of the shared sockets, and who waits for an answer through it.
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

    /// Who waits for the message that the bytes begin with.
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

/// Where the answer to one question will arrive.
struct QueryPlace {
    let socket: QuerySocket
    let identifier: UInt16
}
