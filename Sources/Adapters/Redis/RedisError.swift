/// Why a command failed.
package enum RedisError: Error, Sendable, Equatable {
    /// The server cannot be used now: not reached, lost, loading, read-only, or out of memory; try again.
    ///
    /// After the connection was lost, nobody knows whether the server has run the command.
    case unavailable(String)
    /// The server refuses this client: wrong credentials, missing rights, or a cluster.
    case refused(String)
    /// The server does not run the command as it was sent.
    case command(String)
    /// The client was closed.
    case closed

    /// The error of an answer such as `WRONGPASS invalid username-password pair`.
    package init(answer text: String) {
        switch text.prefix(while: { $0 != " " }) {
        case "LOADING", "READONLY", "MASTERDOWN", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "OOM", "MISCONF", "NOREPLICAS",
            "UNBLOCKED":
            self = .unavailable("Redis: \(text)")
        case "MOVED", "ASK", "CROSSSLOT": self = .refused("Redis Cluster is not supported (\(text))")
        case "NOAUTH": self = .refused("Redis wants a password, and REDIS_URL has none")
        case "WRONGPASS": self = .refused("Redis refused the user name or password of REDIS_URL")
        case "NOPERM": self = .refused("the user of REDIS_URL lacks a right: \(text)")
        default: self = .command("Redis: \(text)")
        }
    }
}

extension RedisError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unavailable(let text), .refused(let text), .command(let text): text
        case .closed: "the connection to Redis was closed"
        }
    }
}
