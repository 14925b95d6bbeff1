import Base
package import Lease
package import SQL

/// Leases and fencing tokens in the database.
///
/// A lease whose row cannot be read is begun anew with a token above all that can have been issued: nobody would ever
/// hold it again otherwise.
package struct LeaseRepository: LeaseStore {
    private let database: any Database

    package init(database: any Database) { self.database = database }

    private static let columns = "name, holder, token, beat, progress"

    package func read(_ name: String) async throws(LeaseError) -> LeaseRecord? {
        try await asking { () async throws(SQLError) in
            let sql = "SELECT \(Self.columns) FROM leases WHERE name = $1"
            guard let row = try await database.query(sql, [.text(name)]).first else { return nil }
            return if let record = try? Self.record(row) { record } else { try await renewed(name) }
        }
    }

    /// Replaces what is stored of a lease, unless somebody else has done that meanwhile; nil when it is gone.
    private func renewed(_ name: String) async throws(SQLError) -> LeaseRecord? {
        try await database.transaction { session throws(SQLError) in
            let sql = "SELECT \(Self.columns) FROM leases WHERE name = $1"
            guard let row = try await session.query(sql, [.text(name)]).first else { return nil }
            if let record = try? Self.record(row) { return record }
            let position = (try? row.integer(4)) ?? 0
            let rows = try await session.query(
                """
                UPDATE leases SET holder = '', token = $2, beat = 0, progress = $3 WHERE name = $1
                RETURNING \(Self.columns)
                """,
                [.text(name), .integer(Self.freshToken), .integer(position)]
            )
            return try rows.first.map { row throws(SQLError) in try Self.record(row) }
        }
    }

    /// A token that no process can have got by counting.
    private static var freshToken: Int64 { max(Timestamp.now.milliseconds, 1) }
    private static let lastToken: Int64 = 1 << 62

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
                    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, beat = 0,
                        token = CASE WHEN leases.token >= 0 AND leases.token < $3
                            AND leases.token = CAST(leases.token AS BIGINT) THEN leases.token + 1 ELSE $4 END
                    RETURNING token
                    """,
                    [.text(name), .text(holder), .integer(Self.lastToken), .integer(Self.freshToken)]
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
        // What cannot be read is not the token of anybody.
        for row in rows { if let name = try? row.text(0) { newest[name] = try? row.integer(1) } }
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
            token: Int64(try row.number(2, in: 0...lastToken)),
            beat: Int64(try row.number(3, in: 0...lastToken)),
            progress: try row.integer(4)
        )
    }
}
