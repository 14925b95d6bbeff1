import Base
import HTTPServer
import Storage
import Testing

/// Every kind of invalid body: its answer, and that nothing is changed.
@Suite struct BadInputTests {
    /// The body of a monitor with some members replaced.
    static func body(_ members: [(String, JSONValue)]) -> JSONValue {
        var object = JSONObject([("name", "Shop"), ("url", "http://example.com/")])
        for (name, value) in members { object[name] = value }
        return .object(object)
    }

    @Test(
        arguments: [
            ("name", .null, "string_type body.name"), ("name", 5, "string_type body.name"),
            ("name", "", "string_too_short body.name"), ("name", "  \t", "value_error body.name"),
            ("name", "a\u{0}b", "value_error body.name"), ("name", "a\nb", "value_error body.name"),
            ("name", .string(String(repeating: "x", count: 256)), "string_too_long body.name"),
            ("url", "", "url_parsing body.url"), ("url", "not a url", "url_parsing body.url"),
            ("url", "example.com", "url_parsing body.url"), ("url", "ftp://example.com/", "url_scheme body.url"),
            ("url", "javascript:alert(1)", "url_scheme body.url"), ("url", "http://", "url_parsing body.url"),
            ("url", "http://u:p@/", "url_parsing body.url"), ("url", "http://h:99999/", "url_parsing body.url"),
            ("url", "http://h/\u{0}", "url_parsing body.url"), ("url", "http://h/ x", "url_parsing body.url"),
            ("url", "http://h/\r\nX: y", "url_parsing body.url"), ("url", 7, "string_type body.url"),
            ("url", .string("http://h/" + String(repeating: "x", count: 2048)), "string_too_long body.url"),
            ("url", .string("http://\(String(repeating: "a", count: 64)).de/"), "url_parsing body.url"),
            ("interval", 9, "greater_than_equal body.interval"), ("interval", 86_401, "less_than_equal body.interval"),
            ("interval", -1, "greater_than_equal body.interval"), ("interval", "60", "int_parsing body.interval"),
            ("interval", 60.5, "int_from_float body.interval"), ("interval", true, "int_type body.interval"),
            ("interval", .null, "int_type body.interval"), ("interval", 1e300, "less_than_equal body.interval"),
            ("interval", [], "int_type body.interval"),
            ("interval_seconds", 5, "greater_than_equal body.interval_seconds"),
            ("enabled", "yes", "bool_parsing body.enabled"), ("enabled", 1, "bool_parsing body.enabled"),
            ("is_active", .null, "bool_type body.is_active"), ("timeout", 0, "greater_than_equal body.timeout"),
            ("timeout", 60.1, "less_than_equal body.timeout"), ("timeout", "10", "float_parsing body.timeout"),
            ("timeout", .null, "float_type body.timeout"), ("timeout", 1.23456789, "value_error body.timeout"),
            ("settle_time", 1e-7, "value_error body.settle_time"),
            ("retry_interval", 5.0001, "value_error body.retry_interval"),
            ("quorum", "5", "value_error body.quorum"), ("quorum", "", "value_error body.quorum"),
            ("quorum", "most of the regions", "value_error body.quorum"),
            ("connect_timeout", 61, "less_than_equal body.connect_timeout"),
            ("expected_status", 99, "greater_than_equal body.expected_status"),
            ("expected_status", "abc", "value_error body.expected_status"),
            ("expected_status", "200-", "value_error body.expected_status"),
            ("expected_status", "300-200", "value_error body.expected_status"),
            ("tags", "a", "list_type body.tags"), ("tags", ["a", 5], "string_type body.tags.1"),
            ("tags", ["a b"], "value_error body.tags.0"), ("tags", [""], "string_too_short body.tags.0"),
            ("tags", .array(Array(repeating: "x", count: 21)), "too_long body.tags"),
            ("method", "GE T", "value_error body.method"), ("method", "CONNECT", "value_error body.method"),
            ("headers", ["a"], "dict_type body.headers"), ("headers", ["X A": "b"], "value_error body.headers.X A"),
            ("headers", ["X-A": "b\r\nHost: c"], "value_error body.headers.X-A"),
            ("headers", ["X-A": "b\u{0}"], "value_error body.headers.X-A"),
            ("headers", ["X-A\r\nB": "c"], "value_error body.headers.X-A\r\nB"),
            ("headers", ["Content-Length": "1"], "value_error body.headers.Content-Length"),
            ("headers", ["content-length": "5"], "value_error body.headers.content-length"),
            ("headers", ["X-A": "1", "x-a": "2"], "value_error body.headers.x-a"),
            ("headers", ["X-Token": "********"], "value_error body.headers.X-Token"),
            ("headers", ["X-A": 5], "string_type body.headers.X-A"),
            ("auth", "x", "dict_type body.auth"), ("auth", ["type": "ntlm"], "literal_error body.auth.type"),
            ("auth", [:], "missing body.auth.type"),
            ("auth", ["type": "basic", "username": "u"], "missing body.auth.password"),
            ("auth", ["type": "basic", "username": "a:b", "password": ""], "value_error body.auth.username"),
            ("auth", ["type": "bearer", "token": "a\r\nb"], "value_error body.auth.token"),
            ("auth", ["type": "bearer", "token": "********"], "value_error body.auth.token"),
            ("auth", ["type": "bearer", "token": "a", "x": 1], "extra_forbidden body.auth.x"),
            ("ca_file", "/etc/passwd", "value_error body.ca_file"),
            ("client_cert", "x", "value_error body.client_cert"),
            ("resolve", ["example.com:443"], "value_error body.resolve.0"),
            ("resolve", ["example.com:443:localhost"], "value_error body.resolve.0"),
            ("resolver", "localhost:53", "value_error body.resolver"),
            ("resolver", "127.0.0.1", "value_error body.resolver"),
            ("proxy", "ftp://x/", "url_scheme body.proxy"), ("proxy", "http://u:p@x", "value_error body.proxy"),
            ("proxy", "http://x/path", "url_parsing body.proxy"), ("ip_version", "5", "literal_error body.ip_version"),
            ("http_version", "3", "literal_error body.http_version"), ("keyword", "", "string_too_short body.keyword"),
            ("max_body", 0, "greater_than_equal body.max_body"),
            ("max_redirects", 21, "less_than_equal body.max_redirects"),
            ("follow_redirects", "no", "bool_parsing body.follow_redirects"),
            ("body", .string(String(repeating: "x", count: 65_537)), "string_too_long body.body"),
            ("retries", 21, "less_than_equal body.retries"),
            ("retry_interval", 0.5, "greater_than_equal body.retry_interval"),
            ("recovery_threshold", 0, "greater_than_equal body.recovery_threshold"),
            ("failure_window", ["failures": 3], "missing body.failure_window.checks"),
            ("failure_window", ["failures": 4, "checks": 3], "value_error body.failure_window.failures"),
            ("failure_window", ["failures": 4, "checks": 65], "less_than_equal body.failure_window.checks"),
            ("degraded_above", 61, "less_than_equal body.degraded_above"),
            ("quorum", "most", "value_error body.quorum"),
            ("settle_time", -1, "greater_than_equal body.settle_time"),
            ("severity", "bad", "literal_error body.severity"),
            ("repeat_interval", 5, "greater_than_equal body.repeat_interval"),
            ("depends_on", ["x"], "int_parsing body.depends_on.0"), ("depends_on", [1], "value_error body.depends_on"),
            ("user_agent", "a\nb", "value_error body.user_agent"), ("unknown", 1, "extra_forbidden body.unknown"),
        ] as [(String, JSONValue, String)]
    )
    func oneWrongMember(name: String, value: JSONValue, fault: String) async throws {
        let app = try await TestApplication()
        let created = await app.send(.post, "/api/v1/monitors", Self.body([(name, value)]))
        #expect(created.status == 422, "\(created)")
        #expect(created.faults == [fault])
        #expect(created.type == "application/problem+json")
        #expect(created.json["title"] == "Unprocessable Content")
        #expect(try await app.monitors.count() == 0)

        let before = await app.createMonitor(name: "Kept")
        let changed = await app.send(.patch, "/api/v1/monitors/1", .object(JSONObject([(name, value)])))
        #expect(changed.status == 422, "\(changed)")
        #expect(changed.faults == [fault])
        #expect(await app.send(.get, "/api/v1/monitors/1").json == before)
        #expect(app.broker.events.count == 1)
    }

