import API
import Base
import Domain
import HTTPServer
import PromQL
import SQL
import Storage
import Testing

/// Rows 19 and 20 of the contract.
@Suite struct RuleContractTests {
    static let body: JSONValue = [
        "name": "CPU", "server_id": 1, "metric_name": "cpu_usage_percent", "promql": "100 - avg(up)",
        "threshold": 80.0, "comparison": ">",
    ]
    static let path = "/api/v1/alerts/rules/"

    static func with(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        guard case .object(var object) = body else { return body }
        for (name, value) in members { object[name] = value }
        return .object(object)
    }

    private func application() async throws -> TestApplication {
        let app = try await TestApplication()
        _ = await app.send(.post, "/api/v1/servers/", ServerContractTests.body)
        return app
    }

    @Test func rulesAreCreatedChangedAndDeleted() async throws {
        let app = try await application()
        let created = await app.send(.post, Self.path, Self.body)
        #expect(created.status == 201, "\(created)")
        guard case .object(let object) = created.json else { return #expect(Bool(false)) }
        #expect(
            object.members.map(\.key) == [
                "id", "name", "server_id", "metric_name", "promql", "threshold", "comparison", "repeat_interval_sec",
                "is_active", "channel", "source", "for_seconds", "keep_firing_seconds", "no_data", "severity",
                "interval_seconds", "max_series", "health", "firing", "created_at",
            ]
        )
        #expect(object["repeat_interval_sec"] == 300 && object["is_active"] == true && object["channel"] == "telegram")
        #expect(
            object["threshold"]?.doubleValue == 80 && object["comparison"] == ">" && object["source"] == "prometheus"
        )
        #expect(object["health"]?["state"] == "pending" && object["firing"] == [])
        #expect(await app.send(.get, Self.path).json == [created.json])
        #expect(await app.send(.get, "\(Self.path)1").json == created.json)
        #expect(await app.send(.get, "\(Self.path)?server_id=2").json == [])
        let changed = await app.send(.patch, "\(Self.path)1", ["threshold": 90, "comparison": "<=", "server_id": 1])
        #expect(changed.json["threshold"]?.doubleValue == 90 && changed.json["comparison"] == "<=", "\(changed)")
        #expect(changed.json["name"] == "CPU")
        let own = Self.with([
            "repeat_interval_sec": .null, "for_seconds": 60, "severity": "critical", "no_data": "alert",
        ])
        let replaced = await app.send(.put, "\(Self.path)1", own).json
        #expect(replaced["repeat_interval_sec"] == .null && replaced["for_seconds"] == 60)
        #expect(replaced["severity"] == "critical" && replaced["no_data"] == "alert" && replaced["comparison"] == ">")
        #expect(await app.send(.put, "\(Self.path)1", replaced).json == replaced, "an answer may be sent back")
        #expect(await app.send(.delete, "\(Self.path)1").status == 204)
        for (method, body) in [(Method.get, nil), (.patch, [:]), (.put, Self.body), (.delete, nil)]
            as [(Method, JSONValue?)]
        {
            let answer = await app.send(method, "\(Self.path)1", body)
            #expect(answer.status == 404 && answer.json["detail"] == "Alert rule not found", "\(method) \(answer)")
        }
    }

    @Test(arguments: [Method.patch, .put]) func membersOfANewerReleaseAreKept(method: Method) async throws {
        let app = try await application()
        let body: JSONValue = [
            "name": "slow", "metric_name": "p95", "promql": "latency_p95(5m)", "threshold": 800, "comparison": ">",
            "source": "sentinel", "channel": "slack", "for_seconds": 60,
        ]
        #expect(await app.send(.post, "/api/v1/alerts/rules/", body).status == 201)
        func stored() async throws -> JSONValue {
            let rows = try await app.database.query("SELECT settings FROM alert_rules WHERE id = 1")
            return try JSONValue(parsing: try #require(rows.first).text(0))
        }
        guard case .object(var settings) = try await stored() else { return #expect(Bool(false)) }
        settings["colour"] = "green"
        let text = JSONValue.object(settings).description
        _ = try await app.database.execute("UPDATE alert_rules SET settings = $1", [.text(text)])
        let changed = await app.send(method, "/api/v1/alerts/rules/1", body)
        #expect(changed.status == 200 && changed.json["for_seconds"] == 60, "\(changed)")
        #expect(try await stored()["colour"] == "green")
        #expect(try await stored()["hold_ms"] == 60_000)
    }

    @Test func damagedServerStillGetsRules() async throws {
        let app = try await application()
        #expect(await app.send(.post, Self.path, Self.body).status == 201)
        _ = try await app.database.execute("UPDATE servers SET name = x'00'")
        #expect(await app.send(.post, Self.path, Self.with(["name": "second"])).status == 201)
        let changed = await app.send(.patch, Self.path + "1", ["threshold": 70])
        #expect(changed.status == 200, "\(changed)")
    }

    @Test func serverWithADamagedRuleIsPaused() async throws {
        let app = try await application()
        for name in ["first", "second"] { _ = await app.send(.post, Self.path, Self.with(["name": .string(name)])) }
        _ = try await app.database.execute("UPDATE alert_rules SET settings = 'x' WHERE id = 1")
        let paused = await app.send(.patch, "/api/v1/servers/1", ["is_active": false])
        #expect(paused.status == 200, "\(paused)")
        #expect(await app.send(.get, Self.path + "2").status == 200)
        #expect(app.database.rowFaults.summary.counts == ["alert_rules": 1])
    }

    @Test func errorsAreCheckedInOrder() async throws {
        let app = try await application()
        let both = await app.send(.post, Self.path, Self.with(["server_id": 9, "comparison": "=>"]))
        #expect(both.status == 404 && both.json["detail"] == "Server not found")
        let comparison = await app.send(.post, Self.path, Self.with(["comparison": "=>"]))
        #expect(comparison.status == 400)
        #expect(
            comparison.json["detail"] == "Invalid comparison operator. Must be one of: >, <, >=, <=, ==, !="
        )
        #expect(await app.send(.get, Self.path).json == [])
        for word in [">", "<", ">=", "<=", "==", "!="] {
            #expect(await app.send(.post, Self.path, Self.with(["comparison": .string(word)])).status == 201)
        }
        #expect(await app.send(.patch, "\(Self.path)1", ["comparison": "~"]).status == 400)
    }

    @Test(
        arguments: [
            (["promql": ""], "string_too_short body.promql"), (["promql": "sum(up"], "value_error body.promql"),
            (["promql": " "], "value_error body.promql"), (["promql": "up{a=\"b}"], "value_error body.promql"),
            (["threshold": "80"], "float_parsing body.threshold"), (["threshold": .null], "float_type body.threshold"),
            (["repeat_interval_sec": -5], "greater_than_equal body.repeat_interval_sec"),
            (["repeat_interval_sec": 0], "greater_than_equal body.repeat_interval_sec"),
            (["channel": "pager"], "value_error body.channel"), (["channel": ""], "string_too_short body.channel"),
            (["name": .null], "string_type body.name"), (["name": " "], "value_error body.name"),
            (["metric_name": ""], "string_too_short body.metric_name"),
            (["is_active": 1], "bool_parsing body.is_active"),
            (["for_seconds": -1], "greater_than_equal body.for_seconds"),
            (["max_series": 0], "greater_than_equal body.max_series"),
            (["max_series": 10_001], "less_than_equal body.max_series"),
            (["interval_seconds": 5], "greater_than_equal body.interval_seconds"),
            (["no_data": "odd"], "literal_error body.no_data"), (["severity": "bad"], "literal_error body.severity"),
            (["source": "me"], "literal_error body.source"), (["server_id": .null], "value_error body.server_id"),
            (["source": "sentinel"], "value_error body.promql"), (["odd": 1], "extra_forbidden body.odd"),
        ] as [(JSONValue, String)]
    )
    func nonsenseIsRefused(_ change: JSONValue, _ fault: String) async throws {
        let app = try await application()
        let created = await app.send(.post, Self.path, Self.body).json
        let patched = await app.send(.patch, "\(Self.path)1", change)
        #expect(patched.status == 422 && patched.faults == [fault], "\(patched)")
        #expect(await app.send(.get, "\(Self.path)1").json == created)
        guard case .object(let members) = change, let (name, value) = members.members.first else { return }
        let posted = await app.send(.post, Self.path, Self.with([name: value]))
        #expect(posted.status == 422 && posted.faults == [fault], "\(posted)")
    }

    @Test func overflowingNumbersAreRefused() async throws {
        let app = try await application()
        let text = Self.body.description.replacing("80.0", with: "1e999").replacing(":80", with: ":1e999")
        #expect(await app.send(.post, Self.path, bytes: Array(text.utf8)).status == 422)
    }

    @Test func invalidQueriesAreExplained() async throws {
        let app = try await TestApplication { dependencies in
            dependencies.rules?.prometheus = .init(
                summary: { _, _ in .init() },
                fault: { query in
                    query == "foo bar" ? .badQuery("parse error: unexpected bar", .init(line: 1, column: 5)) : nil
                }
            )
        }
        _ = await app.send(.post, "/api/v1/servers/", ServerContractTests.body)
        for (query, source, words) in [
            ("sum(up", "prometheus", "line 1, column 4: \"(\" is not closed"),
            ("foo bar", "prometheus", "bad query, line 1, column 5: parse error: unexpected bar"),
            ("latency_p95", "sentinel", "column 12: expected a time window"),
        ] {
            let body = Self.with(["promql": .string(query), "source": .string(source)])
            let answer = await app.send(.post, Self.path, body)
            #expect(answer.faults == ["value_error body.promql"])
            #expect(answer.text.contains(words.replacing("\"", with: "\\\"")), "\(answer)")
        }
        let own = Self.with(["promql": "latency_p95(5m)", "source": "sentinel", "server_id": .null])
        #expect(await app.send(.post, Self.path, own).status == 201)
    }

    @Test func rulesMayNameAChannel() async throws {
        let app = try await application()
        let channels = ChannelRepository(
            database: app.database,
            seal: SettingsSeal(seal: { text, _ in text }) { text, _ in text }
        )
        let now = Timestamp.now
        let draft = Channel(
            id: ChannelID(rawValue: 0),
            name: "night shift",
            kind: "webhook",
            settings: [:],
            createdAt: now
        )
        _ = try await channels.insert(draft)
        #expect(await app.send(.post, Self.path, Self.with(["channel": "night shift"])).status == 201)
    }

    @Test func eventsAreNewestFirst() async throws {
        let app = try await application()
        for _ in 0..<2 { _ = await app.send(.post, Self.path, Self.body) }
        let rule = try #require(try await AlertRuleRepository(database: app.database).rule(AlertRuleID(rawValue: 1)))
            .rule
        let now = Timestamp(milliseconds: 1_795_000_000_000)
        var events = [93.2, .nan, .infinity].map { AlertEvent(rule, .triggered, series: "{}", value: $0, at: now) }
        events.append(AlertEvent(rule, .resolved, series: "{}", value: 3, at: now))
        let stored = events
        try await app.database.transaction { session throws(SQLError) in
            try await AlertEventRepository.add(stored, session)
        }
        let path = "/api/v1/alerts/events/"
        let list = await app.send(.get, path)
        #expect(list.status == 200)
        #expect(list.json.arrayValue?.map { $0["id"] } == [4, 3, 2, 1])
        #expect(list.json.arrayValue?.map { $0["value"] } == [3, .null, .null, 93.2])
        let first: JSONValue = [
            "alert_rule_id": 1, "server_id": 1, "metric_name": "cpu_usage_percent", "value": 93.2,
            "status": "triggered", "id": 1, "created_at": .string("\(now)"), "series": "{}", "incident_id": .null,
        ]
        #expect(await app.send(.get, "\(path)1").json == first)
        for (query, ids) in [
            ("?skip=1&limit=2", [3, 2]), ("?cursor=2", [1]), ("?status_filter=resolved", [4]), ("?server_id=2", []),
            ("?alert_rule_id=1&limit=1", [4]), ("?alert_rule_id=2", []),
        ] as [(String, [Int64])] {
            let answer = await app.send(.get, path + query)
            #expect(answer.json.arrayValue?.map { $0["id"] } == ids.map { .integer($0) }, "\(query)")
        }
        let missing = await app.send(.get, "\(path)9")
        #expect(missing.status == 404 && missing.json["detail"] == "Alert event not found")
        #expect(await app.send(.delete, "/api/v1/servers/1").status == 204)
        for path in [path, Self.path] { #expect(await app.send(.get, path).json == []) }
    }
}
