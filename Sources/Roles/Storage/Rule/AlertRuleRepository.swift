import Base
package import Domain
package import SQL

/// Reads and writes rules, with their states and health.
package struct AlertRuleRepository: Sendable {
    package let database: any Database

    package init(database: any Database) { self.database = database }

    /// Rules with an id above `after`, ordered by id, without the first `skip`, at most `limit`.
    ///
    /// Rows that cannot be read are left out. Throws `.database` when the database cannot be read.
    package func list(
        server: ServerID? = nil,
        after: AlertRuleID? = nil,
        skip: Int = 0,
        limit: Int
    ) async throws(StorageError) -> [StoredRule] {
        var (condition, values) = ("r.id > $1", [SQLValue.integer(after?.rawValue ?? 0)])
        values += [.integer(Int64(limit)), .integer(Int64(skip))]
        if let server {
            condition += " AND r.server_id = $4"
            values.append(.integer(server.rawValue))
        }
        do throws(SQLError) {
            return try await database.readable(
                RuleColumns.table,
                "SELECT \(RuleColumns.list) FROM alert_rules r WHERE \(condition) ORDER BY r.id LIMIT $2 OFFSET $3",
                values
            ) { row throws(SQLError) in try RuleColumns.rule(row) }
        } catch { throw StorageError(error) }
    }

    /// One rule; nil when there is none.
    ///
    /// Throws `.unreadable` when its row cannot be read, `.database` when the database cannot be.
    package func rule(_ id: AlertRuleID) async throws(StorageError) -> StoredRule? {
        do throws(SQLError) { return try await Self.read(id, database) } catch { throw StorageError(error) }
    }

    /// The active rules without a server or of an active one, with an id above `after`, at most `limit`.
    ///
    /// Rules that cannot be read are in the page's `faults`. Throws `.database` when the database cannot be read.
    package func runnable(after: AlertRuleID?, limit: Int) async throws(StorageError) -> RulePage {
        try await runnable(
            "r.id > $1 ORDER BY r.id LIMIT $2",
            [.integer(after?.rawValue ?? 0), .integer(Int64(limit))]
        )
    }

    /// One such rule; nil when it does not exist or is not evaluated.
    ///
    /// Throws `.unreadable` when its row cannot be read, `.database` when the database cannot be.
    package func runnable(_ id: AlertRuleID) async throws(StorageError) -> RunnableRule? {
        let page = try await runnable("r.id = $1", [.integer(id.rawValue)])
        if let fault = page.faults.first { throw StorageError(fault) }
        return page.rules.first
    }

    /// The id of each rule of a server.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package static func rules(of server: ServerID, _ session: any SQLSession) async throws(SQLError) -> [AlertRuleID] {
        let rows = try await session.query(
            "SELECT id FROM alert_rules WHERE server_id = $1 ORDER BY id",
            [.integer(server.rawValue)]
        )
        var found: [AlertRuleID] = []
        for row in rows { found.append(AlertRuleID(rawValue: try row.integer(0))) }
        return found
    }

    /// Stores a new rule; the draft's id is ignored.
    ///
    /// Throws `.notFound` when its server is gone, and `.database` when the database cannot be written.
    package func insert(_ draft: AlertRule) async throws(StorageError) -> StoredRule {
        let health = RuleHealth(.pending, since: draft.createdAt)
        let stored: StoredRule?
        do throws(SQLError) {
            stored = try await database.transaction { session throws(SQLError) in
                if let server = draft.serverID, try await !ServerRepository.exists(server, session) { return nil }
                let rows = try await session.query(
                    """
                    INSERT INTO alert_rules (name, server_id, metric_name, query, is_own, comparison, threshold,
                        is_active, channel, settings, health, revision, created_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12) RETURNING id
                    """,
                    RuleColumns.values(draft) + [
                        .text(RuleColumns.text(health)), .integer(draft.createdAt.milliseconds),
                    ]
                )
                guard let id = try rows.first?.integer(0) else { throw .programming("no id was returned") }
                return try await Self.read(AlertRuleID(rawValue: id), session)
            }
        } catch { throw StorageError(error) }
        guard let stored else { throw .notFound }
        return stored
    }

    private func runnable(_ condition: String, _ values: [SQLValue]) async throws(StorageError) -> RulePage {
        do throws(SQLError) {
            let rows = try await database.query(
                """
                SELECT \(RuleColumns.list), s.name FROM alert_rules r LEFT JOIN servers s ON s.id = r.server_id
                WHERE r.is_active <> 0 AND (r.server_id IS NULL OR s.is_active <> 0) AND \(condition)
                """,
                values
            )
            let read = ReadRows(rows, of: RuleColumns.table, database.rowFaults) { row throws(SQLError) in
                // A server's name that cannot be read is an error of the server's row.
                let name: String? = if case .text(let name) = row[RuleColumns.count] { name } else { nil }
                return RunnableRule(stored: try RuleColumns.rule(row), serverName: name)
            }
            var page = RulePage()
            page.last = try rows.last.map { row throws(SQLError) in AlertRuleID(rawValue: try row.integer(0)) }
            (page.rules, page.faults) = (read.values, read.faults.map { .unreadable($0) })
            return page
        } catch { throw StorageError(error) }
    }
}

