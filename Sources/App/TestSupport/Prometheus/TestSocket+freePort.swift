import Base
import Glibc
import Runtime

extension TestSocket {
    /// The ports that this process has handed out.
    private static let given = Locked<Set<UInt16>>([])

    /// A port without a listener, for a program that cannot choose one itself.
    ///
    /// The kernel does not assign such a port to other sockets, and every call returns a different one, so a restarted
    /// program finds its port free.
    static func freePort() -> UInt16 {
        while true {
            let port = UInt16.random(in: 10_000..<32_000)
            guard given.withLock({ $0.insert(port).inserted }) else { continue }
            let reserved = bind(type: SOCK_STREAM, port: port)
            guard reserved >= 0 else { continue }
            close(reserved)
            return port
        }
    }
}
