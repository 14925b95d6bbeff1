import Glibc

extension TestSocket {
    /// A port that nobody listens on now, for a program that cannot choose one itself.
    static func freePort() -> UInt16 {
        let (reserved, port) = bind(type: SOCK_STREAM)
        close(reserved)
        return port
    }
}
