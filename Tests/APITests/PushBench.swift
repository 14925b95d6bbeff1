import API
import Base
import Domain
import HTTPCheck
import HTTPServer
import PushCheck
import Results
import Runtime
import SQL
import TestSupport
import Testing

@testable import Push

/// The API with a stopped watch, and one push monitor.
struct PushBench {
    let app: TestApplication
    let time = Shared(Timestamp(milliseconds: 1_795_000_000_000))
    let watch: PushWatch<ManualClock>
    let store: FailingResults
    let token: String
    let id: MonitorID
    private let shutdown = GracefulShutdown()
    private let running: Task<Void, any Error>

    init(_ settings: JSONObject = JSONObject()) async throws {
        let made = Shared<(PushWatch<ManualClock>, FailingResults)?>(nil)
        let time = time
        app = try await TestApplication(kinds: CheckKinds([HTTPKind.self, PushKind.self])) { dependencies in
            let store = FailingResults(dependencies.results)
            let watch = PushWatch(
                broker: dependencies.broker,
                monitors: dependencies.monitors,
                statuses: dependencies.statuses,
                results: store,
                zones: dependencies.zones,
                logger: dependencies.logger,
                clock: ManualClock(),
                now: { time.value }
            )
            dependencies.push = watch
            dependencies.now = { time.value }
            made.change { $0 = (watch, store) }
        }
        let (watch, store) = try #require(made.value)
        self.watch = watch
        self.store = store
        let shutdown = shutdown
        running = Task { try await watch.run(until: shutdown) }
        await eventually { await watch.isLoaded }
        var body = JSONObject([("kind", "push"), ("name", "nightly")])
        for (name, value) in settings.members { body[name] = value }
        let created = await app.send(.post, "/api/v1/monitors", .object(body))
        #expect(created.status == 201, "\(created)")
        token = try #require(created.json["token"]?.stringValue)
        id = MonitorID(rawValue: try #require(created.json["id"]?.integerValue))
        #expect(created.json["target"] == .string("push/\(token)"))
        // The watch was not notified: it finds the change itself.
        pass(.seconds(1))
    }

    func pass(_ duration: Duration) { time.change { $0 = $0 + duration } }
    var results: [CheckResult] { app.broker.results }
    var last: Outcome? { results.last?.outcome }
    func stop() async throws {
        shutdown.trigger()
        try await running.value
    }
}
