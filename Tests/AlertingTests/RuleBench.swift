import Messages
import Base
import Broker
import Domain
import Pipeline
import Runtime
import SQL
import Storage
import TestSupport
import Testing

@testable import Alerting

/// A Prometheus whose answers the test sets, and which counts its queries.
final class ScriptedPrometheus: Sendable {
    private struct State {
        var answers: [String: QueryResult] = [:]
        var asked = 0
        var running: [String: Int] = [:]
        var most = 0
        var mostOfOne = 0
    }
    private let state = Locked(State())
    private let gate = Locked<GracefulShutdown?>(nil)

    var asked: Int { state.withLock { $0.asked } }
    /// The most concurrent queries, in all and of one query.
    var most: (all: Int, ofOne: Int) { state.withLock { ($0.most, $0.mostOfOne) } }

    func answer(_ query: String, _ result: QueryResult) { state.withLock { $0.answers[query] = result } }
    /// Queries wait until the gate is triggered.
    func hold(_ gate: GracefulShutdown?) { self.gate.withLock { $0 = gate } }

    func ask(_ query: String) async -> QueryResult {
        state.withLock { state in
            state.asked += 1
            state.running[query, default: 0] += 1
            state.most = max(state.most, state.running.values.reduce(0, +))
            state.mostOfOne = max(state.mostOfOne, state.running[query] ?? 0)
        }
        if let gate = gate.withLock({ $0 }) { await gate.wait() }
        return state.withLock { state in
            state.running[query, default: 1] -= 1
            return state.answers[query] ?? .vector([])
        }
    }
}

/// An evaluator over an alerting bench, with a clock that only the test moves.
struct RuleBench {
    let base: AlertingBench
    let clock = ManualClock()
    let prometheus = ScriptedPrometheus()
    let health = Health()
    let registry = MetricsRegistry()
    let servers: ServerRepository
    let rules: AlertRuleRepository
    let events: AlertEventRepository
    let editor: RuleEditor
    let evaluator: RuleEvaluator<ManualClock>
    private let shutdown = GracefulShutdown()
    private let running: Task<Void, any Error>

    /// `evaluating` is the evaluator's database, for one that fails.
    init(
        _ database: (any Database)? = nil,
        evaluating: (any Database)? = nil,
        hasPrometheus: Bool = true
    ) async throws {
        base = try await AlertingBench(database)
        let base = base
        servers = ServerRepository(database: base.database)
        rules = AlertRuleRepository(database: base.database)
        events = AlertEventRepository(database: base.database)
        let (broker, sender, prometheus) = (base.broker, base.sender, prometheus)
        editor = RuleEditor(
            servers: servers,
            rules: rules,
            planner: base.planner,
            changed: { await broker.broadcast($0, on: Topics.ruleEvents) },
            wake: { _ in sender.wake() }
        )
        var sources = RuleSources(own: OwnMetricReader(monitors: base.monitors, results: base.results))
        if hasPrometheus { sources.prometheus = { await prometheus.ask($0) } }
        sources.prometheusURL = "http://prometheus.test"
        let wall = base.wall
        evaluator = RuleEvaluator(
            broker: broker,
            rules: rules,
            writer: RuleWriter(database: evaluating ?? base.database, planner: base.planner),
            sources: sources,
            health: health,
            metrics: RuleMetrics(registry),
            logger: Logger(label: "test", handler: SilentLogHandler()),
            clock: clock,
            now: { wall.now },
            wake: { _ in sender.wake() }
        )
        let (evaluator, shutdown, clock) = (evaluator, shutdown, clock)
        running = Task { try await evaluator.run(until: shutdown) }
        await eventually { clock.sleeperCount == 1 }
    }

    func stop() async throws {
        shutdown.trigger()
        try await running.value
        try await base.stop()
    }

    static let query = "cpu"

    static func series(_ instance: String) -> SeriesKey { SeriesKey([.init("instance", instance)]) ?? .empty }

    /// One value for each series, by instance.
    static func values(_ values: KeyValuePairs<String, Double>) -> QueryResult {
        .vector(values.map { Sample(series($0.key), $0.value) })
    }

    /// A rule `cpu > 80` of the server `web-1`, evaluated once with a value below.
    @discardableResult
    func add(
        _ threshold: ThresholdRule? = nil,
        name: String = "CPU",
        query: String = RuleBench.query,
        _ change: (inout AlertRule) -> Void = { _ in }
    ) async throws -> AlertRule {
        let server = try await servers.insert(
            MonitoredServer(
                id: ServerID(rawValue: 0),
                name: "web-1",
                jobName: "node",
                instance: "a",
                createdAt: base.wall.now
            )
        )
        var draft = AlertRule(
            id: AlertRuleID(rawValue: 0),
            name: name,
            serverID: server.id,
            metricName: "cpu_usage_percent",
            query: query,
            threshold: try threshold ?? ThresholdRule(.greater, 80),
            createdAt: base.wall.now
        )
        change(&draft)
        prometheus.answer(query, Self.values(["a": 1]))
        let rule = try await editor.insert(draft).rule
        await settle(rule)
        return rule
    }

    /// Waits until a new rule was evaluated.
    private func settle(_ rule: AlertRule) async {
        await eventually {
            guard await evaluator.isIdle, let stored = await evaluator.stored(rule.id) else { return false }
            return stored.health.state != .pending
        }
    }

    /// Lets a minute pass and gives the rule this result.
    func see(_ result: QueryResult, _ rule: AlertRule) async throws {
        prometheus.answer(rule.query, result)
        await pass(.seconds(60))
        try await base.drain()
    }

    /// Lets time pass, and waits until every slot in it was evaluated.
    func pass(_ duration: Duration) async {
        await eventually { clock.sleeperCount == 1 }
        base.advance(by: duration)
        clock.advance(by: duration)
        await eventually { clock.sleeperCount == 1 }
        await eventually { await evaluator.isIdle }
    }

    /// `status value series`, oldest first.
    func eventLog() async throws -> [String] {
        try await events.list(limit: 1000).reversed().map { event in
            "\(event.status) \(event.value.map { "\($0)" } ?? "null") \(event.series)"
        }
    }

    func health(of rule: AlertRule) async throws -> RuleHealth? { try await rules.rule(rule.id)?.health }
}

/// A database whose transactions run and are then rolled back, as if the process had been killed before committing.
final class KilledDatabase: ForwardingDatabase {
    let inner: any Database
    private let isKilling = Locked(false)

    init(_ inner: any Database) { self.inner = inner }

    func kill(_ isKilling: Bool) { self.isKilling.withLock { $0 = isKilling } }

    func attempt<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        let kills = isKilling.withLock { $0 }
        return try await inner.attempt { session throws(SQLError) in
            let value = try await body(session)
            if kills { throw .programming("killed") }
            return value
        }
    }
    func close() async { await inner.close() }
}
