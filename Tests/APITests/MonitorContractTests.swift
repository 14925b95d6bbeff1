import TestSupport
import HTTPCheck
import API
import Base
import Domain
import HTTPServer
import Storage
import Testing

/// Row 12 of the contract.
@Suite struct MonitorContractTests {
    @Test func createReturnsTheWholeMonitor() async throws {
        let app = try await TestApplication()
        let body: JSONValue = ["name": " Shop ", "url": "https://Example.com", "expected_status": 200]
        let created = await app.send(.post, "/api/v1/monitors", body)
        #expect(created.status == 201, "\(created)")
        #expect(created.headers["Location"] == "/api/v1/monitors/1")
        for (name, value) in [
            ("id", 1), ("name", "Shop"), ("url", "https://example.com/"), ("interval", 60), ("interval_seconds", 60),
            ("expected_status", 200), ("timeout", 10), ("enabled", true), ("is_active", true), ("tags", []),
            ("status", "unknown"), ("last_check", .null), ("method", "GET"), ("headers", [:]), ("body", .null),
            ("auth", .null),
            ("follow_redirects", true), ("max_redirects", 20), ("connect_timeout", .null), ("verify_tls", true),
            ("ca_file", .null), ("client_cert", .null), ("client_key", .null), ("resolve", []), ("resolver", .null),
            ("proxy", .null), ("ip_version", "any"), ("http_version", "auto"), ("keyword", .null),
            ("not_keyword", .null),
            ("max_body", 10_485_760), ("user_agent", .null), ("reuse_connection", false),
            ("retries", 1), ("retry_interval", 5), ("recovery_threshold", 1), ("failure_window", .null),
            ("degraded_above", .null), ("alert_on_degraded", .null), ("quorum", "majority"), ("settle_time", 0),
            ("severity", "critical"),
            ("repeat_interval", .null), ("depends_on", []), ("regions", []), ("region_states", []), ("min_fresh", 1),
        ] as [(String, JSONValue)] {
            #expect(created.json[name] == value, "\(name)")
        }
        #expect(created.json["status_since"] == created.json["created_at"])
        #expect(await app.send(.get, "/api/v1/monitors/1/").json == created.json)
        #expect(await app.send(.get, "/api/v1/monitors/").json == [created.json])
        #expect(await app.send(.get, "/api/domains/1").json["name"] == "Shop")
    }

