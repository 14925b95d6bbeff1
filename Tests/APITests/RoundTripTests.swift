import API
import Base
import Domain
import HTTPCheck
import HTTPServer
import Storage
import TestSupport
import Testing

/// What the API answers can be sent back: nothing changes by it.
@Suite("Answers sent back") struct RoundTripTests {
    private static let channel: JSONValue = [
        "name": "Hook", "kind": "webhook", "settings": ["url": "http://hook.test/", "secret": "s3cret-s3cret"],
        "is_default": false, "rate_per_minute": 7,
    ]
    private static let window: JSONValue = [
        "name": "Night", "matchers": ["tag=shop"], "time_zone": "Europe/Berlin", "until": "2099-01-01T00:00:00",
        "schedule": ["type": "weekly", "weekdays": ["mon", "sun"], "start": "02:30", "duration_minutes": 90],
    ]
    private static let monitor: JSONValue = [
        "kind": "knock", "name": "Door", "door": "front", "times": 3, "pass": "sesame", "tags": ["b", "a"],
        "interval": 30, "retries": 4, "retry_interval": .null, "recovery_threshold": 2, "severity": "warning",
        "failure_window": ["failures": 3, "checks": 5], "degraded_above": 0.25, "alert_on_degraded": false, "quorum": 2,
        "settle_time": 1.5, "repeat_interval": 600, "depends_on": [1], "enabled": false,
    ]

    struct Case: Sendable, CustomTestStringConvertible {
        let path: String
        let body: JSONValue
        var number = 1
        var testDescription: String { path }
    }

    static let cases = [
        Case(path: "/api/v1/monitors", body: monitor, number: 2),
        Case(path: "/api/v1/channels", body: channel),
        Case(
            path: "/api/v1/policies",
            body: [
                "name": "Shop", "matchers": ["tag=shop", "name~\"a,b\""], "delay": 60, "group_by": ["tag"],
                "repeat_interval": 3600, "enabled": false,
            ]
        ),
        Case(path: "/api/v1/maintenance", body: window),
        Case(
            path: "/api/v1/servers/",
            body: ["name": "web-1", "job_name": "node", "instance": "web-1:9100"],
            number: 2
        ),
        Case(
            path: "/api/v1/alerts/rules/",
            body: [
                "name": "CPU", "server_id": 1, "metric_name": "cpu", "promql": "up", "threshold": 80.5,
                "comparison": ">=", "for_seconds": 60, "repeat_interval_sec": .null, "interval_seconds": 90,
            ]
        ),
    ]

    private func made(_ test: Case) async throws -> (app: TestApplication, path: String, answer: JSONValue) {
        let app = try await TestApplication(kinds: CheckKinds([HTTPKind.self, KnockKind.self]))
        await app.createMonitor()
        _ = await app.send(.post, "/api/v1/servers/", ServerContractTests.body)
        let created = try await app.ask(.post, test.path, test.body)
        #expect(created.status == 201, "\(created)")
        let path = (test.path.hasSuffix("/") ? test.path : test.path + "/") + "\(test.number)"
        let answer = try await app.ask(.get, path)
        #expect(answer.status == 200, "\(answer)")
        return (app, path, answer.json)
    }

    /// Without what every write changes.
    private func settled(_ answer: JSONValue) -> JSONValue {
        guard case .object(var object) = answer else { return answer }
        for name in ["updated_at", "warnings", "matches"] { object[name] = nil }
        return .object(object)
    }

    @Test("PUT of an answer changes nothing", arguments: cases) func replace(_ test: Case) async throws {
        let (app, path, answer) = try await made(test)
        let replaced = try await app.ask(.put, path, answer)
        #expect(replaced.status == 200, "\(replaced)")
        #expect(settled(replaced.json) == settled(answer))
        #expect(settled(try await app.ask(.get, path).json) == settled(answer))
    }

    @Test("PATCH with an answer changes nothing", arguments: cases) func change(_ test: Case) async throws {
        let (app, path, answer) = try await made(test)
        let changed = try await app.ask(.patch, path, answer)
        #expect(changed.status == 200, "\(changed)")
        #expect(settled(changed.json) == settled(answer))
        #expect(settled(try await app.ask(.get, path).json) == settled(answer))
    }

    @Test("every member that was sent is answered, secrets masked", arguments: cases) func kept(_ test: Case)
        async throws
    {
        let (_, _, answer) = try await made(test)
        guard case .object(let object) = test.body else { return }
        for (name, value) in object.members where !["tags", "pass", "settings", "until"].contains(name) {
            #expect(answer[name] == value, "\(name)")
        }
    }

    @Test("another number in the body is refused", arguments: cases) func foreignNumber(_ test: Case) async throws {
        let (app, path, _) = try await made(test)
        let answer = try await app.ask(.patch, path, ["id": 99])
        #expect(answer.faults == ["value_error body.id"], "\(answer)")
        #expect(try await app.ask(.patch, path, ["ids": 1]).faults == ["extra_forbidden body.ids"])
    }

    @Test("a fraction of a whole number is refused in every setting", arguments: cases)
    func fractions(_ test: Case) async throws {
        let (app, path, answer) = try await made(test)
        let document = await app.send(.get, "/api/openapi.json").json
        let route = try #require(app.api.routes.first { $0.method == .patch && $0.path == test.path.patterned })
        var schemas: [String: JSONValue] = [:]
        _ = route.body?.document(&schemas)
        #expect(document != .null)
        var tried = 0
        for schema in schemas.values {
            guard case .object(let properties)? = schema["properties"] else { continue }
            for (name, property) in properties.members where answer[name] != nil && property["readOnly"] != true {
                guard property["type"] == "integer" || property["type"] == ["integer", "null"] else { continue }
                let refused = try await app.ask(.patch, path, .object(JSONObject([(name, .number(60.5))])))
                #expect(refused.faults == ["int_from_float body.\(name)"], "\(name): \(refused)")
                tried += 1
            }
        }
        #expect(tried > 0 || !test.path.contains("monitors"))
    }
}

extension String {
    /// The path of one object in the routes.
    fileprivate var patterned: String { hasSuffix("/") ? self + "{id}" : self + "/{id}" }
}
