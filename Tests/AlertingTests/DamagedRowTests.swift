import Base
import Broker
import Domain
import Messages
import SQL
import Results
import Storage
import TestSupport
import Testing

@testable import Alerting

/// A damaged value of one monitor, incident, channel or message does not stop the notifications of others.
@Suite(.timeLimit(.minutes(10))) struct DamagedRowTests {
    /// A table, the condition for the row to damage, and the columns that are left alone: what they say of the row,
    /// such as whose it is, is said of another one then.
    struct Case: Sendable, CustomTestStringConvertible {
        let table: String
        let condition: String
        var testDescription: String { table }
    }

    private static let cases = [
        Case(table: "incidents", condition: "id = 1"), Case(table: "incident_events", condition: "incident_id = 1"),
        Case(table: "outbox_items", condition: "incident_id = 1"), Case(table: "notifications", condition: "id = 1"),
        Case(table: "policies", condition: "name = 'damaged'"), Case(table: "channels", condition: "name = 'damaged'"),
        Case(table: "silences", condition: "id = 1"), Case(table: "monitors", condition: "id = 1"),
        Case(table: "monitor_status", condition: "monitor_id = 1"),
        Case(table: "monitor_dependencies", condition: "parent_id = 1"),
        Case(table: "observations", condition: "monitor_id = 1"),
    ]
    private static let values: [SQLValue] = [.text("x"), .integer(.max), .blob([0, 255]), .null]

    @Test(arguments: cases) func damageDoesNotStopOthers(_ damage: Case) async throws {
        let pattern = try await AlertingBench()
        let sql = "SELECT name FROM pragma_table_info('\(damage.table)') WHERE pk = 0"
        let columns = try await pattern.database.query(sql).map { row throws(SQLError) in try row.text(0) }
        try await pattern.stop()
        #expect(!columns.isEmpty || damage.table == "monitor_dependencies")
        for column in columns {
            for value in Self.values { try await others(damage, column, value) }
        }
    }

    /// A monitor is down and has a child; the child and a stranger go down and come back after the damage.
    private func others(_ damage: Case, _ column: String, _ value: SQLValue) async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let spare = try await bench.addChannel("damaged") { $0.isDefault = false }
        _ = try await bench.policies.insert(Policy(id: 0, name: "damaged", channels: [spare.id]).matching("tag=none"))
        _ = try await bench.silences.insert(
            Silence(
                id: 0,
                matchers: [try LabelMatcher("name=nobody")],
                startsAt: bench.wall.now,
                endsAt: bench.wall.now + .seconds(86_400),
                comment: ""
            )
        )
        let parent = try await bench.add("database")
        let child = try await bench.add("shop") { ($0.rule.retries, $0.dependsOn) = (0, [parent.id]) }
        let other = try await bench.add("other")
        for monitor in [parent, child, other] { try await bench.tell(monitor, ".") }
        try await bench.tell(parent, "x")
        try await bench.drain()
        let update = "UPDATE \(damage.table) SET \(column) = $1 WHERE \(damage.condition)"
        if (try? await bench.database.execute(update, [value])) != nil {
            let what: Comment = "\(damage.table).\(column) = \(value)"
            try await bench.tell(child, "x")
            try await bench.tell(other, "x")
            try #require(await heard("ops firing other", by: bench), what)
            try await bench.tell(other, ".")
            try #require(await heard("ops resolved other", by: bench), what)
            // The child is held by its parent's incident, or notified; when the parent is up it is by itself.
            try await bench.tell(parent, ".")
            bench.advance(by: .seconds(120))
            try await bench.tell(child, "x")
            try #require(await heard("ops firing shop", by: bench), what)
            try await bench.tell(child, ".")
            try #require(await heard("ops resolved shop", by: bench), what)
            #expect(bench.receiver.log.filter { $0 == "ops firing shop" }.count == 1, what)
        }
        try await bench.stop()
    }

    /// Whether a line is received; most are at once, so that a loss need not be waited for longer.
    private func heard(_ line: String, by bench: AlertingBench) async -> Bool {
        for _ in 0..<10_000 {
            if bench.receiver.log.contains(line) { return true }
            try? await Task.sleep(for: .milliseconds(2))
        }
        return false
    }

    @Test func damagedLeaseIsClaimedAnew() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, ".")
        _ = try await bench.database.execute("UPDATE leases SET token = 'x'")
        for _ in 0..<3 {
            bench.advance(by: .seconds(1))
            let result = bench.result(monitor, up: false)
            _ = try await bench.results.append([result])
            try await bench.broker.publish([result], to: Topics.results)
            await bench.judged(result)
        }
        await eventually { bench.receiver.log == ["ops firing shop"] }
        try await bench.stop()
    }

    @Test(arguments: ["event = 'x'", "content = 'x'", "group_interval = -1"])
    func damagedItemDoesNotHoldBackTheEnd(_ damage: String) async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await bench.add("shop") { ($0.rule.retries, $0.repeatInterval) = (0, .seconds(600)) }
        try await bench.tell(monitor, "x")
        await eventually { bench.receiver.log == ["ops firing shop"] }
        try await bench.drain()
        let count = try await bench.database.execute("UPDATE outbox_items SET \(damage) WHERE state = 'queued'")
        #expect(count == 1)
        bench.advance(by: .seconds(700))
        try await bench.tell(monitor, ".")
        await eventually { bench.receiver.log == ["ops firing shop", "ops resolved shop"] }
        try await bench.stop()
    }

    @Test func damagedMessageDoesNotHoldBackTheEnd() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        bench.receiver.answer("ops") { _ in .retry(reason: "away", after: nil) }
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, "x")
        await bench.tried(1)
        try await bench.stop()
        _ = try await bench.database.execute("UPDATE notifications SET message = 'x'")
        let second = try await AlertingBench(bench.database, wall: bench.wall)
        try await second.tell(monitor, ".")
        await eventually { second.receiver.log == ["ops resolved shop"] }
        try await second.stop()
    }

    @Test func damagedIncidentEndsAndIsNotified() async throws {
        let bench = try await AlertingBench()
        try await bench.addChannel("ops")
        let monitor = try await bench.add("shop")
        try await bench.tell(monitor, "x")
        await eventually { bench.receiver.log == ["ops firing shop"] }
        _ = try await bench.database.execute("UPDATE incidents SET opened_at = 'x', severity = 'purple', failures = -1")
        try await bench.tell(monitor, ".")
        await eventually { bench.receiver.log.count == 2 }
        #expect(bench.receiver.log.last == "ops resolved shop")
        let rows = try await bench.database.query("SELECT state, severity FROM incidents")
        #expect(try rows[0].text(0) == "resolved" && rows[0].text(1) == "critical")
        #expect(bench.database.rowFaults.summary.counts["incidents"] == 1, "what cannot be repaired is still reported")
        try await bench.tell(monitor, "x")
        await eventually { bench.receiver.log.count == 3 }
        try await bench.stop()
    }
}

extension Policy {
    fileprivate func matching(_ matcher: String) throws -> Policy {
        var policy = self
        policy.matchers = [try LabelMatcher(matcher)]
        return policy
    }
}
