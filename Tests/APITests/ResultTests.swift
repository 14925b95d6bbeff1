import Results
import API
import Base
import Domain
import HTTPServer
import Storage
import Testing

/// Results under `/api/v1`.
@Suite struct ResultTests {
    private static let start = Timestamp(milliseconds: 1_763_615_377_000)

    private func result(_ outcome: Outcome, minute: Int64 = 0) -> CheckResult {
        let due = Self.start + .seconds(60 * minute)
        return CheckResult(
            monitorID: MonitorID(rawValue: 1),
            region: .local,
            scheduledAt: due,
            checkedAt: due + .milliseconds(3),
            outcome: outcome
        )
    }

    @Test(
        arguments: [
            (nil, Phase.transfer, 200, "UP"), (.httpStatus, .assertion, 500, "DOWN"),
            (.assertionBody, .assertion, 200, "DOWN"),
            (.dnsTimeout, .dns, nil, "TIMEOUT"), (.connectTimeout, .connect, nil, "TIMEOUT"),
            (.timeoutTransfer, .transfer, 200, "TIMEOUT"), (.dnsNXDomain, .dns, nil, "ERROR"),
            (.tlsExpired, .tls, nil, "ERROR"), (.connectRefused, .connect, nil, "ERROR"),
        ] as [(Reason?, Phase, Int?, String)]
    )
    func resultsHaveAOneWordState(reason: Reason?, phase: Phase, code: Int?, word: String) async throws {
        let app = try await TestApplication { $0.region = "eu-west" }
        await app.createMonitor()
        var outcome = Outcome(failure: reason.map { .init($0, in: phase, "why") }, latency: .milliseconds(5))
        outcome.statusCode = code
        _ = try await app.results.append([result(outcome)])
        let items = await app.send(.get, "/api/v1/monitors/1/history").json.arrayValue ?? []
        let item = try #require(items.first)
        #expect(item["status"] == .string(word))
        #expect(item["monitor_name"] == "Shop" && item["url"] == "http://127.0.0.1:9/" && item["region"] == "eu-west")
        #expect(item["timestamp"] == item["checked_at"] && item["checked_at"] == "2025-11-20T05:09:37.003Z")
        #expect(item["status_code"] == (code.map { .integer(Int64($0)) } ?? .null))
        #expect(item["reason"] == (reason.map { .string($0.description) } ?? .null))
        var issues: [ValidationIssue] = []
        let route = try #require(app.api.routes.first { $0.operation == "getMonitorHistory" })
        _ = route.responses.first { $0.status == 200 }?.schema?.read(.array(items), at: [], into: &issues)
        #expect(issues.isEmpty, "\(issues)")
    }

    @Test func singleResultIncludesEvidence() async throws {
        let app = try await TestApplication()
        await app.createMonitor()
        var outcome = Outcome(failure: .init(.httpStatus, in: .assertion, "HTTP 500"), latency: .milliseconds(5))
        outcome.statusCode = 500
        outcome.evidence = .init(headers: [.init(name: "Server", value: "x")], body: Array("oops".utf8))
        let stored = result(outcome)
        _ = try await app.results.append([stored])
        let answer = await app.send(.get, "/api/v1/monitors/1/results/\(stored.id)")
        #expect(answer.status == 200, "\(answer)")
        #expect(answer.json["response"] == ["headers": [["name": "Server", "value": "x"]], "body": "oops"])
        for id in [
            "\(stored.id + 1000)", "9223372036854775807", "9223372036854775806", "9223372036854775808", "0", "-1",
        ] {
            let missing = await app.send(.get, "/api/v1/monitors/1/results/\(id)")
            #expect(missing.status == 404 && missing.json["detail"] == "Result not found", "\(id): \(missing)")
        }
        #expect(await app.send(.get, "/api/v1/monitors/1/results/x").faults == ["int_parsing path.result_id"])
    }

    @Test func resultsKeepTheURLThatWasChecked() async throws {
        let app = try await TestApplication()
        await app.createMonitor()
        var outcome = Outcome(latency: .milliseconds(5))
        outcome.statusCode = 200
        var old = result(outcome)
        (old.revision, old.url) = (1, "http://127.0.0.1:9/")
        var new = result(outcome, minute: 1)
        (new.revision, new.url) = (2, "http://127.0.0.1:9/new")
        let changed = await app.send(.patch, "/api/v1/monitors/1", ["url": "http://127.0.0.1:9/new"])
        #expect(changed.status == 200)
        _ = try await app.results.append([old, new])
        let items = await app.send(.get, "/api/v1/monitors/1/history").json.arrayValue ?? []
        for name in ["url", "final_url"] {
            #expect(items.map { $0[name]?.stringValue } == ["http://127.0.0.1:9/new", "http://127.0.0.1:9/"])
        }
    }

    @Test func monitorShowsItsLastResult() async throws {
        let app = try await TestApplication()
        await app.createMonitor()
        var refused = Outcome(failure: .init(.httpStatus, in: .assertion, "HTTP 500"), latency: .milliseconds(5))
        refused.statusCode = 500
        _ = try await app.results.append([
            result(Outcome(latency: .milliseconds(9))), result(refused, minute: 2),
            result(Outcome(latency: .milliseconds(7)), minute: 1),
        ])
        let answer = await app.send(.get, "/api/v1/monitors/1")
        let last: JSONValue = [
            "id": .integer(CheckResult.id(scheduledAt: Self.start + .seconds(120), region: .local)),
            "checked_at": "2025-11-20T05:11:37.003Z", "is_success": false, "latency_ms": 5, "status_code": 500,
            "reason": "http_status", "error_message": "HTTP 500",
        ]
        #expect(answer.json["last_check"] == last, "\(answer)")
        #expect(await app.send(.get, "/api/v1/monitors").json == [answer.json])
        var issues: [ValidationIssue] = []
        let route = try #require(app.api.routes.first { $0.operation == "getMonitor" })
        _ = route.responses.first { $0.status == 200 }?.schema?.read(answer.json, at: [], into: &issues)
        #expect(issues.isEmpty, "\(issues)")
    }
}
