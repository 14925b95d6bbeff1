package import Base
package import Domain
import SQL
package import Storage

/// Changes and deletes rules and servers.
///
/// Incidents of a rule that is no longer evaluated end in the same transaction.
package struct RuleEditor: Sendable {
    package let servers: ServerRepository
    package let rules: AlertRuleRepository
    private let planner: NotificationPlanner
    /// Called after each change, so that the evaluator reads the rule again.
    private let changed: @Sendable (RuleEvent) async -> Void
    /// Called with incidents that ended.
    private let wake: @Sendable ([IncidentChange]) -> Void

    package init(
        servers: ServerRepository,
        rules: AlertRuleRepository,
        planner: NotificationPlanner,
        changed: @escaping @Sendable (RuleEvent) async -> Void,
        wake: @escaping @Sendable ([IncidentChange]) -> Void = { _ in }
    ) {
        (self.servers, self.rules, self.planner) = (servers, rules, planner)
        (self.changed, self.wake) = (changed, wake)
    }

    /// Stores a new rule.
    ///
    /// Throws `.notFound` when its server is gone, and `.database` when the database cannot be written.
    package func insert(_ draft: AlertRule) async throws(StorageError) -> StoredRule {
        let stored = try await rules.insert(draft)
        await changed(.rule(stored.rule.id))
        return stored
    }

    /// Writes a rule that was read at a revision.
    ///
    /// Throws `.notFound` when it or its server is gone, `.conflict` when it was changed since,
    /// `.unreadable` when its row cannot be read, and `.database` when the database cannot be written.
    package func update(_ rule: AlertRule, at now: Timestamp) async throws(StorageError) -> StoredRule {
        let (outcome, changes) = try await transaction { session throws(SQLError) -> (Outcome, [IncidentChange]) in
            guard var stored = try await AlertRuleRepository.read(rule.id, session) else { return (.missing, []) }
            if let server = rule.serverID, try await !ServerRepository.exists(server, session) { return (.missing, []) }
            guard stored.rule.revision == rule.revision else { return (.conflict, []) }
            let old = stored.rule
            stored.rule = rule
            stored.rule.revision += 1
            var changes: [IncidentChange] = []
            if !rule.isActive || !rule.asks(theSameAs: old) {
                changes =
                    rule.isActive
                    ? try await end(old, "rule_changed", "The rule asks for something else now", at: now, session)
                    : try await end(old, "paused", "The rule was paused", at: now, session)
                _ = stored.machine.ruleChanged()
                stored.health = RuleHealth(.pending, since: now)
            }
            try await AlertRuleRepository.update(stored, session)
            try await planner.plan(changes, session)
            return (.done(stored), changes)
        }
        switch outcome {
        case .missing: throw .notFound
        case .conflict: throw .conflict
        case .done(let stored):
            await notify([rule.id], changes)
            return stored
        }
    }

    /// Writes a rule over a row that cannot be read, and ends what ran on its behalf; nil when there is no such row.
    ///
    /// Throws `.database` when the database cannot be written; nothing is changed then.
    package func replaceUnreadable(_ new: AlertRule, at now: Timestamp) async throws(StorageError) -> StoredRule? {
        let result = try await transaction { session throws(SQLError) -> (StoredRule, [IncidentChange])? in
            guard let old = try await AlertRuleRepository.ending(new.id, session) else { return nil }
            var stored = StoredRule(rule: new, health: RuleHealth(.pending, since: now))
            // Higher than what changes one by one can have come to, so that what was found for the old one is void.
            stored.rule.revision = now.milliseconds
            let changes = try await end(old, "rule_changed", "The rule was replaced", at: now, session)
            try await AlertRuleRepository.update(stored, session)
            try await planner.plan(changes, session)
            return (stored, changes)
        }
        guard let (stored, changes) = result else { return nil }
        await notify([new.id], changes)
        return stored
    }

    /// Deletes a rule with its events; false when there is none.
    ///
    /// Throws `.database` when the database cannot be written; nothing is changed then.
    package func delete(_ id: AlertRuleID, at now: Timestamp) async throws(StorageError) -> Bool {
        let (existed, changes) = try await transaction { session throws(SQLError) -> (Bool, [IncidentChange]) in
            guard let rule = try await AlertRuleRepository.ending(id, session) else { return (false, []) }
            let changes = try await end(rule, "deleted", "The rule was deleted", at: now, session)
            try await planner.plan(changes, session)
            return (try await AlertRuleRepository.delete(id, session), changes)
        }
        if existed { await notify([id], changes) }
        return existed
    }

    /// Changes a server, and gives it as it is then; nil when there is none.
    ///
    /// Rules of it that cannot be read stay as they are, and their incidents end when it is paused. Throws
    /// `.unreadable` when its row cannot be read, and `.database` when the database cannot be written. Nothing is changed
    /// then.
    package func change(
        _ id: ServerID,
        at now: Timestamp,
        _ change: @Sendable (inout MonitoredServer) -> Void
    ) async throws(StorageError) -> MonitoredServer? {
        try await write(id, at: now) { session throws(SQLError) in
            try await ServerRepository.read(id, session)
        } _: { old in
            var server = old
            change(&server)
            return server
        }
    }

    /// Writes a server over the one of its number, keeping only when that was created; nil when there is none.
    ///
    /// The row need not be readable: who replaces it need not know what it was. Throws `.database` when the database
    /// cannot be written. Nothing is changed then.
    package func replace(_ new: MonitoredServer, at now: Timestamp) async throws(StorageError) -> MonitoredServer? {
        try await write(new.id, at: now) { session throws(SQLError) in
            do throws(SQLError) { return try await ServerRepository.read(new.id, session) } catch {
                guard case .unreadable = error else { throw error }
                // It may have been active: its rules' incidents end when it is paused.
                var old = new
                old.isActive = true
                return old
            }
        } _: { old in
            var server = new
            server.createdAt = old.createdAt
            return server
        }
    }

    private func write(
        _ id: ServerID,
        at now: Timestamp,
        _ read: @Sendable (any SQLSession) async throws(SQLError) -> MonitoredServer?,
        _ change: @Sendable (MonitoredServer) -> MonitoredServer
    ) async throws(StorageError) -> MonitoredServer? {
        let result = try await transaction {
            session throws(SQLError) -> (MonitoredServer, [AlertRuleID], [IncidentChange])? in
            guard let old = try await read(session) else { return nil }
            let server = change(old)
            try await ServerRepository.update(server, session)
            let ids = try await AlertRuleRepository.rules(of: server.id, session)
            var changes: [IncidentChange] = []
            if old.isActive, !server.isActive {
                for id in ids { changes += try await pause(id, at: now, session) }
                try await planner.plan(changes, session)
            }
            return (server, ids, changes)
        }
        guard let (server, ids, changes) = result else { return nil }
        await changed(.server(id))
        await notify(ids, changes)
        return server
    }

    /// Deletes a server with its rules and their events; false when there is none.
    ///
    /// Throws `.database` when the database cannot be written; nothing is changed then.
    package func delete(_ id: ServerID, at now: Timestamp) async throws(StorageError) -> Bool {
        let result = try await transaction { session throws(SQLError) -> ([AlertRuleID], [IncidentChange])? in
            guard try await ServerRepository.exists(id, session) else { return nil }
            let ids = try await AlertRuleRepository.rules(of: id, session)
            var changes: [IncidentChange] = []
            for id in ids {
                guard let rule = try await AlertRuleRepository.ending(id, session) else { continue }
                changes += try await end(rule, "deleted", "The server was deleted", at: now, session)
            }
            try await planner.plan(changes, session)
            _ = try await ServerRepository.delete(id, session)
            return (ids, changes)
        }
        guard let (ids, changes) = result else { return false }
        await changed(.server(id))
        await notify(ids, changes)
        return true
    }

    private enum Outcome: Sendable { case missing, conflict, done(StoredRule) }

    /// Ends the incidents of a rule whose server is paused; a rule that cannot be read is not evaluated anyway.
    private func pause(
        _ id: AlertRuleID,
        at now: Timestamp,
        _ session: any SQLSession
    ) async throws(SQLError) -> [IncidentChange] {
        guard let rule = try await AlertRuleRepository.ending(id, session) else { return [] }
        let changes = try await end(rule, "paused", "The server was paused", at: now, session)
        let stored: StoredRule?
        do throws(SQLError) { stored = try await AlertRuleRepository.read(id, session) } catch {
            guard case .unreadable = error else { throw error }
            return changes
        }
        guard var stored else { return changes }
        _ = stored.machine.ruleChanged()
        stored.rule.revision += 1
        stored.health = RuleHealth(.pending, since: now)
        try await AlertRuleRepository.update(stored, session)
        return changes
    }

    /// Ends a rule's incidents and stores that as its events.
    private func end(
        _ rule: AlertRule,
        _ resolution: String,
        _ sentence: String,
        at now: Timestamp,
        _ session: any SQLSession
    ) async throws(SQLError) -> [IncidentChange] {
        var writing = RuleWriting(session: session, rule: rule, serverName: nil, now: now)
        try await writing.endAll(resolution, sentence)
        try await AlertEventRepository.add(writing.events, session)
        return writing.changes
    }

    private func notify(_ ids: [AlertRuleID], _ changes: [IncidentChange]) async {
        for id in ids { await changed(.rule(id)) }
        if !changes.isEmpty { wake(changes) }
    }

    private func transaction<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(StorageError) -> R {
        do throws(SQLError) { return try await rules.database.transaction(body) } catch { throw StorageError(error) }
    }
}
