import CLinux
import Glibc

/// A socket's address as numeric text.
struct SocketName {
    let host: String
    /// The port; empty for a Unix socket.
    let service: String

    /// The name for the peers of a Unix socket.
    static let local = "unix"

    /// The address of the peer: host without port, "unix" for a local socket, nil when it has already disconnected.
    static func peer(of descriptor: Int32) -> String? {
        var storage = sockaddr_storage()
        var count = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let name = read(&storage, &count) { getpeername(descriptor, $0, $1) }
        return name.map { $0.host.hasPrefix("::ffff:") ? String($0.host.dropFirst(7)) : $0.host }
    }

    /// Calls `getsockname` or `getpeername` and converts the result to text.
    static func read(
        _ storage: inout sockaddr_storage,
        _ count: inout socklen_t,
        _ call: (UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?) -> Int32
    ) -> SocketName? {
        withUnsafeMutableBytes(of: &storage) { bytes in
            let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            guard call(address, &count) == 0, let address else { return nil }
            if address.pointee.sa_family == sa_family_t(AF_UNIX) { return SocketName(host: local, service: "") }
            var host: [CChar] = Array(repeating: 0, count: 64)
            var service: [CChar] = Array(repeating: 0, count: 8)
            let code = getnameinfo(
                address,
                count,
                &host,
                socklen_t(host.count),
                &service,
                socklen_t(service.count),
                NI_NUMERICHOST | NI_NUMERICSERV
            )
            guard code == 0 else { return nil }
            return SocketName(host: text(host), service: text(service))
        }
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