    @Test func everySettingIsKept() async throws {
        let app = try await TestApplication { $0.policy.tlsDirectory = "/etc/sentinel/tls" }
        let settings: [(String, JSONValue)] = [
            ("interval", 10), ("enabled", false), ("tags", ["a", "b.c"]), ("method", "POST"), ("headers", ["X-A": "b"]),
            ("body", "x=1"), ("user_agent", "probe/1"), ("expected_status", "200-299,301"), ("keyword", "ok"),
            ("not_keyword", "error"), ("max_body", 1000), ("follow_redirects", false), ("timeout", 2.5),
            ("connect_timeout", 0.5), ("verify_tls", false), ("ca_file", "/etc/sentinel/tls/ca.pem"),
            ("client_cert", "/etc/sentinel/tls/c.pem"), ("client_key", "/etc/sentinel/tls/c.key"),
            ("resolve", ["example.com:443:127.0.0.1", "example.com:80:[::1]"]), ("resolver", "[::1]:53"),
            ("proxy", "socks5h://127.0.0.1:1080"), ("ip_version", "6"), ("http_version", "2"),
            ("reuse_connection", true), ("retries", 3), ("retry_interval", .null), ("recovery_threshold", 2),
            ("failure_window", ["failures": 3, "checks": 10]), ("degraded_above", 0.25), ("alert_on_degraded", false),
            ("quorum", 2),
            ("settle_time", 90), ("severity", "warning"), ("repeat_interval", 3600),
        ]
        let created = await app.send(.post, "/api/v1/monitors", BadInputTests.body(settings))
        #expect(created.status == 201, "\(created)")
        for (name, value) in settings { #expect(created.json[name] == value, "\(name)") }
        let monitor = try #require(try await app.monitors.monitor(MonitorID(rawValue: 1)))
        #expect(monitor.spec.http.options.timeout == .milliseconds(2500))
        #expect(monitor.spec.http.options.followsRedirects == false)
        #expect(monitor.spec.http.options.expectedStatus.description == "200-299,301")
        #expect(app.broker.events == [.changed(monitor)])
        // A response can be sent back and means the same.
        let replaced = await app.send(.put, "/api/v1/monitors/1", created.json)
        #expect(replaced.status == 200, "\(replaced)")
        // A client that reads, changes one member and writes does not know its synonym.
        guard case .object(var object) = replaced.json else { return }
        (object["interval"], object["is_active"]) = (7200, .bool(object["is_active"] == false))
        let edited = await app.send(.put, "/api/v1/monitors/1", .object(object))
        #expect(edited.status == 200 && edited.json["interval_seconds"] == 7200, "\(edited)")
        #expect(edited.json["enabled"] == object["is_active"])
        let again = try #require(try await app.monitors.monitor(MonitorID(rawValue: 1)))
        #expect(again.spec == monitor.spec)
    }

    @Test(arguments: [
        "/etc/sentinel/tls/../shadow", "/etc/sentinel/tlsx/ca.pem", "/etc/sentinel/tls//ca", "ca.pem",
        "/etc/sentinel/tls/",
    ])
    func filesOutsideOfTheDirectoryAreRefused(path: String) async throws {
        let app = try await TestApplication { $0.policy.tlsDirectory = "/etc/sentinel/tls" }
        let answer = await app.send(.post, "/api/v1/monitors", BadInputTests.body([("ca_file", .string(path))]))
        #expect(answer.faults == ["value_error body.ca_file"])
    }

    @Test(
        arguments: [
            ("interval", 60.0, "interval", 60), ("interval_seconds", 30, "interval", 30),
            ("is_active", false, "enabled", false),
            ("tags", ["B", "a", "b"], "tags", ["a", "b"]), ("method", "post", "method", "POST"),
            ("expected_status", "301,200-299", "expected_status", "200-299,301"),
            ("expected_status", 204, "expected_status", 204),
            ("max_redirects", 3, "max_redirects", 3), ("timeout", 0.1, "timeout", 0.1),
            ("interval", 86_400, "interval", 86_400),
            ("interval", 10, "interval_seconds", 10), ("ip_version", "4", "ip_version", "4"),
        ] as [(String, JSONValue, String, JSONValue)]
    )
    func inputsAreNormalized(name: String, value: JSONValue, answered: String, expected: JSONValue) async throws {
        let app = try await TestApplication()
        let created = await app.send(.post, "/api/v1/monitors", BadInputTests.body([(name, value)]))
        #expect(created.status == 201, "\(created)")
        #expect(created.json[answered] == expected)
        let changed = await app.send(.patch, "/api/v1/monitors/1", .object(JSONObject([(name, value)])))
        #expect(changed.json[answered] == expected)
    }

    @Test func missingSettingsGetTheServersDefaults() async throws {
        let app = try await TestApplication { $0.policy = .init(interval: .seconds(30), timeout: .seconds(5)) }
        let created = await app.createMonitor()
        #expect(created["interval"] == 30)
        #expect(created["timeout"] == 5)
    }

    @Test func patchKeepsAndPutResetsOtherSettings() async throws {
        let app = try await TestApplication()
        let body = BadInputTests.body([
            ("interval", 30), ("tags", ["a"]), ("keyword", "ok"), ("follow_redirects", false),
        ])
        _ = await app.send(.post, "/api/v1/monitors", body)
        let patched = await app.send(.patch, "/api/v1/monitors/1", ["enabled": false])
        #expect(patched.status == 200)
        #expect(patched.json["status"] == "paused")
        #expect(patched.json["interval"] == 30)
        #expect(patched.json["keyword"] == "ok")
        #expect(patched.json["follow_redirects"] == false)
        #expect(await app.send(.patch, "/api/v1/monitors/1", ["keyword": .null]).json["keyword"] == .null)
        #expect(await app.send(.patch, "/api/v1/monitors/1", [:]).status == 200)
        let replaced = await app.send(.put, "/api/v1/monitors/1", ["name": "New", "url": "http://example.com/"])
        #expect(replaced.status == 200, "\(replaced)")
        for (name, value) in [
            ("name", "New"), ("interval", 60), ("tags", []), ("enabled", true), ("follow_redirects", true),
        ] as [(String, JSONValue)] {
            #expect(replaced.json[name] == value, "\(name)")
        }
        #expect(await app.send(.put, "/api/v1/monitors/1", ["name": "New"]).faults == ["missing body.url"])
        let other = await app.send(.put, "/api/v1/monitors/1", BadInputTests.body([("id", 2)]))
        #expect(other.faults == ["value_error body.id"])
        let revisions = app.broker.events.compactMap { event in
            if case .changed(let monitor) = event { monitor.revision } else { nil }
        }
        #expect(revisions == revisions.sorted() && revisions.count == 4)
    }

    @Test func conflictingAndMissingMonitorsCannotBeUpdated() async throws {
        let app = try await TestApplication()
        await app.createMonitor(name: "A", url: "http://a/")
        await app.createMonitor(name: "B", url: "http://b/")
        #expect(await app.send(.patch, "/api/v1/monitors/2", ["name": "A"]).status == 409)
        #expect(await app.send(.put, "/api/v1/monitors/2", ["name": "A", "url": "http://c"]).status == 409)
        #expect(await app.send(.post, "/api/v1/monitors", ["name": "B", "url": "http://c"]).status == 409)
        for method in [Method.put, .patch] {
            let answer = await app.send(method, "/api/v1/monitors/3", ["name": "C", "url": "http://c/"])
            #expect(answer.status == 404)
            #expect(answer.json["detail"] == "Monitor not found")
        }
        #expect(await app.send(.delete, "/api/v1/monitors/3").status == 404)
        #expect(app.broker.events.count == 2)
    }

    @Test func oneURLMayHaveSeveralMonitors() async throws {
        let app = try await TestApplication()
        await app.createMonitor(name: "A", url: "http://a/")
        #expect(await app.createMonitor(name: "B", url: "http://a/")["id"] == 2)
        #expect(await app.send(.post, "/api/domains/", ["name": "C", "url": "http://a/"]).status == 409)
    }

    @Test func deletedMonitorsAreGone() async throws {
        let app = try await TestApplication()
        await app.createMonitor()
        let answer = await app.send(.delete, "/api/v1/monitors/1/")
        #expect(answer.status == 204)
        #expect(answer.bytes.isEmpty)
        #expect(app.broker.events.last == .deleted(MonitorID(rawValue: 1)))
        #expect(await app.send(.get, "/api/v1/monitors/1").status == 404)
        #expect(await app.send(.delete, "/api/v1/monitors/1").status == 404)
        #expect(await app.createMonitor()["id"] == 2)
    }

    @Test func concurrentChangesAreAllApplied() async throws {
        let app = try await TestApplication()
        await app.createMonitor()
        let bodies: [JSONValue] = [["interval": 20], ["keyword": "ok"], ["tags": ["a"]], ["timeout": 3]]
        await withTaskGroup(of: Void.self) { group in
            for body in bodies {
                group.addTask {
                    let answer = await app.send(.patch, "/api/v1/monitors/1", body)
                    #expect(answer.status == 200, "\(answer)")
                }
            }
        }
        let monitor = await app.send(.get, "/api/v1/monitors/1").json
        #expect(monitor["interval"] == 20 && monitor["keyword"] == "ok")
        #expect(monitor["tags"] == ["a"] && monitor["timeout"] == 3)
    }

    @Test func listsArePagedAndFiltered() async throws {
        let app = try await TestApplication()
        for index in 1...7 {
            let tags: JSONValue = index % 2 == 0 ? ["even"] : ["odd"]
            let url = JSONValue.string("http://host\(index)/")
            let body: JSONValue = [
                "name": .string("M\(index)"), "url": url, "tags": tags, "enabled": .bool(index != 7),
            ]
            _ = await app.send(.post, "/api/v1/monitors", body)
        }
        var seen: [JSONValue] = []
        var target: String? = "/api/v1/monitors?limit=3&q=HOST"
        while let next = target {
            let page = await app.send(.get, next)
            seen += page.json.arrayValue?.compactMap { $0["id"] } ?? []
            let link = page.headers["Link"]
            #expect((link == nil) == (page.headers["X-Next-Cursor"] == nil))
            target = link.map { String($0.dropFirst().prefix { $0 != ">" }) }
            #expect(link?.hasSuffix("; rel=\"next\"") ?? true)
        }
        #expect(seen == [1, 2, 3, 4, 5, 6, 7])
        for (query, expected) in [
            ("tag=even", [2, 4, 6]), ("tag=EVEN", [2, 4, 6]), ("q=m3", [3]), ("q=%25", []), ("status=paused", [7]),
            ("status=unknown", [1, 2, 3, 4, 5, 6]), ("status=up", []), ("after=5", [6, 7]),
            ("cursor=5&after=5", [6, 7]),
            ("limit=1&tag=odd&cursor=1", [3]),
        ] as [(String, [JSONValue])] {
            let answer = await app.send(.get, "/api/v1/monitors?\(query)")
            #expect(answer.json.arrayValue?.compactMap { $0["id"] } == expected, "\(query) \(answer)")
        }
        let encoded = await app.send(.get, "/api/v1/monitors?limit=1&q=host%26%3Cx%22")
        #expect(encoded.headers["Link"] == nil)
        for (query, fault) in [
            ("status=bad", "literal_error query.status"), ("cursor=x", "int_parsing query.cursor"),
            ("cursor=1&after=2", "value_error query.after"), ("limit=-5", "greater_than_equal query.limit"),
            ("q=\(String(repeating: "x", count: 257))", "string_too_long query.q"),
        ] {
            #expect(await app.send(.get, "/api/v1/monitors?\(query)").faults == [fault])
        }
        #expect(await app.send(.get, "/api/v1/monitors?q=%zz").status == 400)
    }

    @Test func dependenciesMustExistWithoutCycles() async throws {
        let app = try await TestApplication()
        for name in ["a", "b", "c"] { await app.createMonitor(name: name, url: "http://127.0.0.1:9/\(name)") }
        func depend(_ id: Int, on parents: JSONValue) async -> (Int, JSONValue) {
            let answer = await app.send(.patch, "/api/v1/monitors/\(id)", ["depends_on": parents])
            return (answer.status, answer.json["depends_on"] ?? answer.json["detail"] ?? .null)
        }
        #expect(await depend(2, on: [1, 1]) == (200, [1]))
        #expect(await depend(3, on: [2]) == (200, [2]))
        for (id, parents) in [(1, [3]), (1, [1]), (2, [3]), (1, [99])] as [(Int, JSONValue)] {
            let (status, detail) = await depend(id, on: parents)
            #expect(status == 422 && detail.arrayValue?.first?["loc"] == ["body", "depends_on"], "\(id) \(detail)")
        }
        #expect(await app.send(.get, "/api/v1/monitors/1").json["depends_on"] == [])
        // A deleted dependency has no effect.
        #expect(await app.send(.delete, "/api/v1/monitors/2").status == 204)
        #expect(await depend(1, on: [3]) == (200, [3]))
    }
}
