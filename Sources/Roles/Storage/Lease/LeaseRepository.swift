package import Lease
package import SQL

/// Leases and fencing tokens in the database.
package struct LeaseRepository: LeaseStore {
    private let database: any Database

    package init(database: any Database) { self.database = database }

    private static let columns = "name, holder, token, beat, progress"

    package func read(_ name: String) async throws(LeaseError) -> LeaseRecord? {
        try await asking { () async throws(SQLError) in
            try await database.query("SELECT \(Self.columns) FROM leases WHERE name = $1", [.text(name)]).first
                .map { row throws(SQLError) in try Self.record(row) }
        }
    }

    package func take(_ name: String, holder: String, seen: LeaseRecord?) async throws(LeaseError) -> LeaseRecord? {
        try await changing(
            """
            INSERT INTO leases (name, holder, token, beat, progress) VALUES ($1, $2, 1, 0, 0)
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = leases.token + 1, beat = 0
            WHERE leases.token = $3 AND leases.beat = $4
            RETURNING \(Self.columns)
            """,
            [.text(name), .text(holder), .integer(seen?.token ?? -1), .integer(seen?.beat ?? -1)]
        )
    }

    package func renew(_ held: LeaseRecord, progress: Int64) async throws(LeaseError) -> LeaseRecord? {
        try await changing(
            """
            UPDATE leases SET beat = beat + 1, progress = $3 WHERE name = $1 AND token = $2 RETURNING \(Self.columns)
            """,
            [.text(held.name), .integer(held.token), .integer(progress)]
        )
    }

    package func release(_ held: LeaseRecord, progress: Int64) async throws(LeaseError) {
        _ = try await changing(
            """
            UPDATE leases SET holder = '', beat = beat + 1, progress = $3 WHERE name = $1 AND token = $2
            RETURNING \(Self.columns)
            """,
            [.text(held.name), .integer(held.token), .integer(progress)]
        )
    }

    /// Claims leases that a broker has assigned to this process, whoever held them; returns their tokens.
    ///
    /// Throws the `SQLError` of the transaction, such as `.busy` or `.full`; none is taken then.
    package func claim(_ names: [String], holder: String) async throws(SQLError) -> [FencingToken] {
        try await database.transaction { session throws(SQLError) in
            var tokens: [FencingToken] = []
            for name in names {
                let rows = try await session.query(
                    """
                    INSERT INTO leases (name, holder, token, beat, progress) VALUES ($1, $2, 1, 0, 0)
                    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = leases.token + 1, beat = 0
                    RETURNING token
                    """,
                    [.text(name), .text(holder)]
                )
                guard let row = rows.first else { throw .programming("a lease was not written") }
                tokens.append(FencingToken(name: name, value: try row.integer(0)))
            }
            return tokens
        }
    }

    /// Checks within a transaction that tokens are the newest of their leases; otherwise the writes are refused.
    ///
    /// Throws `.fenced` when a newer one was issued, and the `SQLError` of the read.
    package static func check(_ tokens: [FencingToken], _ session: any SQLSession) async throws(SQLError) {
        let wanted = tokens.filter { $0 != .unfenced }
        guard let first = wanted.map(\.name).min(), let last = wanted.map(\.name).max() else { return }
        let rows = try await session.query(
            "SELECT name, token FROM leases WHERE name >= $1 AND name <= $2",
            [.text(first), .text(last)]
        )
        var newest: [String: Int64] = [:]
        for row in rows { newest[try row.text(0)] = try row.integer(1) }
        for token in wanted where newest[token.name] != token.value { throw .fenced(token.name) }
    }

    private func changing(_ sql: String, _ values: [SQLValue]) async throws(LeaseError) -> LeaseRecord? {
        try await asking { () async throws(SQLError) in
            try await database.transaction { session throws(SQLError) in
                try await session.query(sql, values).first.map { row throws(SQLError) in try Self.record(row) }
            }
        }
    }

    private func asking<R>(_ body: () async throws(SQLError) -> R) async throws(LeaseError) -> R {
        do throws(SQLError) { return try await body() } catch { throw .unavailable("\(error)") }
    }

    private static func record(_ row: Row) throws(SQLError) -> LeaseRecord {
        LeaseRecord(
            name: try row.text(0),
            holder: try row.text(1),
            token: try row.integer(2),
            beat: try row.integer(3),
            progress: try row.integer(4)
        )
    }
}
