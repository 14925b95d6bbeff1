import Results
import API
import Alerting
import Base
import Domain
import HTTPServer
import PromQL
import SQL
import Storage
import Testing

/// Previews of settings and rules over the API.
@Suite struct PreviewContractTests {
    static let path = "/api/v1/alerts/rules/preview"
    static let now = Timestamp(milliseconds: 1_790_000_000_000)

    /// An application with a fixed clock and monitors whose checks are given by letters, a minute apart, the last one a
    /// minute ago.
    static func application(
        _ histories: [String] = [],
        prometheus: RuleServices.Prometheus? = nil
    ) async throws -> TestApplication {
        let app = try await TestApplication { dependencies in
            dependencies.now = { now }
            dependencies.rules?.prometheus = prometheus
        }
        _ = await app.send(.post, "/api/v1/servers/", ServerContractTests.body)
        for (index, letters) in histories.enumerated() {
            let body: JSONValue = [
                "name": .string("Shop \(index + 1)"), "url": .string("http://127.0.0.1:9/\(index)"),
                "tags": index == 0 ? ["first"] : [],
            ]
            _ = await app.send(.post, "/api/v1/monitors", body)
            _ = try await app.results.append(results(letters, of: MonitorID(rawValue: Int64(index + 1))))
        }
        return app
    }

    static func results(_ letters: String, of monitor: MonitorID) -> [CheckResult] {
        letters.enumerated().map { index, letter in
            let due = now - .seconds(60 * (letters.count - index))
            var outcome = Outcome(latency: letter == "s" ? .milliseconds(900) : .milliseconds(20))
            if letter == "x" { outcome.failure = .init(.httpStatus, in: .assertion, "status 500") }
            return CheckResult(monitorID: monitor, region: .local, scheduledAt: due, checkedAt: due, outcome: outcome)
        }
    }

    static func minutesAgo(_ minutes: Int) -> JSONValue { .string("\(now - .seconds(60 * minutes))") }

    // MARK: Monitors

    @Test func damagedMonitorIsLeftOutAndTheOthersAreReplayed() async throws {
        let app = try await Self.application(["...x...xx...", "....x......."])
        _ = try await app.database.execute("UPDATE monitors SET interval_seconds = 0 WHERE id = 1")
        let answer = try await app.ask(.post, Self.path, ["alerting": ["retries": 0], "monitors": [1, 2]])
        #expect(answer.status == 200, "\(answer)")
        #expect(answer.json["totals"]?["monitors"] == 1)
        #expect(try await app.ask(.post, Self.path, ["alerting": [:], "monitors": [1, 9]]).status == 422)
    }

