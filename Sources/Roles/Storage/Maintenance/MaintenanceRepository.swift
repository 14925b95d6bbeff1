import Base
package import Domain
package import SQL

/// Reads and writes maintenance windows; they are few, so all are read at once.
package struct MaintenanceRepository: Sendable {
    private let database: any Database

    package init(database: any Database) { self.database = database }

    /// Uses the database of the monitors.
    package init(beside monitors: MonitorRepository) { database = monitors.database }

    private static let columns =
        "id, name, matchers, schedule, zone, valid_from, valid_until, is_enabled, comment, created_at"

    private static let table = StoredTable("maintenance_windows", columns: columns)

    /// All windows, ordered by id.
    ///
    /// Rows that cannot be read are left out. Throws `.database` when the database cannot be read.
    package func list() async throws(StorageError) -> [MaintenancePlan] {
        do throws(SQLError) {
            return try await database.readable(
                Self.table,
                "SELECT \(Self.columns) FROM maintenance_windows ORDER BY id"
            ) { row throws(SQLError) in try Self.plan(row) }
        } catch { throw StorageError(error) }
    }

    /// One window; nil when there is none.
    ///
    /// Throws `.unreadable` when its row cannot be read, `.database` when the database cannot be.
    package func plan(_ id: Int64) async throws(StorageError) -> MaintenancePlan? {
        do throws(SQLError) {
            return try await database.readableFirst(
                Self.table,
                "SELECT \(Self.columns) FROM maintenance_windows WHERE id = $1",
                [.integer(id)]
            ) { row throws(SQLError) in try Self.plan(row) }
        } catch { throw StorageError(error) }
    }

    /// Stores a new window; the draft's id is ignored.
    ///
    /// Throws `.duplicate` when its name is taken, `.conflict` when the limit of windows is reached, and
    /// `.database` when the database cannot be written.
    package func insert(_ draft: MaintenancePlan) async throws(StorageError) -> MaintenancePlan {
        let id: Int64?
        do throws(SQLError) {
            let rows = try await database.transaction { session throws(SQLError) in
                try await session.query(
                    """
                    INSERT INTO maintenance_windows
                        (name, matchers, schedule, zone, valid_from, valid_until, is_enabled, comment, created_at)
                    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
                    WHERE (SELECT COUNT(*) FROM maintenance_windows) < $10
                    RETURNING id
                    """,
                    Self.values(draft) + [.integer(Int64(MaintenanceLimits.windows))]
                )
            }
            id = try rows.first?.integer(0)
        } catch { throw StorageError(error) }
        guard let id else { throw .conflict }
        return draft.numbered(id)
    }

    /// Stores a window as it is now.
    ///
    /// Throws `.notFound` when there is none, `.duplicate` when its name is taken, `.database` when the database cannot
    /// be written.
    package func update(_ plan: MaintenancePlan) async throws(StorageError) {
        let changed: Int
        do throws(SQLError) {
            changed = try await database.execute(
                """
                UPDATE maintenance_windows SET name = $1, matchers = $2, schedule = $3, zone = $4, valid_from = $5,
                    valid_until = $6, is_enabled = $7, comment = $8, created_at = $9
                WHERE id = $10
                """,
                Self.values(plan) + [.integer(plan.id)]
            )
        } catch { throw StorageError(error) }
        if changed == 0 { throw .notFound }
        database.rowFaults.forget(plan.id, of: Self.table.name)
        database.rowFaults.newer.note(plan.newerMembers, row: "\(plan.id)", of: Self.table.name)
    }

    /// Removes a window; false when there is none.
    ///
    /// Throws `.database` when the database cannot be written.
    package func delete(_ id: Int64) async throws(StorageError) -> Bool {
        do throws(SQLError) {
            database.rowFaults.forget(id, of: Self.table.name)
            return try await database.execute("DELETE FROM maintenance_windows WHERE id = $1", [.integer(id)]) > 0
        } catch { throw StorageError(error) }
    }

    private static func values(_ plan: MaintenancePlan) -> [SQLValue] {
        var schedule = plan.schedule.json
        if case .object(let object) = schedule { schedule = .object(object.keeping(plan.unknown)) }
        return [
            .text(plan.name), .text(plan.matchers.map(\.description).joined(separator: "\n")),
            .text(schedule.description), .text(plan.zone), .integer(plan.from?.milliseconds),
            .integer(plan.until?.milliseconds), .flag(plan.isEnabled), .text(plan.comment),
            .integer(plan.createdAt.milliseconds),
        ]
    }

    private static func plan(_ row: Row) throws(SQLError) -> MaintenancePlan {
        let id = try row.integer(0)
        let stored = try row.json(3)
        guard let schedule = MaintenancePlan.Schedule(json: stored) else {
            throw row.corrupt(3, "holds no schedule")
        }
        var plan = MaintenancePlan(
            id: id,
            name: try row.text(1),
            schedule: schedule,
            createdAt: try row.time(9)
        )
        plan.unknown = schedule.unknownMembers(of: stored)
        plan.matchers = try row.matchers(2)
        (plan.zone, plan.isEnabled, plan.comment) = (try row.text(4), try row.flag(7), try row.text(8))
        plan.from = try row.optionalTime(5)
        plan.until = try row.optionalTime(6)
        return plan
    }
}
