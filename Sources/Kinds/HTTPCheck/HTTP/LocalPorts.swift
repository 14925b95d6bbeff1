import Base
import CCurl
import Glibc

/// Distinguishes a machine without free ports from one without a route: `connect` fails with the same error.
enum LocalPorts {
    /// Whether there is a local address for the peer; a datagram socket sends nothing and needs no TCP port.
    static func hasRoute(to address: IPAddress) -> Bool {
        let descriptor = socket(
            address.family == .v4 ? AF_INET : AF_INET6,
            Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue),
            0
        )
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address.description, "9", &hints, &found) == 0, let found else { return false }
        defer { freeaddrinfo(found) }
        return connect(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0
    }
}
