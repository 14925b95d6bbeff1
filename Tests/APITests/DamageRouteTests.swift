import Base
import HTTPServer
import SQL
import Testing

@testable import API

/// A list shows the readable rows; a damaged row reports its error, and can be overwritten and deleted.
@Suite(.timeLimit(.minutes(10))) struct DamageRouteTests {
    @Test(arguments: [
        ("/api/v1/monitors", "monitors", "interval_seconds"), ("/api/v1/policies", "policies", "settings"),
        ("/api/v1/maintenance", "maintenance_windows", "schedule"),
        ("/api/v1/channels", "channels", "rate_per_minute"), ("/api/v1/servers/", "servers", "is_active"),
        ("/api/v1/servers/", "servers", "created_at"), ("/api/v1/alerts/rules/", "alert_rules", "settings"),
        ("/api/v1/alerts/rules/", "alert_rules", "health"), ("/api/v1/alerts/rules/", "alert_rules", "revision"),
    ]) func aDamagedRowCanBeMendedAndDeleted(_ path: String, _ table: String, _ column: String) async throws {
        let app = try await TestApplication()
        let channel: JSONValue = [
            "name": "c1", "kind": "webhook", "settings": ["url": "http://127.0.0.1:9/"],
        ]
        func body(_ name: String) -> JSONValue {
            switch table {
            case "monitors": ["name": .string(name), "url": .string("http://\(name).example/")]
            case "policies": ["name": .string(name), "channels": [1]]
            case "channels":
                ["name": .string(name), "kind": "webhook", "settings": ["url": "http://127.0.0.1:9/"]]
            case "alert_rules":
                [
                    "name": .string(name), "metric_name": "p95", "promql": "latency_p95(5m)", "threshold": 800,
                    "comparison": ">", "source": "sentinel", "channel": "slack",
                ]
            case "servers": ["name": .string(name), "job_name": "node", "instance": "a:9100"]
            default:
                ["name": .string(name), "schedule": ["type": "cron", "expression": "@daily", "duration_minutes": 5]]
            }
        }
        if table == "policies" {
            #expect(await app.send(.post, "/api/v1/channels", channel).status == 201)
        }
        for name in ["one", "two"] {
            let created = await app.send(.post, path, body(name))
            #expect(created.status == 201, "\(created)")
        }
        _ = try await app.database.execute("UPDATE \(table) SET \(column) = 'x' WHERE id = 1")
        let list = await app.send(.get, path)
        #expect(list.status == 200 && "\(list.json)".contains("\"two\"") && !"\(list.json)".contains("\"one\""))
        let one = path.hasSuffix("/") ? "\(path)1" : "\(path)/1"
        let shown = await app.send(.get, one)
        #expect(shown.status == 500 && "\(shown.json)".contains("\(table) 1: \(column)"), "\(shown)")
        #expect(app.database.rowFaults.summary.counts == [table: 1])
        let written = await app.send(.put, one, body("one"))
        #expect(written.status == 200, "\(written)")
        #expect(await app.send(.get, one).status == 200)
        #expect(app.database.rowFaults.summary.counts == [:])
        _ = try await app.database.execute("UPDATE \(table) SET \(column) = 'x' WHERE id = 1")
        #expect(await app.send(.delete, one).status == 204)
        #expect(await app.send(.get, one).status == 404)
        #expect(app.database.rowFaults.summary.counts == [:])
    }

    @Test func windowsEndingAfterYear9999AreRefused() async throws {
        let app = try await TestApplication()
        for end in ["9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59Z"] {
            let created = await app.send(
                .post,
                "/api/v1/maintenance",
                [
                    "name": .string(end),
                    "schedule": ["type": "once", "start": "2026-11-30T01:00:00Z", "end": .string(end)],
                ]
            )
            // Accepted values can be read back.
            let list = await app.send(.get, "/api/v1/maintenance")
            #expect(list.status == 200)
            #expect("\(list.json)".contains(end) == (created.status == 201))
            #expect(app.database.rowFaults.summary.text == nil)
        }
    }
}
