import CLinux
import Glibc

/// Blocking loopback sockets for targets.
enum TestSocket {
    /// Binds to 127.0.0.1 or [::1] and returns the port; -1 when that fails.
    static func bind(type: __socket_type, v6: Bool = false) -> (descriptor: Int32, port: UInt16) {
        let descriptor = bind(type: type, v6: v6, port: 0)
        return descriptor < 0 ? (-1, 0) : (descriptor, port(of: descriptor))
    }

    /// Binds to a port, 0 for any free one; -1 when that fails.
    static func bind(type: __socket_type, v6: Bool = false, port: UInt16) -> Int32 {
        let descriptor = socket(v6 ? AF_INET6 : AF_INET, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return -1 }
        var one: Int32 = 1
        // Not for datagrams: two name servers of different tests would share one port then.
        if port == 0, type == SOCK_STREAM { setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4) }
        let isBound = v6 ? bindV6(descriptor, port) : bindV4(descriptor, port)
        guard isBound else {
            close(descriptor)
            return -1
        }
        return descriptor
    }

    /// Binds to the loopback address with that last byte, and a port; -1 when that fails.
    static func bind(type: __socket_type, host: UInt8, port: UInt16) -> Int32 {
        let descriptor = socket(AF_INET, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return -1 }
        if bindV4(descriptor, port, host: host) { return descriptor }
        close(descriptor)
        return -1
    }

    /// The next connection, blocking; processes started by other tests do not inherit it, which would keep it open.
    static func accept(_ listener: Int32) -> Int32 {
        let accepted = CLinux_accept4(listener)
        if accepted >= 0 { _ = fcntl(accepted, F_SETFL, 0) }
        return accepted
    }

    private static func bindV4(_ descriptor: Int32, _ port: UInt16, host: UInt8 = 1) -> Bool {
        var address = sockaddr_in()
        address.sin_port = port.bigEndian
        address.sin_family = UInt16(AF_INET)
        address.sin_addr.s_addr = (0x7F00_0000 | UInt32(host)).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(descriptor, $0, 16) == 0 }
        }
    }

    private static func bindV6(_ descriptor: Int32, _ port: UInt16) -> Bool {
        var address = sockaddr_in6()
        address.sin6_port = port.bigEndian
        address.sin6_family = UInt16(AF_INET6)
        address.sin6_addr = in6addr_loopback
        let size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(descriptor, $0, size) == 0 }
        }
    }

    /// The local port in host byte order; its offset is the same for both families.
    static func port(of descriptor: Int32) -> UInt16 {
        var address = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &size) }
            return UInt16(bigEndian: pointer.pointee.sin6_port)
        }
    }

    /// Connects to a loopback port, blocking; -1 when that fails.
    static func connect(to port: UInt16) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return -1 }
        var address = sockaddr_in()
        address.sin_family = UInt16(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, 16) == 0 }
        }
        if isConnected { return descriptor }
        close(descriptor)
        return -1
    }

    /// Has `close` reset the connection, and drop what was not sent.
    static func lingerNot(_ descriptor: Int32) {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    }

    /// Limits blocking reads and writes, so that no thread of a test blocks forever.
    static func limit(_ descriptor: Int32, seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
    }
}

/// Runs a closure on its own detached thread; for blocking targets.
func runThread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    // Invariant: the new thread takes the retain over; without a thread it leaks, in a failing test.
    let raw = Unmanaged.passRetained(Box(body)).toOpaque()
    pthread_create(
        &thread,
        nil,
        { raw in
            if let raw { Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().body() }
            return nil
        },
        raw
    )
    pthread_detach(thread)
}

/// Blocks a target's thread, for a target that is slow on purpose.
package func usleepMilliseconds(_ milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }
