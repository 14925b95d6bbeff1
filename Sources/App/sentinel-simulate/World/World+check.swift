import Base
import Domain
import Pipeline
import Results
import SQL
import SQLiteResults
import Storage

/// What must be true whenever everything has recovered.
extension World {
    /// Returns what is wrong; checks only what happened since the last time, where that is enough.
    func check() async throws -> [String] {
        // What is due now may still be under way.
        let until = Simulator.shared.wall - .seconds(300)
        var wrong = unfinished()
        let stored = SQLiteResults(database: database)
        var missing: [Journal.Slot] = []
        for monitor in steady + [toggled.monitor] {
            let window = ResultWindow(from: accounts.checkedUntil, to: until)
            let history = try await stored.history(monitor.id, in: window, limit: 1_000_000)
            missing += missingSlots(of: monitor, history, until: until)
            wrong += strangers(of: monitor, history, until: until)
        }
        wrong += unexplained(missing)
        accounts.checkedUntil = until
        wrong += try await states()
        wrong += try await notifications()
        return wrong
    }

    private func unfinished() -> [String] {
        var wrong: [String] = []
        let text = registry.prometheusText()
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let isQueue =
                line.hasPrefix("sentinel_queue_depth{topic=\"monitoring-results")
                || line.hasPrefix("sentinel_broker_dead_letters_total")
                || line.hasPrefix("sentinel_broker_dropped_total")
            if isQueue, !line.hasSuffix(" 0") { wrong.append("after everything has recovered: \(line)") }
        }
        return wrong
    }

    // MARK: Slots

    /// Slots without a result that nobody has counted as not made.
    private func unexplained(_ missing: [Journal.Slot]) -> [String] {
        let all = everyone.map(\.metrics)
        let missed = all.reduce(0) { $0 + Int($1.missed.value) } - journal.refusals
        let skipped = all.reduce(0) { $0 + $1.allSkipped }
        defer { (accounts.missed, accounts.skipped) = (missed, skipped) }
        let silent = missing.filter { !journal.refused.contains($0) }
        let lost = silent.filter { journal.offered.contains($0) }
        let never = silent.filter { !journal.offered.contains($0) }
        func words(_ slots: [Journal.Slot], _ what: String, _ count: Int) -> [String] {
            guard slots.count > count else { return [] }
            let list = slots.prefix(5).map { "monitor \($0.monitor) at \($0.due)" }.joined(separator: ", ")
            return ["\(slots.count) slots were \(what), \(count) counted: \(list)"]
        }
        return everyone.flatMap(forgotten) + words(never, "not scheduled", missed - accounts.missed)
            + words(lost, "scheduled and not checked", skipped - accounts.skipped)
    }

    /// A worker acknowledges the jobs of which it has published the result, or that it has counted as not made.
    private func forgotten(by process: SimulatedProcess) -> [String] {
        let node = process.node
        let count = node.acknowledged.count - node.published.count - process.metrics.allSkipped
        return count > 0 ? ["\(node.name) has acknowledged \(count) jobs without a result"] : []
    }

    private func missingSlots(of monitor: Monitor, _ history: [CheckResult], until: Timestamp) -> [Journal.Slot] {
        let rule = SlotRule(id: monitor.id, interval: monitor.interval)
        let found = Set(history.map(\.scheduledAt))
        var missing: [Journal.Slot] = []
        var slot = rule.next(atOrAfter: accounts.checkedUntil)
        while slot < until {
            let isWanted =
                monitor.id != toggled.monitor.id
                || toggled.isActive(around: slot, before: .seconds(180), after: .seconds(60)) == true
                    // A pause in which nobody scheduled hides what was due before it.
                    && !leaderless.contains { $0.from - .seconds(60) <= slot && slot <= $0.to }
            let due = Journal.Slot(monitor: monitor.id, due: slot)
            if isWanted, !found.contains(slot), !journal.unkept.contains(due) { missing.append(due) }
            slot = rule.next(atOrAfter: slot + .milliseconds(1))
        }
        return missing
    }

    // MARK: Results

    /// Results that are stored twice, that nobody published, or of a paused monitor; published ones that are missing.
    private func strangers(of monitor: Monitor, _ history: [CheckResult], until: Timestamp) -> [String] {
        var wrong: [String] = []
        var published: [Timestamp: Set<Bool>] = [:]
        let from = accounts.checkedUntil
        for result in journal.results[monitor.id] ?? [] where result.scheduledAt >= from && result.scheduledAt < until {
            published[result.scheduledAt, default: []].insert(result.outcome.isSuccess)
        }
        var found: Set<Timestamp> = []
        for result in history {
            let what = "the result of monitor \(monitor.id) at \(result.scheduledAt)"
            if !found.insert(result.scheduledAt).inserted { wrong.append(what + " is stored twice") }
            if published[result.scheduledAt]?.contains(result.outcome.isSuccess) != true {
                wrong.append(what + " is not as it was published")
            }
            guard monitor.id == toggled.monitor.id else { continue }
            if toggled.isActive(around: result.scheduledAt, before: .seconds(300), after: .seconds(660)) == false {
                wrong.append(what + " is of a time in which the monitor was paused")
            }
        }
        for time in published.keys.sorted() where !found.contains(time) {
            if journal.unkept.contains(.init(monitor: monitor.id, due: time)) { continue }
            wrong.append("the result of monitor \(monitor.id) at \(time) was published and is not stored")
        }
        return Array(wrong.prefix(5))
    }

    // MARK: States and incidents

    private func states() async throws -> [String] {
        var wrong: [String] = []
        let rows = try await database.query("SELECT monitor_id, state, opened_at FROM incidents ORDER BY id")
        var incidents: [Int64: (opened: [Timestamp], ended: Int)] = [:]
        for row in rows {
            let id = try row.integer(0)
            incidents[id, default: ([], 0)].opened.append(try row.time(2))
            if try row.text(1) == "resolved" { incidents[id]?.ended += 1 }
        }
        for monitor in steady {
            let expected = accounts.replay(
                journal.results[monitor.id] ?? [],
                from: journal.unheard[monitor.id] ?? 0,
                of: monitor
            )
            guard let status = try await StatusRepository(database: database).status(monitor.id) else {
                wrong.append("monitor \(monitor.id) has no state")
                continue
            }
            let verdict = try MonitorVerdict(status.state, scheduledAt: status.scheduledAt, stored: status.verdict)
            if !verdict.remembers(theSameAs: expected.verdict) {
                wrong.append(
                    "monitor \(monitor.id) is \(status.state.rawValue), and by its results \(expected.verdict.state.rawValue)"
                )
            }
            let found = incidents[monitor.id.rawValue] ?? ([], 0)
            guard found.opened.count != expected.opened.count || found.ended != expected.closed else { continue }
            let others = found.opened.filter { !expected.opened.contains($0) }.map { "\($0)" }
            let lacking = expected.opened.filter { !found.opened.contains($0) }.map { "\($0)" }
            wrong.append(
                """
                monitor \(monitor.id) has \(found.opened.count) incidents, \(found.ended) of them over, and by its \
                results \(expected.opened.count) and \(expected.closed); without a reason: \
                \(others.joined(separator: " ")); lacking: \(lacking.joined(separator: " "))
                """
            )
        }
        return wrong
    }

    // MARK: Notifications

    private func notifications() async throws -> [String] {
        var wrong: [String] = []
        for news in receiver.keys.keys.sorted(by: {
            ($0.incident, $0.event.rawValue) < ($1.incident, $1.event.rawValue)
        }) {
            guard let keys = receiver.keys[news], keys.count > 1 else { continue }
            wrong.append("incident \(news.incident) was sent as \(news.event.rawValue) \(keys.count) times")
        }
        let waiting = try await database.query("SELECT incident_id, event FROM outbox_items WHERE state <> 'told'")
        for row in waiting { wrong.append("incident \(try row.integer(0)) waits to be sent as \(try row.text(1))") }
        let rows = try await database.query(
            "SELECT id, state FROM incidents WHERE id > $1",
            [.integer(accounts.lastEnded)]
        )
        var running = Int64.max
        for row in rows {
            let (id, isOver) = (try row.integer(0), try row.text(1) == "resolved")
            if !isOver { running = min(running, id) }
            let hasBegun = receiver.keys[.init(incident: id, event: .firing)] != nil
            let hasEnded = receiver.keys[.init(incident: id, event: .resolved)] != nil
            if !isOver, !hasBegun { wrong.append("incident \(id) runs, and nobody was notified") }
            // An incident that was over before it could be sent is not sent at all.
            if isOver, hasBegun != hasEnded {
                wrong.append("incident \(id) is over; its \(hasBegun ? "end" : "beginning") was not sent")
            }
        }
        accounts.lastEnded =
            running == .max ? try rows.map { try $0.integer(0) }.max() ?? accounts.lastEnded : running - 1
        return Array(wrong.prefix(10))
    }
}

extension PipelineMetrics {
    /// How many checks the worker counted as not made.
    fileprivate var allSkipped: Int { SkipReason.allCases.reduce(0) { $0 + Int(skipped($1).value) } }
}
