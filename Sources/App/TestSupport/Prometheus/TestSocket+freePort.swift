import Base
import Glibc
import Runtime

extension TestSocket {
    /// The ports that were given out by this process.
    private static let given = Locked<Set<UInt16>>([])

    /// A port that nobody listens on now, for a program that cannot choose one itself.
    ///
    /// The kernel gives none of these to other sockets, and no two calls get the same: a program that is stopped and
    /// started again finds its port free.
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
