import Base
import Glibc

/// A loopback name server whose answers over UDP and TCP, on one port, are set by the test.
package final class DNSTarget: Sendable {
    /// Where it listens.
    package let port: UInt16
    private let descriptor: Int32
    private let stream: LoopbackTarget
    private let asked = Locked<[DNSQuestion]>([])

    /// `udp` returns the datagrams that answer a query; `tcp` may do anything with a connection.
    package init(
        v6: Bool = false,
        tls: TLSServerContext? = nil,
        udp: @escaping @Sendable (DNSQuestion) -> [[UInt8]] = { _ in [] },
        tcp: @escaping @Sendable (TargetConnection) -> Void = { $0.close() }
    ) {
        var made: (stream: LoopbackTarget, descriptor: Int32)?
        for _ in 0..<20 where made == nil {
            let stream = LoopbackTarget(v6: v6, tls: tls, tcp)
            let descriptor = TestSocket.bind(type: SOCK_DGRAM, v6: v6, port: stream.port)
            if descriptor >= 0 { made = (stream, descriptor) }
        }
        guard let made else { preconditionFailure("no port for UDP and TCP") }
        stream = made.stream
        descriptor = made.descriptor
        port = stream.port
        let descriptor = descriptor
        runThread { [weak self] in
            var packet = [UInt8](repeating: 0, count: 4096)
            var from = sockaddr_in6()
            while true {
                var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
                let count = withUnsafeMutablePointer(to: &from) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        recvfrom(descriptor, &packet, packet.count, 0, $0, &size)
                    }
                }
                guard count > 0, let self else {
                    // Closed by the thread that uses it, so that the number cannot be reused before.
                    close(descriptor)
                    return
                }
                guard let question = DNSQuestion(Array(packet[..<count])) else { continue }
                asked.withLock { $0.append(question) }
                for answer in udp(question) {
                    withUnsafePointer(to: &from) { pointer in
                        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                            _ = sendto(descriptor, answer, answer.count, 0, $0, size)
                        }
                    }
                }
            }
        }
    }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// A server that gives the same answer over UDP and TCP.
    package static func answering(
        tls: TLSServerContext? = nil,
        _ answer: @escaping @Sendable (DNSQuestion) -> [UInt8]
    ) -> DNSTarget {
        DNSTarget(tls: tls, udp: { [answer($0)] }) { connection in
            while let question = connection.readQuestion() { connection.send(message: answer(question)) }
        }
    }

    /// `127.0.0.1:PORT`.
    package var address: String { stream.authority }
    /// The queries received over UDP, in order.
    package var questions: [DNSQuestion] { asked.withLock { $0 } }
    /// How many connections were accepted.
    package var connectionCount: Int { stream.connectionCount }
}

/// A received query.
package struct DNSQuestion: Sendable {
    package let bytes: [UInt8]
    /// In lower case, without a dot at the end.
    package let name: String
    package let type: UInt16
    private let end: Int

    /// nil for bytes that are not a query.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count > 12, bytes[2] & 0xF8 == 0 else { return nil }
        var position = 12
        var labels: [String] = []
        while position < bytes.count, bytes[position] > 0 {
            let next = position + 1 + Int(bytes[position])
            guard next < bytes.count else { return nil }
            labels.append(String(decoding: bytes[position + 1..<next], as: UTF8.self))
            position = next
        }
        guard position + 5 <= bytes.count else { return nil }
        self.bytes = bytes
        name = labels.joined(separator: ".").lowercased()
        type = UInt16(bytes[position + 1]) << 8 | UInt16(bytes[position + 2])
        end = position + 5
    }

    package var isRecursive: Bool { bytes[2] & 1 == 1 }
    package var wantsSignatures: Bool { bytes.count > end + 7 && bytes[end + 7] & 0x80 != 0 }
    package var hasEDNS: Bool { bytes[11] == 1 }

    /// One record; its owner is the queried name unless given as bytes.
    package struct Record: Sendable {
        package var type: UInt16
        package var ttl: UInt32
        package var data: [UInt8]
        package var owner: [UInt8]
        /// IN by default.
        package var recordClass: UInt16 = 1
        package init(_ type: UInt16, ttl: UInt32 = 300, owner: [UInt8] = [0xC0, 12], _ data: [UInt8]) {
            self.type = type
            self.ttl = ttl
            self.owner = owner
            self.data = data
        }
        /// An IPv4 address.
        package static func v4(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8, ttl: UInt32 = 300) -> Record {
            Record(1, ttl: ttl, [a, b, c, d])
        }

        fileprivate var bytes: [UInt8] {
            let size = UInt16(data.count)
            return owner + big(type) + big(recordClass) + big(UInt16(ttl >> 16)) + big(UInt16(ttl & 0xFFFF)) + big(size)
                + data
        }
    }

    /// The answer with these flags (AA 0x0400, TC 0x0200, RA 0x0080, AD 0x0020), the code and the records.
    package func answer(
        _ records: [Record] = [],
        code: UInt16 = 0,
        flags: UInt16 = 0x0080,
        authority: [Record] = []
    ) -> [UInt8] {
        let counts = big(1) + big(UInt16(records.count)) + big(UInt16(authority.count)) + big(0)
        let head = Array(bytes[0..<2]) + big(0x8000 | flags | code) + counts
        return head + bytes[12..<end] + (records + authority).flatMap(\.bytes)
    }
}

private func big(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 255)] }

extension TargetConnection {
    /// The next query of a stream; nil when the client closed it.
    package func readQuestion() -> DNSQuestion? {
        var bytes: [UInt8] = []
        while bytes.count < 2 || bytes.count < 2 + Int(bytes[0]) << 8 + Int(bytes[1]) {
            let more = read()
            if more.isEmpty { return nil }
            bytes += more
        }
        return DNSQuestion(Array(bytes[2...]))
    }

    /// Sends a message preceded by its length.
    package func send(message: [UInt8]) { send([UInt8(message.count >> 8), UInt8(message.count & 255)] + message) }
}
