import Base
import Datagrams
import Runtime

/// Who waits for replies.
protocol EchoReceiver: AnyObject {
    /// A packet came back as it was sent.
    func received(_ index: Int, after roundTrip: Duration, hopLimit: Int?)
    /// A packet came back with other bytes than were sent.
    func receivedDamaged(_ index: Int)
    /// The network gave a packet back.
    func refused(_ index: Int, _ refusal: Datagram.Refusal)
}

/// The one socket of a family and a loop through which all its checks ping.
///
/// A reply belongs to a packet when the sequence number, the random token in it and the sender's address fit; on a raw
/// socket the identifier too. Everything else, such as a second copy or a reply to somebody else, is passed over.
final class EchoSocket {
    private let loop: EventLoop
    private let socket: DatagramSocket
    private var registration: EventLoop.Registration?
    private var waiting: [UInt16: Waiter] = [:]
    private var random = SystemRandomNumberGenerator()
    private var packet = EchoPacket.buffer(size: largestPacket)
    private var incoming = [UInt8](repeating: 0, count: largestPacket + 256)
    private let identifier: UInt16

    private struct Waiter {
        let receiver: any EchoReceiver
        let index: Int
        let token: UInt64
        let address: IPAddress
        let size: Int
        let sentAt: MonotonicTime
    }

    static let largestPacket = 8192
    /// The sequence number has 16 bits, and a free one must be found at once.
    static let waitingLimit = 49_152

    /// Why there is no socket.
    enum OpenError: Error { case forbidden, failed(Errno) }

    /// Throws `.forbidden` when neither of `kinds` is allowed, `.failed` when the kernel has another reason.
    init(_ family: IPAddress.Family, _ kinds: [DatagramSocket.Kind], loop: EventLoop) throws(OpenError) {
        self.loop = loop
        socket = try Self.open(family, kinds)
        identifier = UInt16.random(in: .min ... .max)
        socket.reserveReceiveBuffer(1 << 20)
        do throws(Errno) {
            registration = try loop.register(socket.descriptor, .read) { [unowned self] ready in
                if !ready.isDisjoint(with: .failure) { takeErrors() }
                // In any case: reading takes an error away that is not in the queue.
                takeReplies()
            }
        } catch {
            throw .failed(error)
        }
    }

    private static func open(
        _ family: IPAddress.Family,
        _ kinds: [DatagramSocket.Kind]
    ) throws(OpenError) -> DatagramSocket {
        for kind in kinds {
            do throws(Errno) {
                return try DatagramSocket(kind, family)
            } catch {
                guard error.isRefusal else { throw .failed(error) }
            }
        }
        throw .forbidden
    }

    /// Stops watching; call once, before letting go of the object.
    func close() {
        if let registration { loop.deregister(registration) }
        registration = nil
        waiting = [:]
    }

    // MARK: Sending

    /// Sends one packet and tells its sequence number; nil when too many packets are under way.
    ///
    /// Throws what the kernel said.
    func send(
        _ index: Int,
        of receiver: any EchoReceiver,
        to address: IPAddress,
        size: Int,
        hopLimit: Int?
    ) throws(Errno) -> UInt16? {
        guard waiting.count < Self.waitingLimit else { return nil }
        var sequence = UInt16.random(in: .min ... .max, using: &random)
        while waiting[sequence] != nil { sequence &+= 1 }
        let token = random.next()
        let sentAt = MonotonicTime.now
        waiting[sequence] = Waiter(
            receiver: receiver,
            index: index,
            token: token,
            address: address,
            size: size,
            sentAt: sentAt
        )
        do throws(Errno) {
            try write(sequence, token, size: size, to: address, hopLimit)
        } catch {
            waiting[sequence] = nil
            throw error
        }
        return sequence
    }

    private func write(
        _ sequence: UInt16,
        _ token: UInt64,
        size: Int,
        to address: IPAddress,
        _ hopLimit: Int?
    ) throws(Errno) {
        let type: UInt8 = socket.family == .v4 ? 8 : 128
        let fault = packet.withUnsafeMutableBytes { space -> Errno? in
            let bytes = UnsafeMutableRawBufferPointer(rebasing: space[..<(EchoPacket.headerSize + size)])
            EchoPacket.write(bytes, type: type, identifier: identifier, sequence: sequence, token: token)
            // The kernel does it for the others.
            if socket.kind == .rawICMP, socket.family == .v4 { EchoPacket.writeChecksum(bytes) }
            do throws(Errno) {
                try socket.send(UnsafeRawBufferPointer(bytes), to: Endpoint(address, port: 0), hopLimit: hopLimit)
                return nil
            } catch {
                return error
            }
        }
        if let fault { throw fault }
    }