    @Test(arguments: [("id", 5), ("status", "up"), ("created_at", "2026-11-20T05:09:37Z")] as [(String, JSONValue)])
    func aNewMonitorHasNoMembersThatTheServerSets(name: String, value: JSONValue) async throws {
        let app = try await TestApplication()
        let created = await app.send(.post, "/api/v1/monitors", Self.body([(name, value)]))
        #expect(created.faults == ["extra_forbidden body.\(name)"], "\(created)")
        let before = await app.createMonitor(name: "Kept")
        let changed = await app.send(.patch, "/api/v1/monitors/1", .object(JSONObject([(name, value)])))
        #expect(changed.status == (name == "id" ? 422 : 200), "\(changed)")
        #expect(await app.send(.get, "/api/v1/monitors/1").json == before)
        #expect(app.broker.events.count == 1)
    }

    @Test(arguments: [
        ("", "missing body"), ("{", "json_invalid body.1"), ("{\"name\":}", "json_invalid body.8"),
        ("{'name':1}", "json_invalid body.1"), ("{\"a\":1,\"a\":2}", "json_invalid body.7"),
        ("nul", "json_invalid body.0"),
        ("{\"name\":NaN}", "json_invalid body.8"), ("{} x", "json_invalid body.3"),
        ("\u{FEFF}{}", "json_invalid body.0"),
        ("[]", "dict_type body"), ("\"x\"", "dict_type body"), ("5", "dict_type body"), ("null", "dict_type body"),
    ])
    func malformedTextIsRefused(text: String, fault: String) async throws {
        let app = try await TestApplication()
        for path in ["/api/v1/monitors", "/api/domains/"] {
            let answer = await app.send(.post, path, bytes: Array(text.utf8))
            #expect(answer.status == 422, "\(answer)")
            #expect(answer.faults == [fault])
        }
        #expect(try await app.monitors.count() == 0)
    }

