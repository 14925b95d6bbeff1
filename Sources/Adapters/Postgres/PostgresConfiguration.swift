import Base
import CPostgres
import SQL

/// How a server is reached and used.
package struct PostgresConfiguration: Sendable {
    /// libpq's connection parameters, such as `host`, `user` and `sslmode`; empty values are left out.
    package let parameters: [String: String]
    /// Connections for transactions and single writes.
    package var writers = 4
    /// Connections for reads.
    package var readers = 4
    /// Connections for long reads.
    package var longReaders = 2
    package var connectTimeout: Duration = .seconds(5)
    /// How long the server may take to answer before the connection is given up.
    package var patience: Duration = .seconds(60)
    /// How long the server may take to say that it is there, before everything that waits for it is given up.
    package var probePatience: Duration = .seconds(5)
    /// How long a transaction may be idle before the server ends it: what it has locked is free then.
    package var idlePatience: Duration = .seconds(20)

    /// Takes libpq's parameters; the names are libpq's own.
    package init(parameters: [String: String]) {
        self.parameters = parameters
        // Without it, libpq would wait for ever: connections are made in steps, which it does not time.
        if let seconds = parameters["connect_timeout"].flatMap(Int.init), seconds > 0 {
            connectTimeout = .seconds(min(max(seconds, 1), 300))
        }
    }

    /// Begins to connect; nil when there is no memory.
    func start() -> OpaquePointer? {
        var all = parameters.filter { !$0.value.isEmpty }
        for (name, value) in Self.standard where all[name] == nil { all[name] = value }
        // Everything is sent and read as UTF-8.
        all["client_encoding"] = "UTF8"
        let names = all.keys.sorted()
        let keywords = names.map { Array($0.utf8CString) }
        let values = names.map { Array((all[$0] ?? "").utf8CString) }
        return withPointers(keywords) { keywords in
            withPointers(values) { values in PQconnectStartParams(keywords, values, 0) }
        }
    }

    /// A dead server is noticed within a minute, also on an idle connection.
    private static let standard = [
        "application_name": "sentinel", "keepalives_idle": "30", "keepalives_interval": "10",
        "keepalives_count": "3", "tcp_user_timeout": "60000",
    ]

    /// Readers lock nothing that others wait for.
    private func idlePatience(_ role: PostgresConnection.Role) -> Duration {
        role == .writer ? min(idlePatience, patience) : patience
    }

    /// The statements that begin a session.
    func setUp(_ role: PostgresConnection.Role) -> [String] {
        let transactions =
            role == .writer ? "ISOLATION LEVEL SERIALIZABLE" : "ISOLATION LEVEL REPEATABLE READ READ ONLY"
        return [
            "SET SESSION CHARACTERISTICS AS TRANSACTION \(transactions)", "SET TIME ZONE 'UTC'",
            "SET statement_timeout = \((patience - .seconds(5)).wholeMilliseconds)",
            "SET idle_in_transaction_session_timeout = \(idlePatience(role).wholeMilliseconds)",
            "SET idle_session_timeout = 0",
            // The server notices within a minute that this process cannot be reached, and ends its sessions.
            "SET tcp_keepalives_idle = 30", "SET tcp_keepalives_interval = 10", "SET tcp_keepalives_count = 3",
        ]
    }
}

/// Passes C strings as libpq takes them: an array that ends with null.
private func withPointers<R>(_ texts: [[CChar]], _ body: ([UnsafePointer<CChar>?]) -> R) -> R {
    var flat: [CChar] = []
    var offsets: [Int] = []
    for text in texts {
        offsets.append(flat.count)
        flat += text
    }
    return flat.withUnsafeBufferPointer { buffer in
        body(offsets.map { offset in buffer.baseAddress.map { $0 + offset } } + [nil])
    }
}
