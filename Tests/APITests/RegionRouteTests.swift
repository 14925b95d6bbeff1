import API
import Base
import Domain
import HTTPServer
import Pipeline
import PushCheck
import Results
import Storage
import TestSupport
import Testing

/// Monitors that several regions check, as the API shows them.
@Suite struct RegionRouteTests {
    private static let now = Timestamp(milliseconds: 1_795_000_000_000)

    private func application(_ configure: (inout APIDependencies) -> Void = { _ in }) async throws -> TestApplication {
        try await TestApplication {
            $0.regions = RegionDirectory(beside: $0.monitors, standard: .local)
            $0.now = { Self.now }
            $0.presence = RegionListener(since: Self.now)
            configure(&$0)
        }
    }

    private func store(_ app: TestApplication, _ region: UInt16, secondsAgo: Int64, isUp: Bool) async throws {
        var outcome = Outcome(latency: .milliseconds(5))
        if !isUp { outcome.failure = .init(.connectRefused, in: .connect, "Connection refused") }
        let due = Self.now - .seconds(secondsAgo)
        let result = CheckResult(
            monitorID: MonitorID(rawValue: 1),
            region: RegionID(rawValue: region),
            scheduledAt: due,
            checkedAt: due,
            outcome: outcome
        )
        _ = try await app.results.append([result])
    }

    @Test func aMonitorShowsWhatEachRegionSees() async throws {
        let app = try await application()
        let body = BadInputTests.body([("regions", ["local", "eu", "eu"]), ("quorum", "50%"), ("min_fresh", 2)])
        let created = await app.send(.post, "/api/v1/monitors", body)
        #expect(created.status == 201, "\(created)")
        #expect(created.json["regions"] == ["local", "eu"] && created.json["quorum"] == "50%")
        #expect(created.json["min_fresh"] == 2)
        try await store(app, 0, secondsAgo: 5, isUp: true)
        // The name local has a number too, which is not used while it is the default region.
        try await store(app, 2, secondsAgo: 1000, isUp: false)
        let shown = await app.send(.get, "/api/v1/monitors/1")
        let states = shown.json["region_states"]?.arrayValue ?? []
        #expect(states.map { $0["region"] } == ["local", "eu"], "\(shown)")
        #expect(states.map { $0["is_fresh"] } == [true, false])
        #expect(states.first?["last_check"]?["is_success"] == true)
        // A list has what the alerter has written down, without results.
        let listed = await app.send(.get, "/api/v1/monitors").json.arrayValue?.first?["region_states"]?.arrayValue ?? []
        #expect(listed.map { $0["region"] } == ["local", "eu"])
        #expect(listed.allSatisfy { $0["state"] == "unknown" && $0["since"] == .null && $0["last_check"] == .null })
        // What is sent back means the same.
        let replaced = await app.send(.put, "/api/v1/monitors/1", shown.json)
        #expect(replaced.status == 200 && replaced.json["regions"] == ["local", "eu"], "\(replaced)")
        let history = await app.send(.get, "/api/v1/monitors/1/history").json.arrayValue ?? []
        #expect(history.map { $0["region"] } == ["local", "eu"])
        let ofOne = await app.send(.get, "/api/v1/monitors/1/history?region=eu").json.arrayValue ?? []
        #expect(ofOne.map { $0["region"] } == ["eu"])
        #expect(await app.send(.get, "/api/v1/monitors/1/history?region=mars").json == [])
    }

    @Test(
        arguments: [
            ("regions", ["EU"], "regions"), ("regions", [""], "regions"), ("regions", [1], "regions"),
            ("regions", "eu", "regions"), ("quorum", "0%", "quorum"), ("quorum", "101%", "quorum"),
            ("min_fresh", 0, "min_fresh"), ("min_fresh", 3, "min_fresh"),
        ] as [(String, JSONValue, String)]
    )
    func wrongRegionsAreRefused(_ name: String, _ value: JSONValue, _ place: String) async throws {
        let app = try await application()
        var body: [(String, JSONValue)] = [(name, value)]
        if name != "regions" { body.append(("regions", ["local", "eu"])) }
        let answer = await app.send(.post, "/api/v1/monitors", BadInputTests.body(body))
        #expect(answer.status == 422 && answer.faults.allSatisfy { $0.contains("body.\(place)") }, "\(answer)")
    }

    @Test func tooManyRegionsAreRefused() async throws {
        let app = try await application()
        let regions = (1...21).map { JSONValue.string("region-\($0)") }
        let answer = await app.send(.post, "/api/v1/monitors", BadInputTests.body([("regions", .array(regions))]))
        #expect(answer.status == 422, "\(answer)")
    }

    @Test func aCheckIsRequestedInARegionOfTheMonitor() async throws {
        let app = try await application()
        _ = await app.send(.post, "/api/v1/monitors", BadInputTests.body([("regions", ["eu", "local"])]))
        #expect(await app.send(.post, "/api/v1/monitors/1/check").status == 200)
        #expect(app.broker.jobs.last?.region.name.rawValue == "eu")
        let foreign = await app.send(.post, "/api/v1/monitors/1/check?region=us")
        #expect(foreign.faults == ["value_error query.region"], "\(foreign)")
        #expect(await app.send(.post, "/api/v1/monitors/1/check?region=US").status == 422)
        // Half a minute later it would be known that nobody serves the region; the default one takes jobs in any case.
        let later = try await application { $0.now = { Self.now + .seconds(60) } }
        _ = await later.send(.post, "/api/v1/monitors", BadInputTests.body([("regions", ["eu", "local"])]))
        let refused = await later.send(.post, "/api/v1/monitors/1/check")
        #expect(refused.status == 503 && refused.headers["Retry-After"] == "30", "\(refused)")
        #expect(await later.send(.post, "/api/v1/monitors/1/check?region=local").status == 200)
        #expect(later.broker.jobs.map(\.region) == [.local])
    }
}