    @Test func invalidUTF8IsRefused() async throws {
        let app = try await TestApplication()
        let answer = await app.send(.post, "/api/domains/", bytes: Array("{\"name\":\"".utf8) + [0xFF, 0x22, 0x7D])
        #expect(answer.status == 422)
        #expect(answer.faults == ["json_invalid body.9"])
    }

    @Test(arguments: ["[", "{\"a\":", "[{\"a\":"])
    func deepNestingIsRefused(opening: String) async throws {
        let app = try await TestApplication()
        let answer = await app.send(
            .post,
            "/api/domains/",
            bytes: Array(String(repeating: opening, count: 10_000).utf8)
        )
        #expect(answer.status == 422)
        #expect(answer.faults.count == 1 && answer.faults[0].hasPrefix("json_invalid"))
    }

    @Test func tenMegabytesAreRefused() async throws {
        let app = try await TestApplication()
        let bytes = Array("{\"name\":\"".utf8) + [UInt8](repeating: 0x61, count: 10 << 20) + Array("\"}".utf8)
        for (method, path) in [
            (Method.post, "/api/domains/"), (.post, "/api/v1/monitors"), (.put, "/api/v1/monitors/1"),
        ] {
            #expect(await app.send(method, path, bytes: bytes).status == 413)
        }
    }

    @Test func allErrorsAreReportedTogether() async throws {
        let app = try await TestApplication()
        let body: JSONValue = ["name": 5, "interval": 1, "tags": ["", 5], "odd": 1, "enabled": "x"]
        let answer = await app.send(.post, "/api/v1/monitors", body)
        #expect(
            answer.faults == [
                "string_type body.name", "missing body.url", "greater_than_equal body.interval",
                "bool_parsing body.enabled",
                "string_too_short body.tags.0", "string_type body.tags.1", "extra_forbidden body.odd",
            ]
        )
    }

    @Test func reportedErrorsAreBounded() async throws {
        let app = try await TestApplication()
        let members = (0..<5000).map { (key: "m\($0)", value: JSONValue.integer(1)) }
        let answer = await app.send(.post, "/api/v1/monitors", .object(JSONObject(members)))
        #expect(answer.status == 422)
        #expect(answer.faults.count == 100)
    }

    @Test(
        arguments: [
            (["interval": 60, "interval_seconds": 61], "value_error body.interval_seconds"),
            (["enabled": true, "is_active": false], "value_error body.is_active"),
        ] as [(JSONValue, String)]
    )
    func synonymsMustAgree(members: JSONValue, fault: String) async throws {
        let app = try await TestApplication()
        guard case .object(let object) = members else { return }
        let body = Self.body(object.members.map { ($0.key, $0.value) })
        #expect(await app.send(.post, "/api/v1/monitors", body).faults == [fault])
        #expect(try await app.monitors.count() == 0)
    }

    @Test(arguments: [
        ("application/json", 201), ("application/json; charset=utf-8", 201), ("application/x-www-form-urlencoded", 201),
        ("text/plain", 201), ("multipart/form-data; boundary=x", 415), ("application/xml", 415),
    ])
    func onlyJSONBodiesAreAccepted(type: String, status: Int) async throws {
        let app = try await TestApplication()
        let answer = await app.send(.post, "/api/v1/monitors", Self.body([]), headers: ["Content-Type": type])
        #expect(answer.status == status)
    }

    @Test(arguments: [
        (Method.delete, "/api/domains/", "GET, POST"), (.put, "/api/domains/1", "GET"),
        (.get, "/api/monitoring/1/check", "POST"),
        (.post, "/api/v1/monitors/1", "DELETE, GET, PATCH, PUT"), (.other("BREW"), "/health", "GET"),
    ])
    func otherMethodsAreRefused(method: Method, path: String, allowed: String) async throws {
        let answer = await (try await TestApplication()).send(method, path)
        #expect(answer.status == 405)
        #expect(answer.type == "application/problem+json")
        let names = Set((answer.headers["Allow"] ?? "").split(separator: ",").map { $0.drop { $0 == " " } })
        #expect(names.isSuperset(of: allowed.split(separator: ",").map { $0.drop { $0 == " " } }), "\(names)")
    }

    @Test func answersNeverRepeatSecrets() async throws {
        let app = try await TestApplication()
        let body = Self.body([
            ("auth", ["type": "basic", "username": "a:b", "password": "hunter2"]),
            ("headers", ["X-Api-Key": "hunter2\n"]), ("url", "http://user:hunter2@/"), ("proxy", "http://u:hunter2@h"),
        ])
        let answer = await app.send(.post, "/api/v1/monitors", body)
        #expect(answer.faults.count == 4)
        #expect(!answer.text.contains("hunter2"))
    }
}