    @Test func settingsAreReplayedOverThePast() async throws {
        let app = try await Self.application(["...x...xx...", "............"])
        let answer = try await app.ask(.post, Self.path, ["alerting": ["retries": 0]])
        #expect(answer.status == 200, "\(answer)")
        let json = answer.json
        #expect(json["from"] == .string("\(Self.now - PreviewWindow.standard)") && json["to"] == Self.minutesAgo(0))
        #expect(json["truncated"] == false)
        #expect(json["totals"]?["monitors"] == 2 && json["totals"]?["checks"] == 24)
        #expect(json["totals"]?["current"] == ["incidents": 1, "notifications": 1, "down_seconds": 60])
        #expect(json["totals"]?["proposed"] == ["incidents": 2, "notifications": 2, "down_seconds": 180])
        let shop = json["monitors"]?.arrayValue?.first
        #expect(shop?["id"] == 1 && shop?["name"] == "Shop 1" && shop?["checks"] == 12)
        #expect(
            shop?["current"]?["incidents"] == [
                [
                    "started_at": Self.minutesAgo(4), "ended_at": Self.minutesAgo(3), "duration_seconds": 60,
                    "failed_checks": 2, "reason": "http_status", "reopenings": 0,
                    "degraded": false,
                ]
            ]
        )
        #expect(shop?["proposed"]?["incidents"]?.arrayValue?.map { $0["failed_checks"] } == [1, 2])
        #expect(json["monitors"]?.arrayValue?.last?["proposed"]?["count"] == 0)
        #expect(try await app.count("incidents") == 0, "nothing is written")
    }

    @Test func answerSaysThatOfflineRegionsAreNotReplayed() async throws {
        let app = try await Self.application(["x.", "x."])
        func leftOut(_ settings: JSONValue) async throws -> JSONValue? {
            try await app.ask(.post, Self.path, ["alerting": settings, "monitors": [1, 2]]).json["left_out"]
        }
        #expect(try await leftOut([:]) == .null)
        #expect(try await leftOut(["regions": ["a", "b"]])?.stringValue?.contains("offline") == true)
        _ = await app.send(.patch, "/api/v1/monitors/2", ["regions": ["a", "b", "c"]])
        #expect(try await leftOut([:])?.stringValue?.contains("offline") == true)
    }

    @Test func missingSettingsAreTheMonitorsOwn() async throws {
        let app = try await Self.application(["..ss.sss.xx", "xxxx"])
        _ = await app.send(.patch, "/api/v1/monitors/1", ["retries": 3, "settle_time": 600])
        let same = try await app.ask(.post, Self.path, ["alerting": [:], "monitors": [1]]).json
        #expect(same["totals"]?["current"] == same["totals"]?["proposed"])
        #expect(same["totals"]?["current"]?["incidents"] == 0)
        var settings = JSONObject([("retries", 1), ("degraded_above", 0.5)])
        func preview() async throws -> JSONValue {
            try await app.ask(.post, Self.path, ["alerting": .object(settings), "monitors": [1, 1, 2]]).json
        }
        let slow = try await preview()["monitors"]?.arrayValue?.first?["proposed"]?["incidents"]?.arrayValue
        #expect(slow?.count == 1 && slow?.first?["reopenings"] == 2 && slow?.first?["degraded"] == false)
        settings["alert_on_degraded"] = false
        let json = try await preview()
        #expect(json["monitors"]?.arrayValue?.map { $0["id"] } == [1, 2])
        let open = json["monitors"]?.arrayValue?.first?["proposed"]?["incidents"]?.arrayValue?.first
        #expect(
            open?["ended_at"] == .null && open?["duration_seconds"] == 60 && open?["started_at"] == Self.minutesAgo(1)
        )
    }

    @Test func monitorsAreSelectedLikeInTheirList() async throws {
        let app = try await Self.application(["x.", "x.", "x."])
        _ = await app.send(.patch, "/api/v1/monitors/2", ["enabled": false])
        func chosen(_ members: KeyValuePairs<String, JSONValue>) async throws -> [JSONValue] {
            var body = JSONObject([("alerting", [:])])
            for (name, value) in members { body[name] = value }
            let json = try await app.ask(.post, Self.path, .object(body)).json
            return json["monitors"]?.arrayValue?.compactMap { $0["id"] } ?? []
        }
        #expect(try await chosen([:]) == [1, 3])
        #expect(try await chosen(["tag": "First"]) == [1])
        #expect(try await chosen(["q": "shop 3"]) == [3])
        #expect(try await chosen(["tag": "none"]) == [])
        #expect(try await chosen(["monitors": [2]]) == [2], "who names one means it")
    }

    @Test func previewPeriodIsBounded() async throws {
        let app = try await Self.application([".x.x.x.x"])
        func checks(_ members: KeyValuePairs<String, JSONValue>) async throws -> JSONValue? {
            var body = JSONObject([("alerting", [:])])
            for (name, value) in members { body[name] = value }
            return try await app.ask(.post, Self.path, .object(body)).json["totals"]?["checks"]
        }
        #expect(try await checks(["from": Self.minutesAgo(4)]) == 4)
        #expect(try await checks(["from": Self.minutesAgo(4), "to": Self.minutesAgo(2)]) == 2)
        #expect(try await checks(["from": Self.minutesAgo(4), "to": Self.minutesAgo(-60)]) == 4)
        #expect(try await checks(["to": Self.minutesAgo(2)]) == 6)
    }

    @Test func longListsAreCutButFullyCounted() async throws {
        let flapping = String(repeating: "x.", count: 150)
        let app = try await Self.application(Array(repeating: flapping, count: 12))
        let json = try await app.ask(.post, Self.path, ["alerting": ["retries": 0]]).json
        #expect(json["truncated"] == true && json["totals"]?["proposed"]?["incidents"] == 1800)
        let listed = json["monitors"]?.arrayValue?.map { $0["proposed"]?["incidents"]?.arrayValue?.count ?? -1 } ?? []
        #expect(listed == Array(repeating: 100, count: 10) + [0, 0])
        #expect(json["monitors"]?.arrayValue?.allSatisfy { $0["proposed"]?["count"] == 150 } == true)
    }

    // MARK: What is refused

    private static let rule: JSONValue = RuleContractTests.with([
        "source": "sentinel", "promql": "checks(5m)", "server_id": .null,
    ])

    @Test(
        arguments: [
            ([:], "missing body.alerting"), (["monitors": [1]], "missing body.alerting"),
            (["alerting": [:], "rule": rule], "value_error body.rule"),
            (["rule": rule, "monitors": [1]], "value_error body.monitors"),
            (["rule": rule, "tag": "a"], "value_error body.tag"),
            (["alerting": [:], "monitors": []], "too_short body.monitors"),
            (["alerting": [:], "monitors": [0]], "greater_than_equal body.monitors.0"),
            (["alerting": [:], "monitors": [1, 7]], "value_error body.monitors.1"),
            (["alerting": [:], "monitors": .array((1...1001).map { .integer($0) })], "too_long body.monitors"),
            (["alerting": [:], "monitors": [1], "q": "a"], "value_error body.q"),
            (["alerting": ["retries": 21]], "less_than_equal body.alerting.retries"),
            (["alerting": ["retry": 1]], "extra_forbidden body.alerting.retry"),
            (
                ["alerting": ["failure_window": ["failures": 3, "checks": 2]]],
                "value_error body.alerting.failure_window.failures"
            ),
            (["alerting": [:], "from": "yesterday"], "datetime_parsing body.from"),
            (["alerting": [:], "from": minutesAgo(5), "to": minutesAgo(5)], "value_error body.from"),
            (["alerting": [:], "from": minutesAgo(-5)], "value_error body.from"),
            (["alerting": [:], "from": minutesAgo(93 * 1440)], "value_error body.from"),
            (["rule": [:]], "missing body.rule.name"),
            (["rule": RuleContractTests.with(["promql": "sum(up"])], "value_error body.rule.promql"),
            (["rule": RuleContractTests.with(["source": "sentinel"])], "value_error body.rule.promql"),
            (["rule": RuleContractTests.body], "value_error body.rule.source"),
            (["rule": RuleContractTests.with(["server_id": .null])], "value_error body.rule.server_id"),
        ] as [(JSONValue, String)]
    ) func whatCannotBeIsRefusedWithItsPlace(_ body: JSONValue, _ fault: String) async throws {
        let app = try await Self.application(["."])
        let answer = try await app.ask(.post, Self.path, body)
        #expect(answer.status == 422 && answer.faults.first == fault, "\(answer)")
    }

    @Test func expensivePreviewsAreRefusedUpFront() async throws {
        let app = try await Self.application(Array(repeating: "", count: 64))
        for number in 1...64 { _ = await app.send(.patch, "/api/v1/monitors/\(number)", ["interval": 10]) }
        let long: JSONValue = ["alerting": [:], "from": Self.minutesAgo(92 * 1440)]
        let answer = try await app.ask(.post, Self.path, long)
        #expect(answer.status == 422 && answer.faults == ["value_error body.from"], "\(answer)")
        #expect(answer.text.contains("some 50872320 results are in this time"), "\(answer)")
        #expect(try await app.ask(.post, Self.path, ["alerting": [:]]).status == 200)
    }

    @Test func invalidRulesGetTheErrorsOfSaving() async throws {
        let app = try await Self.application()
        let comparison = try await app.ask(.post, Self.path, ["rule": RuleContractTests.with(["comparison": "=>"])])
        #expect(comparison.status == 400)
        let server = try await app.ask(.post, Self.path, ["rule": RuleContractTests.with(["server_id": 9])])
        #expect(server.status == 404 && server.json["detail"] == "Server not found")
        #expect(await app.send(.get, Self.path).status == 405, "only POST is answered there")
    }

    // MARK: Rules

    @Test func ruleOnOwnResultsIsReplayed() async throws {
        let app = try await Self.application(["....ss....", "..........", ".xx......."])
        let slow = RuleContractTests.with([
            "source": "sentinel", "promql": "latency_max(1m)", "server_id": .null, "threshold": 500,
            "repeat_interval_sec": 60,
        ])
        let json = try await app.ask(.post, Self.path, ["rule": slow, "from": Self.minutesAgo(10)]).json
        #expect(json["step_seconds"] == 60 && json["evaluations"] == 11 && json["truncated"] == false, "\(json)")
        #expect(
            json["totals"] == ["series": 3, "firing_series": 1, "alerts": 1, "reminders": 1, "firing_seconds": 120]
        )
        let series = json["series"]?.arrayValue?.first
        #expect(series?["series"] == #"{monitor="1",name="Shop 1"}"#)
        #expect(series?["labels"] == ["monitor": "1", "name": "Shop 1"] && series?["count"] == 1)
        #expect(
            series?["alerts"] == [
                [
                    "started_at": Self.minutesAgo(6), "ended_at": Self.minutesAgo(4), "duration_seconds": 120,
                    "peak": 900, "reminders": 1,
                ]
            ]
        )
        let failing = RuleContractTests.with([
            "source": "sentinel", "promql": "success_ratio(2m){monitor=\"3\"}", "server_id": .null, "threshold": 0.6,
            "comparison": "<", "for_seconds": 60, "interval_seconds": 30,
        ])
        let ratio = try await app.ask(.post, Self.path, ["rule": failing, "from": Self.minutesAgo(10)]).json
        #expect(ratio["step_seconds"] == 30 && ratio["evaluations"] == 21)
        // From nine minutes ago on half fail, or all do; that lasts until the last of them is two minutes old.
        let alert = ratio["series"]?.arrayValue?.first?["alerts"]?.arrayValue?.first
        #expect(alert?["started_at"] == Self.minutesAgo(8) && alert?["ended_at"] == Self.minutesAgo(6), "\(ratio)")
        #expect(alert?["peak"] == 0)
    }

    @Test func certificatesArePreviewed() async throws {
        let app = try await Self.application(["...."])
        var result = Self.results(".", of: MonitorID(rawValue: 1))[0]
        result.scheduledAt = Self.now - .seconds(30)
        result.outcome.certificate = CertificateFacts(
            subject: "CN=a",
            issuer: "CN=b",
            sans: [],
            notBefore: Self.now,
            notAfter: Self.now + .seconds(3 * 86_400),
            sha256: "00",
            valid: true,
            problem: nil,
            chain: []
        )
        _ = try await app.results.append([result])
        let rule = RuleContractTests.with([
            "source": "sentinel", "promql": "certificate_days", "server_id": .null, "threshold": 7, "comparison": "<",
        ])
        let json = try await app.ask(.post, Self.path, ["rule": rule, "from": Self.minutesAgo(5)]).json
        let alert = json["series"]?.arrayValue?.first?["alerts"]?.arrayValue?.first
        #expect(alert?["started_at"] == Self.minutesAgo(0) && alert?["peak"]?.doubleValue == 3, "\(json)")
    }

    private static func prometheus(_ range: @escaping RulePreview.Range) -> RuleServices.Prometheus {
        RuleServices.Prometheus(summary: { _, _ in ServerSummary() }, fault: { _ in nil }, range: range)
    }

    @Test func ruleOnPrometheusQueriesThePast() async throws {
        let asked = Shared<[(String, PreviewGrid)]>([])
        let app = try await Self.application(
            prometheus: Self.prometheus { query, grid throws(QueryError) in
                asked.change { $0.append((query, grid)) }
                var timeSeries = TimeSeries(.empty, count: grid.count)
                for index in 0..<grid.count { timeSeries[index] = index % 100 < 10 ? 90 : 10 }
                return [timeSeries]
            }
        )
        let json = try await app.ask(.post, Self.path, ["rule": RuleContractTests.body]).json
        let (query, grid) = try #require(asked.value.first)
        #expect(query == "100 - avg(up)" && grid.step == .seconds(240) && grid.count == 10_801)
        #expect(json["step_seconds"] == 240 && json["evaluations"] == 10_801, "\(json)")
        #expect(json["totals"]?["alerts"] == 109 && json["truncated"] == true)
        #expect(json["series"]?.arrayValue?.first?["alerts"]?.arrayValue?.count == 100)
        let short = try await app.ask(.post, Self.path, ["rule": RuleContractTests.body, "from": Self.minutesAgo(60)])
            .json
        #expect(short["step_seconds"] == 60 && short["totals"]?["alerts"] == 1)
    }

    @Test(
        arguments: [
            (.badQuery("1:3: parse error", nil), 422, "body.rule.promql"), (.tooLarge("much"), 422, "body.rule.promql"),
            (.unreachable("refused"), 503, "refused"), (.timeout, 503, "timed out"), (.unauthorized, 503, "authorized"),
        ] as [(QueryError, Int, String)]
    ) func failedQueriesAreNotEmptyPreviews(_ failure: QueryError, _ status: Int, _ words: String) async throws {
        let app = try await Self.application(
            prometheus: Self.prometheus { _, _ throws(QueryError) in throw failure }
        )
        let answer = try await app.ask(.post, Self.path, ["rule": RuleContractTests.body])
        #expect(answer.status == status, "\(answer)")
        #expect(status == 422 ? answer.faults == ["value_error \(words)"] : answer.text.contains(words), "\(answer)")
        #expect((answer.headers["Retry-After"] != nil) == (status == 503))
    }

    // MARK: One at a time

    @Test func concurrentPreviewIsRefused() async throws {
        let (inside, outside) = (Shared(false), Shared(false))
        let app = try await Self.application(
            ["."],
            prometheus: Self.prometheus { _, _ throws(QueryError) in
                inside.change { $0 = true }
                while !outside.value { await Task.yield() }
                return []
            }
        )
        async let first = app.send(.post, Self.path, ["rule": RuleContractTests.body])
        while !inside.value { await Task.yield() }
        let second = try await app.ask(.post, Self.path, ["alerting": [:]])
        #expect(second.status == 429 && second.headers["Retry-After"] == "2", "\(second)")
        outside.change { $0 = true }
        #expect(await first.status == 200)
        #expect(try await app.ask(.post, Self.path, ["alerting": [:]]).status == 200)
    }
}
