import Base
import Broker
import Domain
import HTTPCheck
import Messages
import Pipeline
import Runtime
import SQL
import SQLite
import Scheduling
import Storage
import TestSupport
import Testing

/// Checks outside of their slots on a broker that is far away.
@Suite(.timeLimit(.minutes(10))) struct SchedulerEarlyChecksTests {
    @Test("checks that are wanted while others are being published go together")
    func earlyChecksShareTheWay() async throws {
        let registry = MetricsRegistry()
        let database = try await SQLiteDatabase.open(path: ":memory:")
        _ = try await Migrator(database: database, migrations: StorageSchema.migrations).up()
        let monitors = MonitorRepository(
            database: database,
            settings: CheckSettingsColumn(kinds: CheckKinds([HTTPKind.self]), seal: nil)
        )
        let inner = InProcessBroker(metrics: registry)
        let jobs = try await inner.consume(Topics.checkJobs(in: .local), group: "workers", redelivery: .seconds(60))
        let broker = HeldBroker(inner)
        let shutdown = GracefulShutdown()
        let scheduler = Scheduler(
            broker: broker,
            monitors: monitors,
            metrics: PipelineMetrics(registry),
            health: Health(),
            logger: Logger(label: "test", handler: SilentLogHandler()),
            clock: ManualClock()
        )
        let running = Task { try await scheduler.run(until: shutdown) }
        await eventually { await scheduler.isLoaded }
        var ids: Set<MonitorID> = []
        for number in 0..<500 {
            let draft = MonitorDraft(
                name: "m\(number)",
                spec: CheckSpec.http("http://m\(number)/"),
                interval: .seconds(3600),
                isActive: true
            )
            let monitor = try await monitors.insert(draft, now: .now)
            ids.insert(monitor.id)
            await inner.broadcast(.changed(monitor), on: Topics.monitorEvents)
        }
        // The first is on its way; the others are taken up, although it has not arrived.
        await eventually { await scheduler.monitorCount == 500 }
        #expect(broker.held == 1)
        await eventually {
            broker.letGo(); return broker.messages >= 500
        }
        #expect(broker.calls < 10)
        broker.end()
        shutdown.trigger()
        try await running.value
        let reading = Task { await jobs.receive(upTo: 1000).messages }
        reading.cancel()
        #expect(await Set(reading.value.map(\.monitorID)) == ids)
    }
}

/// A broker that takes what is published only when it is told to.
private final class HeldBroker: ForwardingBroker {
    private struct State {
        var waiting: [CheckedContinuation<Void, Never>] = []
        var isEnded = false
        var calls = 0
        var messages = 0
    }
    let inner: any Broker
    private let state = Locked(State())

    init(_ inner: any Broker) { self.inner = inner }

    var held: Int { state.withLock { $0.waiting.count } }
    var calls: Int { state.withLock { $0.calls } }
    var messages: Int { state.withLock { $0.messages } }

    func letGo() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.resume() }
    }

    /// Takes all from now on.
    func end() {
        state.withLock { $0.isEnded = true }
        letGo()
    }

    func publish<Message: Sendable>(_ messages: [Message], to topic: Topic<Message>) async throws(BrokerError) {
        await withCheckedContinuation { waiter in
            let waits = state.withLock { state in
                if !state.isEnded { state.waiting.append(waiter) }
                return !state.isEnded
            }
            if !waits { waiter.resume() }
        }
        try await inner.publish(messages, to: topic)
        state.withLock { state in
            state.calls += 1
            state.messages += messages.count
        }
    }
}
