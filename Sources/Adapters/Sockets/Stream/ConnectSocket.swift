import Base
import Glibc

/// Non-blocking TCP sockets.
enum ConnectSocket {
    /// Starts connecting; throws the kernel's error code.
    ///
    /// The caller must close the descriptor.
    static func open(_ address: IPAddress, port: UInt16) -> Result<Int32, SocketError> {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family == .v4 ? AF_INET : AF_INET6, type, 0)
        guard descriptor >= 0 else { return .failure(SocketError(code: errno, isSocket: true)) }
        guard connect(descriptor, address, port) == 0 || errno == EINPROGRESS else {
            let code = errno
            close(descriptor)
            return .failure(SocketError(code: code, isSocket: false))
        }
        return .success(descriptor)
    }

    private static func connect(_ descriptor: Int32, _ address: IPAddress, _ port: UInt16) -> Int32 {
        if address.family == .v4 {
            var place = sockaddr_in()
            place.sin_family = UInt16(AF_INET)
            place.sin_port = port.bigEndian
            place.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.low).bigEndian
            return connect(descriptor, &place)
        }
        var place = sockaddr_in6()
        place.sin6_family = UInt16(AF_INET6)
        place.sin6_port = port.bigEndian
        let high = address.high.bigEndian
        let low = address.low.bigEndian
        withUnsafeMutableBytes(of: &place.sin6_addr) { bytes in
            bytes.storeBytes(of: high, as: UInt64.self)
            bytes.storeBytes(of: low, toByteOffset: 8, as: UInt64.self)
        }
        return connect(descriptor, &place)
    }

    private static func connect<Place>(_ descriptor: Int32, _ place: inout Place) -> Int32 {
        withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                Glibc.connect(descriptor, raw, socklen_t(MemoryLayout<Place>.size))
            }
        }
    }

    /// The error with which connecting ended; 0 for success.
    static func error(of descriptor: Int32) -> Int32 {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else { return errno }
        return code
    }

    /// Sends small writes at once (TCP_NODELAY).
    static func disableDelay(_ descriptor: Int32) {
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }
}

/// The error of a failed attempt to connect.
struct SocketError: Error {
    let code: Int32
    /// Whether the socket itself could not be created.
    let isSocket: Bool
}
