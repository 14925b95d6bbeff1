import Base
import CLinux
import Glibc

extension LoopbackTarget {
    /// An HTTP proxy that answers CONNECT with a status and, if that is 200, relays to a loopback port.
    package static func relaying(to port: UInt16, tls: TLSServerContext? = nil, status: String) -> LoopbackTarget {
        answering(tls: tls) { _, connection in
            connection.send("HTTP/1.1 \(status)\r\n\r\n")
            guard status.hasPrefix("200") else { return connection.close() }
            connection.relay(to: port)
        }
    }

    /// A SOCKS 4, 4a and 5 proxy that relays to a loopback port and records the requested destinations.
    package static func socks(to port: UInt16) -> LoopbackTarget {
        let noted = NotedTarget()
        let target = LoopbackTarget { connection in
            let hello = connection.read()
            guard let version = hello.first else { return }
            if version == 5 {
                connection.send([5, 0])
                noted.note(destination5(connection.read()))
                connection.send([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
            } else {
                noted.note(destination4(hello))
                connection.send([0, 90, 0, 0, 0, 0, 0, 0])
            }
            connection.relay(to: port)
        }
        noted.target.withLock { $0.value = target }
        return target
    }

    private struct WeakBox { weak var value: LoopbackTarget? }
    private final class NotedTarget: Sendable {
        let target = Locked(WeakBox())
        func note(_ text: String) { target.withLock { $0.value }?.note(text) }
    }

    private static func destination5(_ bytes: [UInt8]) -> String {
        guard bytes.count >= 10 else { return "" }
        let port = Int(bytes[bytes.count - 2]) << 8 | Int(bytes[bytes.count - 1])
        if bytes[3] == 1 { return bytes[4..<8].map { "\($0)" }.joined(separator: ".") + ":\(port)" }
        return String(decoding: bytes[5..<bytes.count - 2], as: UTF8.self) + ":\(port)"
    }

    private static func destination4(_ bytes: [UInt8]) -> String {
        guard bytes.count >= 9 else { return "" }
        let port = Int(bytes[2]) << 8 | Int(bytes[3])
        if bytes[4..<7].contains(where: { $0 != 0 }) {
            return bytes[4..<8].map { "\($0)" }.joined(separator: ".") + ":\(port)"
        }
        let name = bytes[8...].split(separator: 0, omittingEmptySubsequences: false).dropFirst().first ?? []
        return String(decoding: name, as: UTF8.self) + ":\(port)"
    }
}

extension TargetConnection {
    /// Relays bytes to and from a loopback port until one side ends.
    package func relay(to port: UInt16) {
        let upstream = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = UInt16(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(upstream, $0, 16) == 0 }
        }
        defer { Glibc.close(upstream) }
        guard isConnected else { return }
        TestSocket.limit(upstream, seconds: Patience.seconds)
        var bytes = [UInt8](repeating: 0, count: 16_384)
        while true {
            var ready = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: upstream, events: Int16(POLLIN), revents: 0),
            ]
            let waits: Int32 = hasPendingBytes ? 0 : 5000
            guard poll(&ready, 2, waits) >= 0 else { return }
            if ready[0].revents != 0 || hasPendingBytes {
                let piece = read()
                guard !piece.isEmpty, Glibc.send(upstream, piece, piece.count, Int32(MSG_NOSIGNAL)) == piece.count
                else { return }
            }
            if ready[1].revents != 0 {
                let count = recv(upstream, &bytes, bytes.count, 0)
                guard count > 0, send(Array(bytes.prefix(count))) else { return }
            }
        }
    }
}

/// Sets a variable of the process's environment.
package func setEnvironment(_ name: String, _ value: String) { setenv(name, value, 1) }
