import Base
import HTTPServer
import Storage
import Testing

/// Any body is either refused with a client error, or accepted as one row.
@Suite struct RandomBodyTests {
    private static let keys = [
        "name", "url", "interval", "interval_seconds", "enabled", "is_active", "tags", "method", "headers", "body",
        "auth",
        "expected_status", "timeout", "connect_timeout", "max_redirects", "follow_redirects", "resolve", "proxy", "odd",
        "username", "password", "token", "type", "\u{0}", "ключ", "matchers", "channels", "group_by", "delay",
        "position",
        "duration", "starts_at", "ends_at", "comment", "author", "text", "repeat_interval",
    ]
    private static let texts = [
        "", "x", "Shop", "http://h/", "http://[::1]:1/", "ftp://x", "********", "a\r\nb", "\u{0}", "200-299", "basic",
        "bearer", "GET", "example.com:443:127.0.0.1", "socks5://h", "\u{202E}", "é\u{301}", "-1", "null",
        "tag=a", "name!~\u{301}*", "series.a=b\nc", "2026-11-20T05:09:37Z", "9999-12-31T23:59:59Z",
    ]

    private func value(_ generator: inout SeededGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 3 ? 6 : 9), using: &generator) {
        case 0: .null
        case 1: .bool(.random(using: &generator))
        case 2: .integer(.random(in: -5...200_000, using: &generator))
        case 3: .integer([Int64.min, .max, 0, 60, 200][Int.random(in: 0..<5, using: &generator)])
        case 4: .number(.random(in: -1e20...1e20, using: &generator))
        case 5: .string(Self.texts[Int.random(in: 0..<Self.texts.count, using: &generator)])
        case 6:
            .array(
                (0..<Int.random(in: 0..<4, using: &generator)).map { _ in value(&generator, depth: depth + 1) }
            )
        default: object(&generator, depth: depth)
        }
    }

    private func object(_ generator: inout SeededGenerator, depth: Int) -> JSONValue {
        var object = JSONObject()
        for _ in 0..<Int.random(in: 0..<8, using: &generator) {
            let key = Self.keys[Int.random(in: 0..<Self.keys.count, using: &generator)]
            object[key] = value(&generator, depth: depth + 1)
        }
        return .object(object)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func randomBodiesNeverCrash(seed: UInt64) async throws {
        let app = try await TestApplication()
        var generator = SeededGenerator(seed: seed)
        var created = 0
        for round in 0..<400 {
            var body = value(&generator, depth: 0)
            if case .object(var object) = body, round % 2 == 0 {
                object["name"] = .string("Monitor \(round)")
                object["url"] = .string("http://host\(round)/")
                body = .object(object)
            }
            let answer = await app.send(.post, "/api/v1/monitors", body)
            #expect([201, 409, 422].contains(answer.status), "seed \(seed): \(body) gives \(answer)")
            if answer.status == 201 { created += 1 }
            let id = max(created, 1)
            for method in [Method.put, .patch] {
                let changed = await app.send(method, "/api/v1/monitors/\(id)", body)
                #expect([200, 404, 409, 422].contains(changed.status), "seed \(seed): \(body) gives \(changed)")
            }
        }
        #expect(created > 0)
        #expect(try await app.monitors.count() == created)
    }

    @Test(arguments: [31, 32] as [UInt64])
    func randomAlertingBodiesNeverCrash(seed: UInt64) async throws {
        let app = try await TestApplication()
        try await app.addChannel("a")
        try await app.open()
        var generator = SeededGenerator(seed: seed)
        for round in 0..<300 {
            var body = value(&generator, depth: 0)
            if case .object(var object) = body, round % 2 == 0 {
                object["name"] = .string("Policy \(round)")
                if object["matchers"] != nil { object["matchers"] = ["tag=a", value(&generator, depth: 4)] }
                body = .object(object)
            }
            for (method, path) in [
                (.post, "policies"), (.put, "policies/1"), (.patch, "policies/1"), (.post, "silences"),
                (.post, "incidents/1/comment"), (.post, "incidents/1/acknowledge"),
            ] as [(Method, String)] {
                let answer = await app.send(method, "/api/v1/\(path)", body)
                #expect(answer.status < 500, "seed \(seed): \(body) gives \(answer)")
            }
            // Every accepted row can be read.
            for path in ["policies", "silences?include_expired=true&limit=1000", "incidents/1/timeline?limit=1000"] {
                let answer = await app.send(.get, "/api/v1/\(path)")
                #expect(answer.status == 200, "seed \(seed): \(answer)")
            }
        }
        #expect(try await app.count("policies") > 0)
    }

    @Test(arguments: [11, 12] as [UInt64])
    func damagedJSONNeverCrashes(seed: UInt64) async throws {
        let app = try await TestApplication()
        var generator = SeededGenerator(seed: seed)
        let whole = Array(
            BadInputTests.body([("tags", ["a"]), ("headers", ["X-A": "b"]), ("timeout", 1.5)]).description.utf8
        )
        for _ in 0..<1000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = .random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: index)
                default: bytes.insert(.random(in: 0...255, using: &generator), at: index)
                }
            }
            let answer = await app.send(.post, "/api/v1/monitors", bytes: bytes)
            #expect([201, 409, 422].contains(answer.status), "seed \(seed): \(bytes) gives \(answer)")
        }
    }

    @Test(arguments: [21] as [UInt64])
    func randomTargetsNeverCrash(seed: UInt64) async throws {
        let app = try await TestApplication()
        await app.createMonitor()
        var generator = SeededGenerator(seed: seed)
        let pieces = [
            "/api", "/v1", "/monitors", "/domains", "/monitoring", "/1", "/x", "/history", "/check", "/tasks", "/",
            "?limit=",
            "&before=", "5", "%00", "%2F", "%", "=", "-1", "&q=%25", "/results", "99999999999999999999", "&status=up",
            "&from=2026-01-01T00:00:00Z", "/incidents", "/timeline", "/acknowledge", "/policies", "/silences",
            "/notifications", "/resend", "&cursor=3", "&state=dead",
        ]
        for _ in 0..<2000 {
            var target = "/api"
            for _ in 0..<Int.random(in: 0..<8, using: &generator) {
                target += pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }
            let answer = await app.send(Bool.random(using: &generator) ? .get : .post, target)
            #expect(answer.status < 500, "\(target) gives \(answer)")
        }
    }
}
