import API
import Base
import Domain
import HTTPServer
import PromQL
import Testing

/// Rows 17 and 18 of the contract.
@Suite struct ServerContractTests {
    static let body: JSONValue = ["name": "web-1", "job_name": "node", "instance": "web-1:9100"]

    @Test(arguments: ["/api/v1/servers", "/api/v1/servers/"])
    func serversAreCreatedChangedAndDeleted(path: String) async throws {
        let app = try await TestApplication()
        let created = await app.send(.post, path, Self.body)
        #expect(created.status == 201, "\(created)")
        #expect(created.headers["Location"] == "/api/v1/servers/1")
        let expected: JSONValue = [
            "id": 1, "name": "web-1", "job_name": "node", "instance": "web-1:9100", "is_active": true,
        ]
        #expect(created.json == expected)
        #expect(await app.send(.get, path).json == [expected])
        #expect(await app.send(.get, "/api/v1/servers/1/").json == expected)
        let changed = await app.send(.patch, "/api/v1/servers/1", ["is_active": false])
        #expect(changed.status == 200 && changed.json["is_active"] == false && changed.json["name"] == "web-1")
        let replaced = await app.send(.put, "/api/v1/servers/1", ["name": "n", "job_name": "j", "instance": "i"])
        #expect(replaced.json == ["id": 1, "name": "n", "job_name": "j", "instance": "i", "is_active": true])
        #expect(await app.send(.put, "/api/v1/servers/1", replaced.json).status == 200, "an answer may be sent back")
        let gone = await app.send(.delete, "/api/v1/servers/1")
        #expect(gone.status == 204 && gone.bytes.isEmpty)
        for (method, body) in [(Method.get, nil), (.patch, [:]), (.put, Self.body), (.delete, nil)]
            as [(Method, JSONValue?)]
        {
            let answer = await app.send(method, "/api/v1/servers/1", body)
            #expect(answer.status == 404 && answer.json["detail"] == "Server not found", "\(method) \(answer)")
        }
    }

    @Test func listsAreOrderedAndPaged() async throws {
        let app = try await TestApplication()
        for _ in 0..<5 { _ = await app.send(.post, "/api/v1/servers/", Self.body) }
        _ = await app.send(.patch, "/api/v1/servers/1", ["name": "changed"])
        for (query, ids) in [
            ("", [1, 2, 3, 4, 5]), ("?skip=1&limit=1", [2]), ("?skip=4", [5]), ("?skip=9", []), ("?limit=2", [1, 2]),
            ("?cursor=2&limit=2", [3, 4]), ("?skip=9223372036854775807", []),
        ] as [(String, [Int64])] {
            let answer = await app.send(.get, "/api/v1/servers/\(query)")
            #expect(answer.json.arrayValue?.map { $0["id"] } == ids.map { .integer($0) }, "\(query) \(answer)")
        }
        #expect(await app.send(.get, "/api/v1/servers/?limit=2").headers["X-Next-Cursor"] == "2")
    }

    @Test(
        arguments: [
            (["name": ""], "string_too_short body.name"), (["name": "  "], "value_error body.name"),
            (["name": .null], "string_type body.name"), (["job_name": "a\nb"], "value_error body.job_name"),
            (["instance": 5], "string_type body.instance"), (["is_active": "yes"], "bool_parsing body.is_active"),
            (["odd": 1], "extra_forbidden body.odd"), (["id": 2], "value_error body.id"),
            (["name": .string(String(repeating: "x", count: 256))], "string_too_long body.name"),
        ] as [(JSONValue, String)]
    )
    func badChangesAreRefused(_ body: JSONValue, _ fault: String) async throws {
        let app = try await TestApplication()
        let created = await app.send(.post, "/api/v1/servers/", Self.body).json
        let answer = await app.send(.patch, "/api/v1/servers/1", body)
        #expect(answer.status == 422 && answer.faults == [fault], "\(answer)")
        #expect(await app.send(.get, "/api/v1/servers/1").json == created)
    }

    @Test(arguments: [
        ("skip=-1", "greater_than_equal query.skip"), ("limit=0", "greater_than_equal query.limit"),
        ("limit=1001", "less_than_equal query.limit"), ("cursor=x", "int_parsing query.cursor"),
        ("status_filter=odd", "literal_error query.status_filter"), ("server_id=-1", "int_parsing query.server_id"),
    ])
    func badQueriesAreRefused(_ query: String, _ fault: String) async throws {
        let app = try await TestApplication()
        #expect(await app.send(.get, "/api/v1/alerts/events/?\(query)").faults == [fault])
    }

    @Test func summaryShowsPrometheusMetrics() async throws {
        let box = Box()
        let app = try await TestApplication { dependencies in
            dependencies.rules?.prometheus = .init(
                summary: { job, instance in
                    box.asked.withLock { $0 = "\(job) \(instance)" }
                    return box.summary.withLock { $0 }
                },
                fault: { _ in nil }
            )
        }
        _ = await app.send(.post, "/api/v1/servers/", Self.body)
        let path = "/api/v1/metrics/servers/1/summary"
        #expect(await app.send(.get, path).json == ["server_id": 1, "server_name": "web-1", "metrics": [:]])
        #expect(box.asked.withLock { $0 } == "node web-1:9100")
        box.summary.withLock { $0.values = [.memoryUsage: 40.5, .cpuUsage: 12] }
        box.summary.withLock { $0.failures = [.diskUsage: .timeout] }
        let answer = await app.send(.get, path)
        #expect(answer.status == 200)
        #expect(answer.json["metrics"] == ["cpu_usage_percent": 12, "memory_usage_percent": 40.5])
        #expect(answer.json["errors"] == ["disk_usage_percent": "timed out"])
        let failures = ServerMetric.allCases.map { ($0, QueryError.unreachable("refused")) }
        box.summary.withLock { $0.failures = Dictionary(uniqueKeysWithValues: failures) }
        let down = await app.send(.get, path)
        #expect(down.status == 502 && down.json["detail"] == "Prometheus does not answer: unreachable: refused")
        _ = await app.send(.patch, "/api/v1/servers/1", ["is_active": false])
        let paused = await app.send(.get, path)
        #expect(paused.status == 400 && paused.json["detail"] == "Server is not active")
        let missing = await app.send(.get, "/api/v1/metrics/servers/2/summary")
        #expect(missing.status == 404 && missing.json["detail"] == "Server not found")
    }

    private final class Box: Sendable {
        let summary = Locked(ServerSummary())
        let asked = Locked("")
    }

    @Test func summaryReportsMissingPrometheus() async throws {
        let app = try await TestApplication()
        _ = await app.send(.post, "/api/v1/servers/", Self.body)
        let answer = await app.send(.get, "/api/v1/metrics/servers/1/summary")
        #expect(answer.status == 503)
        #expect(answer.json["detail"] == "No Prometheus is configured: set PROMETHEUS_URL")
    }
}