/// Rules to evaluate, ordered by id.
package struct RulePage: Sendable {
    package fileprivate(set) var rules: [RunnableRule] = []
    /// Rules that cannot be read: one bad row must not keep the others from being evaluated.
    package fileprivate(set) var faults: [SQLError] = []
    /// The id of the last rule, even if it cannot be read; nil at the end.
    package fileprivate(set) var last: AlertRuleID?
}

/// Operations on a rule within the caller's transaction.
extension AlertRuleRepository {
    /// One rule; nil when there is none.
    ///
    /// Throws `.unreadable` when its row cannot be read, and otherwise the `SQLError` of the read.
    package static func read(_ id: AlertRuleID, _ session: any SQLSession) async throws(SQLError) -> StoredRule? {
        try await session.readableFirst(
            RuleColumns.table,
            "SELECT \(RuleColumns.list) FROM alert_rules r WHERE r.id = $1",
            [.integer(id.rawValue)]
        ) { row throws(SQLError) in try RuleColumns.rule(row) }
    }

    /// A rule whose incidents have to end, whose row need not be readable for that; nil when there is none.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package static func ending(_ id: AlertRuleID, _ session: any SQLSession) async throws(SQLError) -> AlertRule? {
        do throws(SQLError) { return try await read(id, session)?.rule } catch {
            guard case .unreadable = error, let threshold = try? ThresholdRule(.greater, 0) else { throw error }
            return AlertRule(
                id: id,
                name: "rule \(id)",
                serverID: nil,
                metricName: "",
                query: "",
                source: .prometheus,
                threshold: threshold,
                channel: "",
                createdAt: .distantPast
            )
        }
    }

    /// Stores a rule as it is now, with its state and health.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package static func update(_ stored: StoredRule, _ session: any SQLSession) async throws(SQLError) {
        _ = try await session.execute(
            """
            UPDATE alert_rules SET name = $1, server_id = $2, metric_name = $3, query = $4, is_own = $5,
                comparison = $6, threshold = $7, is_active = $8, channel = $9, settings = $10, state = $11,
                health = $12, revision = $13, created_at = $14
            WHERE id = $15
            """,
            RuleColumns.values(stored.rule) + [
                .text(stored.machine.json.description), .text(RuleColumns.text(stored.health)),
                .integer(stored.rule.revision), .integer(stored.rule.createdAt.milliseconds),
                .integer(stored.rule.id.rawValue),
            ]
        )
        let row = stored.rule.id.rawValue
        session.rowFaults.forget(row, of: RuleColumns.table.name)
        session.rowFaults.newer.note(stored.newerMembers, row: "\(row)", of: RuleColumns.table.name)
    }

    /// Stores the outcome of an evaluation; false when the rule was deleted, paused or changed meanwhile.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package static func store(_ stored: StoredRule, _ session: any SQLSession) async throws(SQLError) -> Bool {
        try await session.execute(
            """
            UPDATE alert_rules SET state = $3, health = $4 WHERE id = $1 AND revision = $2 AND is_active = 1
                AND (server_id IS NULL OR server_id IN (SELECT id FROM servers WHERE is_active = 1))
            """,
            [
                .integer(stored.rule.id.rawValue), .integer(stored.rule.revision),
                .text(stored.machine.json.description), .text(RuleColumns.text(stored.health)),
            ]
        ) > 0
    }

    /// Removes a rule with its events; false when there is none.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package static func delete(_ id: AlertRuleID, _ session: any SQLSession) async throws(SQLError) -> Bool {
        session.rowFaults.forget(id.rawValue, of: RuleColumns.table.name)
        _ = try await session.execute("DELETE FROM alert_events WHERE rule_id = $1", [.integer(id.rawValue)])
        return try await session.execute("DELETE FROM alert_rules WHERE id = $1", [.integer(id.rawValue)]) > 0
    }

    /// The kind or name of the channels that a rule prefers; nil when there is no such rule.
    ///
    /// A value that cannot be read counts as none. Throws the `SQLError` of the read, such as `.corrupt` or
    /// `.unavailable`.
    package static func channel(of id: Int64, _ session: any SQLSession) async throws(SQLError) -> String? {
        let rows = try await session.query("SELECT channel FROM alert_rules WHERE id = $1", [.integer(id)])
        return rows.first.flatMap { try? $0.text(0) }
    }
}
