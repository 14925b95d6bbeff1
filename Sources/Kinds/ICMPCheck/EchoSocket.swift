import Base
import Datagrams
import Runtime

/// An object that waits for replies.
protocol EchoReceiver: AnyObject {
    /// A packet came back unchanged.
    func received(_ index: Int, after roundTrip: Duration, hopLimit: Int?)
    /// A packet came back with changed bytes.
    func receivedDamaged(_ index: Int)
    /// The network returned a packet.
    func refused(_ index: Int, _ refusal: Datagram.Refusal)
}

/// The socket through which all checks of a loop ping one address family.
///
/// A reply belongs to a packet when its sequence number, its random token and the sender's address match; on a raw
/// socket also the identifier. Everything else, such as a duplicate or another program's reply, is ignored.
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
    /// The sequence number has 16 bits, and a free one must be found quickly.
    static let waitingLimit = 49_152

    /// Why there is no socket.
    enum OpenError: Error { case forbidden, failed(Errno) }

    /// Throws `.forbidden` when none of `kinds` is permitted, `.failed` for any other error of the kernel.
    init(_ family: IPAddress.Family, _ kinds: [DatagramSocket.Kind], loop: EventLoop) throws(OpenError) {
        self.loop = loop
        socket = try Self.open(family, kinds)
        identifier = UInt16.random(in: .min ... .max)
        socket.reserveReceiveBuffer(1 << 20)
        do throws(Errno) {
            registration = try loop.register(socket.descriptor, .read) { [unowned self] ready in
                if !ready.isDisjoint(with: .failure) { takeErrors() }
                // Always: reading also clears an error that is not in the queue.
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

    /// Stops watching; call once, before releasing the object.
    func close() {
        if let registration { loop.deregister(registration) }
        registration = nil
        waiting = [:]
    }

    // MARK: Sending

    /// Sends one packet and returns its sequence number; nil when too many packets are waiting.
    ///
    /// Throws the kernel's error.
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
            // The kernel writes the checksum for the other kinds.
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

    /// Stops waiting for a packet: a later reply is ignored.
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
            if finding.isWhole {
                let roundTrip = datagram.elapsed(since: finding.waiter.sentAt)
                finding.waiter.receiver.received(finding.waiter.index, after: roundTrip, hopLimit: datagram.hopLimit)
            } else {
                finding.waiter.receiver.receivedDamaged(finding.waiter.index)
            }
        }
    }

    /// The waiter of a reply, and whether the reply is unchanged; nil when nobody waits for it.
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

    /// Removes the IP header that a raw IPv4 socket delivers.
    private func icmpMessage(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard socket.kind == .rawICMP, socket.family == .v4 else { return bytes }
        guard let first = bytes.first else { return nil }
        let size = Int(first & 15) * 4
        guard first >> 4 == 4, size >= 20, size <= bytes.count else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[size...])
    }

    /// The kernel delivers to a datagram socket only replies with the socket's own identifier.
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

    /// The waiter of a returned packet; routers return at least its first eight bytes.
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
    /// Whether the process lacks the permission.
    var isRefusal: Bool { code == 13 || code == 1 }
}
