package import Base
package import Domain
package import SQL

/// Reads and writes silences.
package struct SilenceRepository: Sendable {
    private let database: any Database

    package init(database: any Database) { self.database = database }

    /// Silences that end after an instant, with an id above `after`, ordered by id, at most `limit`.
    ///
    /// Rows that cannot be read are left out. Throws `.database` when the database cannot be read.
    package func list(
        endingAfter instant: Timestamp,
        after number: Int64 = 0,
        limit: Int = 1000
    ) async throws(StorageError) -> [Silence] {
        do throws(SQLError) {
            return try await Self.list(database, endingAfter: instant, after: number, limit: limit)
        } catch { throw StorageError(error) }
    }

    /// One silence, ended or not; nil when there is none.
    ///
    /// Throws `.unreadable` when its row cannot be read, `.database` when the database cannot be.
    package func silence(_ id: Int64) async throws(StorageError) -> Silence? {
        do throws(SQLError) {
            let sql = "SELECT \(Self.columns) FROM silences WHERE id = $1"
            return try await database.readableFirst(Self.table, sql, [.integer(id)]) { row throws(SQLError) in
                try Self.silence(row)
            }
        } catch { throw StorageError(error) }
    }

    private static let columns = "id, matchers, starts_at, ends_at, author, comment"
    private static let table = StoredTable("silences", columns: columns)

    /// The same within the caller's transaction.
    ///
    /// Rows that cannot be read are left out. Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package static func list(
        _ session: any SQLSession,
        endingAfter instant: Timestamp,
        after number: Int64 = 0,
        limit: Int = 1000
    ) async throws(SQLError) -> [Silence] {
        try await session.readable(
            table,
            "SELECT \(columns) FROM silences WHERE ends_at > $1 AND id > $2 ORDER BY id LIMIT $3",
            [.integer(instant.milliseconds), .integer(number), .integer(Int64(limit))]
        ) { row throws(SQLError) in try silence(row) }
    }

    /// Stores a new silence; the draft's id is ignored.
    ///
    /// Throws `.database` when the database cannot be written.
    package func insert(_ draft: Silence) async throws(StorageError) -> Silence {
        do throws(SQLError) {
            let rows = try await database.transaction { session throws(SQLError) in
                try await session.query(
                    """
                    INSERT INTO silences (matchers, starts_at, ends_at, author, comment) VALUES ($1, $2, $3, $4, $5)
                    RETURNING id
                    """,
                    [
                        .text(draft.matchers.map(\.description).joined(separator: "\n")),
                        .integer(draft.startsAt.milliseconds), .integer(draft.endsAt.milliseconds),
                        .text(draft.author), .text(draft.comment),
                    ]
                )
            }
            guard let id = try rows.first?.integer(0) else { throw SQLError.programming("no id was returned") }
            return draft.numbered(id)
        } catch { throw StorageError(error) }
    }

    /// Ends a silence now and makes its items due again; false when there is none, or it has ended.
    ///
    /// Throws `.database` when the database cannot be written.
    package func end(_ id: Int64, at now: Timestamp) async throws(StorageError) -> Bool {
        do throws(SQLError) {
            return try await database.transaction { session throws(SQLError) in
                let changed = try await session.execute(
                    "UPDATE silences SET ends_at = $2 WHERE id = $1 AND ends_at > $2",
                    [.integer(id), .integer(now.milliseconds)]
                )
                guard changed > 0 else { return false }
                try await OutboxStore(session).releaseSilenced(at: now)
                return true
            }
        } catch { throw StorageError(error) }
    }

    /// Deletes a silence that cannot be read, and releases what it kept back; whether there was one.
    ///
    /// Throws `.database` when the database cannot be written; nothing is changed then.
    package func remove(_ id: Int64, at now: Timestamp) async throws(StorageError) -> Bool {
        let existed: Bool
        do throws(SQLError) {
            existed = try await database.transaction { session throws(SQLError) in
                let removed = try await session.execute("DELETE FROM silences WHERE id = $1", [.integer(id)])
                if removed > 0 { try await OutboxStore(session).releaseSilenced(at: now) }
                return removed > 0
            }
        } catch { throw StorageError(error) }
        database.rowFaults.forget(id, of: Self.table.name)
        return existed
    }

    /// Removes silences that ended before an instant, at most `limit`; returns how many.
    ///
    /// Throws `.database` when the database cannot be written.
    package func purge(endedBefore instant: Timestamp, limit: Int) async throws(StorageError) -> Int {
        do throws(SQLError) {
            return try await database.execute(
                "DELETE FROM silences WHERE id IN (SELECT id FROM silences WHERE ends_at < $1 ORDER BY ends_at LIMIT $2)",
                [.integer(instant.milliseconds), .integer(Int64(limit))]
            )
        } catch { throw StorageError(error) }
    }

    private static func silence(_ row: Row) throws(SQLError) -> Silence {
        let id = try row.integer(0)
        var silence = Silence(
            id: id,
            matchers: try row.matchers(1),
            startsAt: try row.time(2),
            endsAt: try row.time(3),
            comment: try row.text(5)
        )
        silence.author = try row.optionalText(4)
        return silence
    }
}