    /// Forgets a packet: what comes of it later is passed over.
    func forget(_ sequence: UInt16) { waiting[sequence] = nil }

    // MARK: Receiving

    private static let batch = 64

    private func takeReplies() {
        for _ in 0..<Self.batch {
            guard let datagram = incoming.withUnsafeMutableBytes({ socket.receive(into: $0) }) else { return }
            let finding = incoming.withUnsafeBytes {
                judge(datagram, UnsafeRawBufferPointer(rebasing: $0[..<datagram.count]))
            }
            guard let finding else { continue }
            let elapsed = MonotonicTime.now - finding.waiter.sentAt
            if finding.isWhole {
                let roundTrip = elapsed - datagram.age(atMost: elapsed)
                finding.waiter.receiver.received(finding.waiter.index, after: roundTrip, hopLimit: datagram.hopLimit)
            } else {
                finding.waiter.receiver.receivedDamaged(finding.waiter.index)
            }
        }
    }

    /// Whose reply it is and whether it is what was sent; nil for everything that nobody waits for.
    private func judge(_ datagram: Datagram, _ bytes: UnsafeRawBufferPointer) -> (waiter: Waiter, isWhole: Bool)? {
        guard let message = icmpMessage(bytes), message.count >= EchoPacket.headerSize,
            message[0] == (socket.family == .v4 ? 0 : 129), message[1] == 0, isOurs(message)
        else { return nil }
        let sequence = EchoPacket.sequence(message)
        guard let waiter = waiting[sequence], waiter.address == datagram.peer?.address,
            EchoPacket.token(message) == waiter.token
        else { return nil }
        waiting[sequence] = nil
        let pattern = EchoPacket.headerSize + EchoPacket.tokenSize
        let isWhole =
            message.count == EchoPacket.headerSize + waiter.size
            && message[pattern...].elementsEqual(packet[pattern..<message.count])
        return (waiter, isWhole)
    }

    /// Without the IP header that a raw IPv4 socket puts in front.
    private func icmpMessage(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard socket.kind == .rawICMP, socket.family == .v4 else { return bytes }
        guard let first = bytes.first else { return nil }
        let size = Int(first & 15) * 4
        guard first >> 4 == 4, size >= 20, size <= bytes.count else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[size...])
    }

    /// The kernel gives a datagram socket only what belongs to it, under an identifier of its own.
    private func isOurs(_ message: UnsafeRawBufferPointer) -> Bool {
        socket.kind != .rawICMP || EchoPacket.identifier(message) == identifier
    }

    private func takeErrors() {
        for _ in 0..<Self.batch {
            guard let datagram = incoming.withUnsafeMutableBytes({ socket.receiveError(into: $0) }) else { return }
            guard let refusal = datagram.refusal else { continue }
            let waiter = incoming.withUnsafeBytes {
                refusedWaiter(datagram, UnsafeRawBufferPointer(rebasing: $0[..<datagram.count]))
            }
            if let waiter { waiter.receiver.refused(waiter.index, refusal) }
        }
    }

    /// Whose packet was given back; a router returns eight bytes of it at least.
    private func refusedWaiter(_ datagram: Datagram, _ message: UnsafeRawBufferPointer) -> Waiter? {
        guard message.count >= EchoPacket.headerSize, message[0] == (socket.family == .v4 ? 8 : 128), isOurs(message)
        else { return nil }
        let sequence = EchoPacket.sequence(message)
        guard let waiter = waiting[sequence], waiter.address == datagram.peer?.address,
            EchoPacket.token(message).map({ $0 == waiter.token }) ?? true
        else { return nil }
        waiting[sequence] = nil
        return waiter
    }
}

extension Errno {
    /// Whether the process is not allowed to do it.
    var isRefusal: Bool { code == 13 || code == 1 }
}
