import Results
import Base
import Broker
import Domain
import HTTPServer
import Storage
import Testing

/// Rows 1 to 3 of the contract.
@Suite struct DomainContractTests {
    @Test(arguments: ["/api/domains", "/api/domains/"])
    func domainsAreCreatedListedAndShown(path: String) async throws {
        let app = try await TestApplication()
        let created = await app.send(.post, path, ["name": "Example", "url": "https://Example.com"])
        #expect(created.status == 200, "\(created)")
        #expect(created.type == "application/json")
        let expectedKeys = ["id", "name", "url", "is_active", "created_at"]
        guard case .object(let object) = created.json else { return #expect(Bool(false), "\(created)") }
        #expect(object.members.map(\.key) == expectedKeys)
        #expect(object["id"] == 1)
        #expect(object["name"] == "Example")
        #expect(object["url"] == "https://example.com/")
        #expect(object["is_active"] == true)
        let text = object["created_at"]?.stringValue ?? ""
        #expect(text.hasSuffix("Z") && text.utf8.count == 24)
        #expect(await app.send(.get, path).json == [created.json])
        #expect(await app.send(.get, "/api/domains/1").json == created.json)
        #expect(await app.send(.get, "/api/domains/1/").json == created.json)
        #expect(await app.send(.get, "/api/v1/monitors/1").json["interval"] == 60)
        #expect(app.broker.events.count == 1)
    }

    @Test func duplicateDomainsConflict() async throws {
        let app = try await TestApplication()
        _ = await app.send(.post, "/api/domains/", ["name": "A", "url": "http://a/"])
        let name = await app.send(.post, "/api/domains/", ["name": "A", "url": "http://b/"])
        #expect(name.status == 409)
        #expect(name.json["detail"] == "A monitor with this name exists already")
        #expect(name.type == "application/problem+json")
        let url = await app.send(.post, "/api/domains/", ["name": "B", "url": "HTTP://A:80"])
        #expect(url.status == 409)
        #expect(url.json["detail"] == "A monitor with this url exists already")
        #expect(try await app.monitors.count() == 1)
        #expect(app.broker.events.count == 1)
    }

    @Test(arguments: [
        ("/api/domains/7", 404, "Not Found"), ("/api/domains/0", 404, "Not Found"),
        ("/api/domains/-1", 404, "Not Found"),
        ("/api/domains/99999999999999999999", 404, "Not Found"), ("/api/monitoring/7/history", 404, "Not Found"),
        ("/api/v1/monitors/7", 404, "Monitor not found"),
        ("/api/v1/monitors/9223372036854775808", 404, "Monitor not found"),
        ("/api/v1/monitors/7/history", 404, "Monitor not found"),
        ("/api/v1/monitors/7/results/1", 404, "Monitor not found"),
        ("/api/tasks/none", 404, "Task not found"), ("/nowhere", 404, "Not Found"),
        ("/api/domains//", 404, "Not Found"),
        ("/assets/x/y", 404, "Not Found"),
    ])
    func unknownDomainsAreNotFound(path: String, status: Int, detail: String) async throws {
        let answer = await (try await TestApplication()).send(.get, path)
        #expect(answer.status == status, "\(answer)")
        #expect(answer.json["detail"] == .string(detail))
        #expect(answer.json["title"] == "Not Found")
        #expect(answer.json["status"] == 404)
        #expect(answer.json["type"] == "about:blank")
        #expect(answer.type == "application/problem+json")
    }

    @Test func inactiveDomainsCanBeCheckedOnDemand() async throws {
        let app = try await TestApplication()
        _ = await app.send(.post, "/api/domains/", ["name": "Idle", "url": "http://a/", "is_active": false])
        for path in ["/api/monitoring/1/check", "/api/monitoring/1/check/", "/api/v1/monitors/1/check"] {
            let answer = await app.send(.post, path)
            #expect(answer.status == 200)
            #expect(answer.json["message"] == "Check dispatched successfully")
            #expect(answer.json["domain"] == "Idle")
            let id = answer.json["task_id"]?.stringValue ?? ""
            #expect(app.broker.jobs.last?.taskID == id)
            let task = await app.send(.get, "/api/tasks/\(id)").json
            #expect(task["status"] == "PENDING")
            #expect(task["state"] == "queued")
            #expect(task["result"] == .null)
        }
        #expect(await app.send(.post, "/api/monitoring/2/check").status == 404)
        #expect(app.broker.jobs.count == 1, "a check that waits for its start is not asked for twice")
    }

    @Test func fullQueueIsReported() async throws {
        let app = try await TestApplication()
        await app.createMonitor()
        app.broker.refuse(.full(topic: "check-jobs"))
        let answer = await app.send(.post, "/api/monitoring/1/check")
        #expect(answer.status == 503)
        #expect(answer.headers["Retry-After"] == "5")
        #expect(answer.json["detail"] == "The queue of checks is full; try again")
    }

    @Test func historyIsNewestFirstAndBounded() async throws {
        let app = try await TestApplication()
        await app.createMonitor()
        let first: Int64 = 1_763_000_000_000
        let stored = (0..<60).map { index in
            var outcome = Outcome(latency: .microseconds(12_346))
            outcome.statusCode = index % 2 == 0 ? 200 : nil
            if index % 2 == 1 { outcome.failure = .init(.connectRefused, in: .connect, "Connection refused") }
            let due = Timestamp(milliseconds: first + Int64(index) * 60_000)
            return CheckResult(
                monitorID: MonitorID(rawValue: 1),
                region: .local,
                scheduledAt: due,
                checkedAt: due,
                outcome: outcome
            )
        }
        _ = try await app.results.append(stored)
        let items = await app.send(.get, "/api/monitoring/1/history").json.arrayValue ?? []
        #expect(items.count == 50)
        #expect(items.first?["id"] == .integer(stored[59].id))
        #expect(items.first?["status_code"] == 0)
        #expect(items.first?["is_success"] == false)
        #expect(items.first?["error_message"] == "Connection refused")
        #expect(items.first?["domain_id"] == 1)
        #expect(items.last?["checked_at"] == .string(stored[10].checkedAt.description))
        #expect(items.last?["latency_ms"] == 12.35)
        #expect(items.last?["status_code"] == 200)
        #expect(items.last?["error_message"] == .null)

        let (tenth, from, to) = (stored[10], stored[5].scheduledAt, stored[8].scheduledAt)
        for (query, expected) in [
            ("limit=1000", Array((0..<60).reversed())),
            ("limit=3&before=\(tenth.id)", [9, 8, 7]),
            ("limit=3&before=\(tenth.scheduledAt)", [9, 8, 7]),
            ("from=\(from)&to=\(to)", [7, 6, 5]),
            ("to=1970-01-01", []),
        ] {
            for path in ["/api/monitoring/1/history", "/api/v1/monitors/1/history/"] {
                let answer = await app.send(.get, "\(path)?\(query)")
                #expect(
                    answer.json.arrayValue?.map { $0["id"] } == expected.map { .integer(stored[$0].id) },
                    "\(query)"
                )
            }
        }
    }

