import Base
import Glibc

/// A loopback name server over UDP that answers, fails or stays silent as the test wants.
package final class TestNameServer: Sendable {
    /// The answer for a name.
    package enum Answer: Sendable {
        /// Addresses of the queried family; without one the answer is NODATA.
        case addresses(v4: [[UInt8]] = [], v6: [[UInt8]] = [])
        /// A response code: 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED.
        case code(UInt8)
        case silence
        /// An IPv4 address; the query for IPv6 is not answered.
        case onlyV4([UInt8])
    }

    /// Where it listens.
    package let port: UInt16
    private let descriptor: Int32
    private let asked = Locked<[String]>([])

    /// Names that are not in the table do not exist.
    package convenience init(_ table: [String: Answer]) {
        self.init(table, TestSocket.bind(type: SOCK_DGRAM))
    }

    /// A server at a loopback address with that last byte and a given port.
    package convenience init(_ table: [String: Answer], host: UInt8, port: UInt16) {
        self.init(table, (TestSocket.bind(type: SOCK_DGRAM, host: host, port: port), port))
    }

    /// A port that is free on several loopback addresses.
    package static func freePort() -> UInt16 { TestSocket.freePort() }

    private init(_ table: [String: Answer], _ socket: (descriptor: Int32, port: UInt16)) {
        (descriptor, port) = socket
        precondition(descriptor >= 0, "no loopback socket")
        TestSocket.limit(descriptor, seconds: 1)
        let descriptor = descriptor
        runThread { [weak self] in
            var packet = [UInt8](repeating: 0, count: 512)
            var from = sockaddr_in()
            while true {
                var size = socklen_t(MemoryLayout<sockaddr_in>.size)
                let count = withUnsafeMutablePointer(to: &from) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        recvfrom(descriptor, &packet, 512, 0, $0, &size)
                    }
                }
                guard let self else {
                    // Closed by the thread that uses it, so that the number cannot be reused before.
                    close(descriptor)
                    return
                }
                guard count > 12 else { continue }
                guard let answer = reply(Array(packet.prefix(count)), table) else { continue }
                withUnsafePointer(to: &from) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        _ = sendto(descriptor, answer, answer.count, 0, $0, size)
                    }
                }
            }
        }
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// `127.0.0.1:PORT`.
    package var address: String { "127.0.0.1:\(port)" }

    /// The queried names, in order.
    package var questions: [String] { asked.withLock { $0 } }

    private func reply(_ packet: [UInt8], _ table: [String: Answer]) -> [UInt8]? {
        var (position, labels) = (12, [String]())
        while position < packet.count, packet[position] > 0 {
            let end = position + 1 + Int(packet[position])
            guard end < packet.count else { return nil }
            labels.append(String(decoding: packet[position + 1..<end], as: UTF8.self))
            position = end
        }
        guard position + 5 <= packet.count else { return nil }
        let name = labels.joined(separator: ".").lowercased()
        asked.withLock { $0.append(name) }
        let isV6 = packet[position + 2] == 28
        let question = Array(packet[12..<position + 5])
        switch table[name] ?? .code(3) {
        case .silence: return nil
        case .code(let code): return Array(packet[0..<2]) + [0x81, 0x80 | code, 0, 1, 0, 0, 0, 0, 0, 0] + question
        case .onlyV4 where isV6: return nil
        case .onlyV4(let v4): return addresses([v4], isV6: false, packet, question)
        case .addresses(let v4, let v6): return addresses(isV6 ? v6 : v4, isV6: isV6, packet, question)
        }
    }

    private func addresses(_ found: [[UInt8]], isV6: Bool, _ packet: [UInt8], _ question: [UInt8]) -> [UInt8] {
        var bytes = Array(packet[0..<2]) + [0x81, 0x80, 0, 1, 0, UInt8(found.count), 0, 0, 0, 0] + question
        for address in found {
            bytes += [0xC0, 12, 0, isV6 ? 28 : 1, 0, 1, 0, 0, 0, 60, 0, UInt8(address.count)] + address
        }
        return bytes
    }
}
