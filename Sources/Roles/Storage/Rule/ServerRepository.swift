import Base
package import Domain
package import SQL

/// Reads and writes the servers that Prometheus monitors.
package struct ServerRepository: Sendable {
    package let database: any Database

    package init(database: any Database) { self.database = database }

    private static let columns = "id, name, job_name, instance, is_active, created_at"

    private static let table = StoredTable("servers", columns: columns)

    /// Servers with an id above `after`, ordered by id, without the first `skip`, at most `limit`.
    ///
    /// Rows that cannot be read are left out. Throws `.database` when the database cannot be read.
    package func list(
        after: ServerID? = nil,
        skip: Int = 0,
        limit: Int
    ) async throws(StorageError) -> [MonitoredServer] {
        do throws(SQLError) {
            return try await database.readable(
                Self.table,
                "SELECT \(Self.columns) FROM servers WHERE id > $1 ORDER BY id LIMIT $2 OFFSET $3",
                [.integer(after?.rawValue ?? 0), .integer(Int64(limit)), .integer(Int64(skip))]
            ) { row throws(SQLError) in try Self.server(row) }
        } catch { throw StorageError(error) }
    }

    /// One server; nil when there is none.
    ///
    /// Throws `.unreadable` when its row cannot be read, `.database` when the database cannot be.
    package func server(_ id: ServerID) async throws(StorageError) -> MonitoredServer? {
        do throws(SQLError) { return try await Self.read(id, database) } catch { throw StorageError(error) }
    }

    /// Stores a new server; the draft's id is ignored.
    ///
    /// Throws `.database` when the database cannot be written.
    package func insert(_ draft: MonitoredServer) async throws(StorageError) -> MonitoredServer {
        do throws(SQLError) {
            let rows = try await database.transaction { session throws(SQLError) in
                try await session.query(
                    """
                    INSERT INTO servers (name, job_name, instance, is_active, created_at) VALUES ($1, $2, $3, $4, $5)
                    RETURNING \(Self.columns)
                    """,
                    [
                        .text(draft.name), .text(draft.jobName), .text(draft.instance), .flag(draft.isActive),
                        .integer(draft.createdAt.milliseconds),
                    ]
                )
            }
            guard let row = rows.first else { throw SQLError.programming("no row was returned") }
            return try Self.server(row)
        } catch { throw StorageError(error) }
    }

    /// One server, read within the caller's transaction; nil when there is none.
    ///
    /// Throws `.unreadable` when its row cannot be read, and otherwise the `SQLError` of the read.
    package static func read(_ id: ServerID, _ session: any SQLSession) async throws(SQLError) -> MonitoredServer? {
        let sql = "SELECT \(columns) FROM servers WHERE id = $1"
        return try await session.readableFirst(table, sql, [.integer(id.rawValue)]) { row throws(SQLError) in
            try server(row)
        }
    }

    /// Whether the server exists, even if its row cannot be read.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package static func exists(_ id: ServerID, _ session: any SQLSession) async throws(SQLError) -> Bool {
        try await !session.query("SELECT 1 FROM servers WHERE id = $1", [.integer(id.rawValue)]).isEmpty
    }

    /// Stores a server as it is now, within the caller's transaction.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package static func update(_ server: MonitoredServer, _ session: any SQLSession) async throws(SQLError) {
        _ = try await session.execute(
            """
            UPDATE servers SET name = $2, job_name = $3, instance = $4, is_active = $5, created_at = $6 WHERE id = $1
            """,
            [
                .integer(server.id.rawValue), .text(server.name), .text(server.jobName), .text(server.instance),
                .flag(server.isActive), .integer(server.createdAt.milliseconds),
            ]
        )
        session.rowFaults.forget(server.id.rawValue, of: table.name)
    }

    /// Removes a server with its rules and their events, within the caller's transaction; false when there is none.
    ///
    /// The caller has to end the rules' incidents.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package static func delete(_ id: ServerID, _ session: any SQLSession) async throws(SQLError) -> Bool {
        session.rowFaults.forget(id.rawValue, of: table.name)
        let key: [SQLValue] = [.integer(id.rawValue)]
        for statement in [
            "DELETE FROM alert_events WHERE server_id = $1",
            "DELETE FROM alert_events WHERE rule_id IN (SELECT id FROM alert_rules WHERE server_id = $1)",
            "DELETE FROM alert_rules WHERE server_id = $1",
        ] {
            _ = try await session.execute(statement, key)
        }
        return try await session.execute("DELETE FROM servers WHERE id = $1", key) > 0
    }

    private static func server(_ row: Row) throws(SQLError) -> MonitoredServer {
        MonitoredServer(
            id: ServerID(rawValue: try row.integer(0)),
            name: try row.text(1),
            jobName: try row.text(2),
            instance: try row.text(3),
            isActive: try row.flag(4),
            createdAt: try row.time(5)
        )
    }
}