    @Test(arguments: [
        ("limit=0", "greater_than_equal query.limit"), ("limit=1001", "less_than_equal query.limit"),
        ("limit=99999999999999999999", "less_than_equal query.limit"), ("limit=x", "int_parsing query.limit"),
        ("limit=", "int_parsing query.limit"), ("limit=1.0", "int_parsing query.limit"),
        ("before=yesterday", "value_error query.before"), ("from=2026-13-01", "datetime_parsing query.from"),
        ("to=x", "datetime_parsing query.to"), ("to=", "string_too_short query.to"),
        ("limt=1", "extra_forbidden query.limt"), ("limit=1&limit=2", "value_error query.limit"),
    ])
    func invalidQueriesAreRefused(query: String, fault: String) async throws {
        let app = try await TestApplication()
        await app.createMonitor()
        let answer = await app.send(.get, "/api/monitoring/1/history?\(query)")
        #expect(answer.status == 422, "\(answer)")
        #expect(answer.faults == [fault])
    }

    @Test func allErrorsOfARequestAreReportedTogether() async throws {
        let app = try await TestApplication()
        let answer = await app.send(.get, "/api/monitoring/abc/history?limit=x&odd=1")
        #expect(answer.status == 422)
        #expect(answer.faults == ["extra_forbidden query.odd", "int_parsing path.id", "int_parsing query.limit"])
    }
}
