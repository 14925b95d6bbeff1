import CLinux
import Glibc
import Runtime

/// A non-blocking listening socket and its port.
struct ListeningSocket {
    let descriptor: Int32
    /// For messages: "127.0.0.1:8080", "[::1]:8080" or a path.
    let address: String
    /// 0 for a Unix socket.
    let port: UInt16

    private static let backlog: Int32 = 4096

    /// Listens on TCP; see `HTTPServer.bind(host:port:)`.
    init(host: String, port: UInt16) throws(HTTPServerError) {
        let numeric = host == "localhost" ? "127.0.0.1" : host
        address = numeric.contains(":") ? "[\(numeric)]:\(port)" : "\(numeric):\(port)"
        // getaddrinfo would also accept the short forms of inet_aton(3): "1.2.3" as 1.2.0.3.
        var ignored = in_addr()
        guard numeric.contains(":") || inet_pton(AF_INET, numeric, &ignored) == 1 else { throw .addressInvalid(host) }
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(numeric, String(port), &hints, &found) == 0, let found else {
            throw .addressInvalid(host)
        }
        defer { freeaddrinfo(found) }
        let info = found.pointee
        do throws(Errno) {
            descriptor = try Self.open(info.ai_family) { descriptor throws(Errno) in
                try Self.enable(descriptor, SOL_SOCKET, SO_REUSEADDR)
                // Inherited by accepted sockets: an answer is sent at once.
                try Self.enable(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY)
                try Self.bind(descriptor, info.ai_addr, info.ai_addrlen)
            }
            self.port = try Self.boundPort(of: descriptor)
        } catch {
            throw .listenFailed(address: address, cause: error)
        }
    }

    /// Listens on a Unix socket; see `HTTPServer.bind(unixPath:)`.
    init(unixPath path: String) throws(HTTPServerError) {
        (address, port) = (path, 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &name.sun_path) { space in
            guard !path.isEmpty, path.utf8.count < space.count, !path.utf8.contains(0) else { return false }
            space.copyBytes(from: path.utf8)
            return true
        }
        guard fits else { throw .addressInvalid(path) }
        do throws(Errno) {
            try Self.removeStaleSocket(path)
            let address = name
            descriptor = try Self.open(AF_UNIX) { descriptor throws(Errno) in
                var address = address
                let count = socklen_t(MemoryLayout<sockaddr_un>.size)
                let code = withUnsafeBytes(of: &address) { bytes in
                    Glibc.bind(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), count)
                }
                guard code == 0 else { throw Errno("bind") }
            }
        } catch {
            throw .listenFailed(address: path, cause: error)
        }
    }

    /// A second descriptor of the same socket.
    func duplicate() throws(Errno) -> Int32 {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw Errno("fcntl") }
        return copy
    }

    static func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }

    private static func open(
        _ family: Int32,
        _ configure: (Int32) throws(Errno) -> Void
    ) throws(Errno) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { throw Errno("socket") }
        do throws(Errno) {
            try configure(descriptor)
            guard listen(descriptor, backlog) == 0 else { throw Errno("listen") }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func enable(_ descriptor: Int32, _ level: Int32, _ option: Int32) throws(Errno) {
        var one: Int32 = 1
        guard setsockopt(descriptor, level, option, &one, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw Errno("setsockopt")
        }
    }

    private static func bind(
        _ descriptor: Int32,
        _ address: UnsafeMutablePointer<sockaddr>,
        _ count: socklen_t
    ) throws(Errno) {
        guard Glibc.bind(descriptor, address, count) == 0 else { throw Errno("bind") }
    }

    private static func boundPort(of descriptor: Int32) throws(Errno) -> UInt16 {
        var storage = sockaddr_storage()
        var count = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let text = SocketName.read(&storage, &count) { getsockname(descriptor, $0, $1) }
        guard let text, let port = UInt16(text.service) else { throw Errno("getsockname") }
        return port
    }

    /// Unlinks a socket file; anything else is left in place, so that `bind` refuses the path.
    private static func removeStaleSocket(_ path: String) throws(Errno) {
        guard CLinux_is_socket(path) == 1 else { return }
        guard unlink(path) == 0 else { throw Errno("unlink") }
    }
}
