import Results
import Base
import Broker
import Domain
import Runtime
import SQL
import SQLite
import Storage
import TestSupport
import Testing

@testable import Alerting

/// From query results to incidents, events and notifications.
@Suite(.timeLimit(.minutes(10))) struct RuleEvaluatorTests {
    private func values(_ values: KeyValuePairs<String, Double>) -> QueryResult { RuleBench.values(values) }

    @Test func alertsAndTheirEndsAreNotifiedOnce() async throws {
        let bench = try await RuleBench()
        try await bench.base.addChannel("ops")
        let rule = try await bench.add()
        for value in [10, 93.2, 95, 12] { try await bench.see(values(["a": value]), rule) }
        await eventually { bench.base.receiver.log.count == 2 }
        #expect(bench.base.receiver.log == ["ops firing CPU (web-1)", "ops resolved CPU (web-1)"])
        #expect(bench.base.receiver.items[0].text == "cpu_usage_percent{instance=\"a\"} = 93.2 > 80")
        #expect(bench.base.receiver.items[0].labels == [.init("series.instance", "a")])
        #expect(try await bench.eventLog() == ["triggered 93.2 {instance=\"a\"}", "resolved 12.0 {instance=\"a\"}"])
        let incident = try #require(try await bench.base.incidentList().first)
        #expect(incident.kind == .rule && incident.ruleID == rule.id.rawValue && incident.part == "{instance=\"a\"}")
        #expect(incident.target == "cpu" && incident.severity == .warning && incident.resolution == "recovered")
        #expect(try await bench.events.list(limit: 10).allSatisfy { $0.incidentID == incident.id })
        #expect(try await bench.health(of: rule)?.state == .ok)
        #expect(bench.registry.prometheusText().contains("sentinel_rule_evaluations_total{outcome=\"ok\"} 5"))
        try await bench.stop()
    }

    @Test func eachSeriesHasItsOwnAlert() async throws {
        let bench = try await RuleBench()
        let rule = try await bench.add()
        try await bench.see(values(["a": 90, "b": 91, "c": 1]), rule)
        #expect(bench.registry.prometheusText().contains("sentinel_rule_series_firing 2\n"))
        try await bench.see(values(["a": 90, "b": 2, "c": 92]), rule)
        #expect(
            try await bench.base.incidentList().map { "\($0.part) \($0.state)" }
                == ["{instance=\"a\"} open", "{instance=\"b\"} resolved", "{instance=\"c\"} open"]
        )
        try await bench.see(values(["c": 92]), rule)
        #expect(try await bench.base.incidentList().first?.state == .open, "missing once is no end")
        try await bench.see(values(["c": 92]), rule)
        #expect(try await bench.base.incidentList().first?.resolution == "vanished")
        try await bench.stop()
    }

    @Test func restartForgetsAndRepeatsNothing() async throws {
        let first = try await RuleBench()
        try await first.base.addChannel("ops")
        let rule = try await first.add(try ThresholdRule(.greater, 80, hold: .seconds(120)))
        try await first.see(values(["a": 90]), rule)
        let began = first.base.wall.now
        try await first.stop()

        let second = try await RuleBench(first.base.database)
        second.base.wall.advance(by: first.base.wall.now - second.base.wall.now)
        for _ in 0..<2 { try await second.see(values(["a": 91]), rule) }
        #expect(try await second.base.incidentList().count == 1)
        #expect(
            try await second.rules.rule(rule.id)?.machine.firingSince(RuleBench.series("a")).map { $0 <= began } == true
        )
        await eventually { second.base.receiver.log.count == 1 }
        try await second.stop()

        let third = try await RuleBench(first.base.database)
        third.base.wall.advance(by: second.base.wall.now - third.base.wall.now)
        for value in [92.0, 93, 1] { try await third.see(values(["a": value]), rule) }
        await eventually { !third.base.receiver.log.isEmpty }
        #expect(third.base.receiver.log == ["ops resolved CPU (web-1)"])
        #expect(try await third.eventLog().count == 2)
        try await third.stop()
    }

    @Test func killBeforeCommitLeavesNoPartialState() async throws {
        let bench = try await RuleBench()
        try await bench.base.addChannel("ops")
        let rule = try await bench.add()
        try await bench.stop()

        let killed = KilledDatabase(bench.base.database)
        let second = try await RuleBench(bench.base.database, evaluating: killed)
        second.base.wall.advance(by: bench.base.wall.now - second.base.wall.now)
        killed.kill(true)
        try await second.see(values(["a": 90]), rule)
        #expect(try await second.base.incidentList().isEmpty)
        #expect(try await second.eventLog().isEmpty)
        #expect(try await second.rules.rule(rule.id)?.machine.firing.isEmpty == true)
        killed.kill(false)
        try await second.see(values(["a": 91]), rule)
        try await second.see(values(["a": 92]), rule)
        await eventually { second.base.receiver.log.count == 1 }
        #expect(second.base.receiver.log == ["ops firing CPU (web-1)"])
        #expect(try await second.eventLog() == ["triggered 91.0 {instance=\"a\"}"])
        try await second.stop()
    }

    @Test func remindersGoToNotifiedChannelsUntilAcknowledged() async throws {
        let bench = try await RuleBench()
        try await bench.base.addChannel("ops")
        let rule = try await bench.add(try ThresholdRule(.greater, 80, repeatInterval: .seconds(120)))
        for value in [90.0, 91, 92] { try await bench.see(values(["a": value]), rule) }
        await eventually { bench.base.receiver.log.count == 2 }
        #expect(bench.base.receiver.log == ["ops firing CPU (web-1)", "ops reminder CPU (web-1)"])
        #expect(bench.base.receiver.items[1].text.contains("= 92 > 80"))
        let incident = try #require(try await bench.base.incidentList().first)
        _ = try await bench.base.incidents.change(incident.id) { incident, store, _ throws(SQLError) in
            var incident = incident
            incident.state = .acknowledged
            try await store.update(incident)
        }
        for value in [93.0, 94, 95] { try await bench.see(values(["a": value]), rule) }
        #expect(try await bench.eventLog().count == 3, "the event is written all the same")
        #expect(bench.base.receiver.log.count == 2)
        try await bench.stop()
    }

    @Test func missingDataAlertsIfTheRuleSaysSo() async throws {
        let bench = try await RuleBench()
        try await bench.base.addChannel("ops")
        let rule = try await bench.add(try ThresholdRule(.greater, 80, noData: .alert))
        try await bench.see(values(["a": 90]), rule)
        try await bench.see(.vector([]), rule)
        #expect(try await bench.health(of: rule)?.state == .noData)
        #expect(try await bench.base.incidentList().map(\.part) == ["{instance=\"a\"}", ""])
        #expect(try await bench.base.incidentList().map(\.state) == [.open, .open], "what fires goes on")
        try await bench.see(values(["a": 1]), rule)
        #expect(
            try await bench.eventLog()
                == [
                    "triggered 90.0 {instance=\"a\"}", "triggered null ", "resolved 1.0 {instance=\"a\"}",
                    "resolved null ",
                ]
        )
        try await bench.stop()
    }

    @Test func nanAndInfinityDisturbNoOtherSeries() async throws {
        let bench = try await RuleBench()
        let rule = try await bench.add()
        try await bench.see(values(["a": .infinity, "b": .nan, "c": 99]), rule)
        #expect(try await bench.eventLog() == ["triggered null {instance=\"a\"}", "triggered 99.0 {instance=\"c\"}"])
        #expect(try await bench.base.incidentList().first?.message == "cpu_usage_percent{instance=\"a\"} = inf > 80")
        #expect(try await bench.health(of: rule)?.state == .notANumber)
        try await bench.stop()
    }

    @Test func failedQueriesAreReportedAndEndNoAlert() async throws {
        let bench = try await RuleBench()
        try await bench.base.addChannel("ops")
        let rule = try await bench.add()
        try await bench.see(values(["a": 90]), rule)
        for (index, failure) in [QueryError.timeout, .unreachable("refused"), .unreachable("refused")].enumerated() {
            try await bench.see(.failed(failure), rule)
            #expect(try await bench.base.incidentList().count == (index < 2 ? 1 : 2))
        }
        let health = try #require(try await bench.health(of: rule))
        #expect(health.state == .unreachable && health.message == "unreachable: refused")
        #expect(health.since == bench.base.wall.now - .seconds(60))
        #expect(bench.health.snapshot.first?.component == "prometheus" && !bench.health.isHealthy)
        let incidents = try await bench.base.incidentList()
        #expect(incidents.map(\.state) == [.open, .open], "an answer that is missing resolves nothing")
        #expect(incidents[1].kind == .connectivity && incidents[1].subject == "Prometheus")
        #expect(incidents[1].target == "http://prometheus.test")
        try await bench.see(.failed(.unreachable("refused")), rule)
        try await bench.see(values(["a": 91]), rule)
        #expect(try await bench.base.incidentList().map(\.state) == [.open, .resolved])
        #expect(bench.health.isHealthy)
        try await bench.see(.failed(.badQuery("parse error", nil)), rule)
        #expect(try await bench.health(of: rule)?.state == .badQuery)
        await eventually { bench.base.receiver.log.count == 3 }
        #expect(
            bench.base.receiver.log
                == ["ops firing CPU (web-1)", "ops firing Prometheus", "ops resolved Prometheus"]
        )
        try await bench.stop()
    }

    @Test func prometheusIncidentEndsWhenNoRuleQueriesIt() async throws {
        let bench = try await RuleBench()
        let rule = try await bench.add()
        for _ in 0..<3 { try await bench.see(.failed(.timeout), rule) }
        #expect(try await bench.base.incidentList().map(\.subject) == ["Prometheus"])
        #expect(try await bench.editor.delete(rule.id, at: bench.base.wall.now))
        #expect(try await eventually { try await bench.base.incidentList().map(\.state) == [.resolved] })
        #expect(bench.health.isHealthy)
        try await bench.stop()
    }

    @Test func unreadableRuleDoesNotStopTheOthers() async throws {
        let database = try await SQLiteDatabase.open(path: ":memory:")
        let bench = try await RuleBench(database)
        _ = try await bench.add(name: "Bad")
        let good = try await bench.add(name: "Good", query: "good")
        try await bench.stop()
        _ = try await database.execute("UPDATE alert_rules SET settings = '{' WHERE name = 'Bad'", [])
        let second = try await RuleBench(database)
        #expect(await eventually { await second.evaluator.count == 1 })
        #expect(await second.evaluator.stored(good.id) != nil)
        try await second.stop()
    }

    @Test func tooManySeriesAreReported() async throws {
        let bench = try await RuleBench()
        let rule = try await bench.add(try ThresholdRule(.greater, 80, maximumSeries: 2))
        try await bench.see(values(["a": 90, "b": 90, "c": 90]), rule)
        #expect(try await bench.base.incidentList().count == 2)
        let health = try #require(try await bench.health(of: rule))
        #expect(health.state == .overflow && health.message == "more than 2 series; no more are looked at")
        try await bench.stop()
    }

    @Test func ruleReportsMissingPrometheus() async throws {
        let bench = try await RuleBench(hasPrometheus: false)
        let rule = try await bench.add()
        #expect(try await bench.health(of: rule)?.state == .noPrometheus)
        #expect(bench.prometheus.asked == 0)
        try await bench.stop()
    }

    @Test(arguments: ["pause", "query", "delete", "server paused", "server deleted", "threshold"])
    func changedPausedOrDeletedRuleEndsItsIncidents(_ how: String) async throws {
        let bench = try await RuleBench()
        try await bench.base.addChannel("ops")
        let rule = try await bench.add()
        try await bench.see(values(["a": 90]), rule)
        await eventually { bench.base.receiver.log.count == 1 }
        let (now, server) = (bench.base.wall.now, try #require(rule.serverID))
        var changed = rule
        switch how {
        case "pause": changed.isActive = false
        case "query": changed.query = "other"
        case "threshold": changed.threshold = try ThresholdRule(.greater, 85)
        default: break
        }
        switch how {
        case "delete": #expect(try await bench.editor.delete(rule.id, at: now))
        case "server paused": _ = try await bench.editor.change(server, at: now) { $0.isActive = false }
        case "server deleted": #expect(try await bench.editor.delete(server, at: now))
        default: _ = try await bench.editor.update(changed, at: now)
        }
        let isKept = how == "threshold"
        let incident = try #require(try await bench.base.incidentList().first)
        #expect(incident.state == (isKept ? .open : .resolved))
        let resolutions = ["query": "rule_changed", "pause": "paused", "server paused": "paused"]
        #expect(incident.resolution == (isKept ? nil : resolutions[how] ?? "deleted"))
        let isGone = how.hasSuffix("deleted") || how == "delete"
        #expect(try await bench.events.list(limit: 10).count == (isGone ? 0 : isKept ? 1 : 2))
        #expect((try await bench.rules.rule(rule.id) == nil) == isGone)
        await eventually { bench.base.receiver.log.count == (isKept ? 1 : 2) }
        let isEvaluated = isKept || how == "query"
        await eventually { await bench.evaluator.count == (isEvaluated ? 1 : 0) }
        #expect(await bench.evaluator.count == (isEvaluated ? 1 : 0))
        try await bench.stop()
    }

    @Test func staleRevisionConflicts() async throws {
        let bench = try await RuleBench()
        let rule = try await bench.add()
        var changed = rule
        changed.name = "New"
        _ = try await bench.editor.update(changed, at: bench.base.wall.now)
        await #expect(throws: StorageError.conflict) { try await bench.editor.update(changed, at: bench.base.wall.now) }
        try await bench.stop()
    }

    @Test func rulesUseTheirChannel() async throws {
        let bench = try await RuleBench()
        try await bench.base.addChannel("ops")
        try await bench.base.addChannel("chat", kind: "telegram") { $0.isDefault = false }
        let (first, second) = (
            try await bench.add(), try await bench.add(name: "Disk", query: "disk") { $0.channel = "mail" }
        )
        bench.prometheus.answer(second.query, values(["a": 90]))
        try await bench.see(values(["a": 90]), first)
        await eventually { bench.base.receiver.log.count == 2 }
        #expect(Set(bench.base.receiver.log) == ["chat firing CPU (web-1)", "ops firing Disk (web-1)"])
        try await bench.stop()
    }

    @Test func rulesNeverOverlapThemselvesAndSixteenRunAtOnce() async throws {
        let bench = try await RuleBench()
        for index in 0..<40 { try await bench.add(name: "R\(index)", query: "q\(index)") }
        let (gate, before) = (GracefulShutdown(), bench.prometheus.asked)
        bench.prometheus.hold(gate)
        for _ in 0..<3 {
            await eventually { bench.clock.sleeperCount == 1 }
            bench.base.advance(by: .seconds(60))
            bench.clock.advance(by: .seconds(60))
        }
        await eventually { bench.clock.sleeperCount == 1 }
        await eventually { bench.prometheus.asked == before + 16 }
        #expect(bench.registry.prometheusText().contains("sentinel_rule_missed_slots_total 80\n"))
        bench.prometheus.hold(nil)
        gate.trigger()
        await eventually { await bench.evaluator.isIdle }
        #expect(bench.prometheus.asked == before + 40)
        #expect(bench.prometheus.most.all == 16 && bench.prometheus.most.ofOne == 1)
        try await bench.stop()
    }

    @Test func rulesEvaluateOwnResults() async throws {
        let bench = try await RuleBench(hasPrometheus: false)
        let monitor = try await bench.base.add("shop", tags: ["web"]) { $0.rule.retries = 20 }
        let rule = try await bench.add(try ThresholdRule(.less, 0.5), query: "success_ratio(5m){tag=\"web\"}") {
            ($0.source, $0.serverID) = (.sentinel, nil)
        }
        #expect(try await bench.health(of: rule)?.state == .noData)
        _ = try await bench.base.results.append([bench.base.result(monitor, up: false)])
        await bench.pass(.seconds(60))
        let incident = try #require(try await bench.base.incidentList().first)
        #expect(incident.message == "cpu_usage_percent{monitor=\"1\",name=\"shop\"} = 0 < 0.5")
        for _ in 0..<2 {
            bench.base.wall.advance(by: .seconds(1))
            _ = try await bench.base.results.append([bench.base.result(monitor, up: true)])
        }
        await bench.pass(.seconds(60))
        #expect(try await bench.base.incidentList().first?.state == .resolved)
        try await bench.stop()
    }

    @Test func oldEventsArePurged() async throws {
        let bench = try await RuleBench()
        let rule = try await bench.add()
        for value in [90.0, 1, 90, 1] { try await bench.see(values(["a": value]), rule) }
        let middle = try #require(try await bench.events.list(limit: 10).dropFirst().first).createdAt
        #expect(try await bench.events.purge(before: middle, limit: 1) == 1)
        #expect(try await bench.events.purge(before: middle, limit: 10) == 1)
        #expect(try await bench.events.purge(before: middle, limit: 10) == 0)
        #expect(try await bench.eventLog().count == 2)
        try await bench.stop()
    }
}
