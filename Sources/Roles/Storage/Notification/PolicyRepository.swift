import Base
package import Domain
package import SQL

/// The policies, in one small table; a transaction may read them too.
package struct PolicyRepository: Sendable {
    private let database: any Database

    package init(database: any Database) { self.database = database }

    /// Every policy in the order in which they are asked.
    ///
    /// Rows that cannot be read are left out. Throws `.database` when the database cannot be read.
    package func list() async throws(StorageError) -> [Policy] {
        do throws(SQLError) { return try await Self.list(database) } catch { throw StorageError(error) }
    }

    /// The same within somebody's transaction.
    ///
    /// Rows that cannot be read are left out. Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package static func list(_ session: any SQLSession) async throws(SQLError) -> [Policy] {
        try await session.readable(table, "SELECT \(columns) FROM policies ORDER BY position, id") {
            row throws(SQLError) in try policy(row)
        }
    }

    private static let columns = "id, name, position, is_enabled, settings"
    private static let table = StoredTable("policies", columns: columns)

    private static func read(_ id: Int64, _ session: any SQLSession) async throws(SQLError) -> Policy? {
        try await session.readableFirst(table, "SELECT \(columns) FROM policies WHERE id = $1", [.integer(id)]) {
            row throws(SQLError) in try policy(row)
        }
    }

    /// One policy; nil when there is none.
    ///
    /// Throws `.unreadable` when its row cannot be read, `.database` when the database cannot be.
    package func policy(_ id: Int64) async throws(StorageError) -> Policy? {
        do throws(SQLError) { return try await Self.read(id, database) } catch { throw StorageError(error) }
    }

    /// Stores a new policy; the draft's number is ignored.
    ///
    /// Throws `.duplicate` when its name is taken, `.database` when the database cannot be written.
    package func insert(_ draft: Policy) async throws(StorageError) -> Policy {
        do throws(SQLError) {
            let rows = try await database.transaction { session throws(SQLError) in
                try await session.query(
                    "INSERT INTO policies (name, position, is_enabled, settings) VALUES ($1, $2, $3, $4) RETURNING id",
                    Self.values(draft)
                )
            }
            guard let id = try rows.first?.integer(0) else { throw SQLError.programming("no id was returned") }
            return draft.numbered(id)
        } catch { throw StorageError(error) }
    }

    /// Writes a policy as it is now.
    ///
    /// Throws `.notFound` when there is none, `.duplicate` when its name is taken, `.database` when the database cannot
    /// be written.
    package func update(_ policy: Policy) async throws(StorageError) {
        let changed: Int
        do throws(SQLError) { changed = try await Self.write(policy, database) } catch { throw StorageError(error) }
        if changed == 0 { throw .notFound }
        database.rowFaults.forget(policy.id, of: Self.table.name)
        database.rowFaults.newer.note(policy.newerMembers, row: "\(policy.id)", of: Self.table.name)
    }

    @discardableResult
    private static func write(_ policy: Policy, _ session: any SQLSession) async throws(SQLError) -> Int {
        try await session.execute(
            "UPDATE policies SET name = $1, position = $2, is_enabled = $3, settings = $4 WHERE id = $5",
            values(policy) + [.integer(policy.id)]
        )
    }

    /// Reads a policy and writes what the body makes of it, in one transaction; nil when there is none.
    ///
    /// Throws `.duplicate` when its new name is taken, `.unreadable` when what is stored cannot be read, and
    /// `.database` when the database cannot be written.
    package func change(
        _ id: Int64,
        _ body: @Sendable (inout Policy) -> Void
    ) async throws(StorageError) -> Policy? {
        do throws(SQLError) {
            return try await database.transaction { session throws(SQLError) -> Policy? in
                guard var policy = try await Self.read(id, session) else { return nil }
                body(&policy)
                try await Self.write(policy, session)
                return policy
            }
        } catch { throw StorageError(error) }
    }

    /// Removes a policy; false when there is none.
    ///
    /// Throws `.database` when the database cannot be written.
    package func delete(_ id: Int64) async throws(StorageError) -> Bool {
        do throws(SQLError) {
            database.rowFaults.forget(id, of: Self.table.name)
            return try await database.execute("DELETE FROM policies WHERE id = $1", [.integer(id)]) > 0
        } catch { throw StorageError(error) }
    }

    private static func values(_ policy: Policy) -> [SQLValue] {
        let settings = Policy.fields.object(policy).keeping(policy.unknown)
        return [
            .text(policy.name), .integer(Int64(policy.position)), .flag(policy.isEnabled),
            .text(JSONValue.object(settings).description),
        ]
    }

    private static func policy(_ row: Row) throws(SQLError) -> Policy {
        var policy = Policy(id: try row.integer(0), name: try row.text(1), channels: [])
        policy.position = try row.number(2, in: Int64(Int32.min)...Int64(Int32.max))
        policy.isEnabled = try row.flag(3)
        policy.unknown = try row.settings(4, of: Policy.fields, into: &policy)
        return policy
    }
}
