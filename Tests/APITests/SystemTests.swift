import API
import Base
import HTTPServer
import Testing

/// Health, metrics, pages and access control.
@Suite struct SystemTests {
    @Test func healthNamesFailingParts() async throws {
        let app = try await TestApplication { $0.environment = "staging" }
        app.health.set("store", .ok)
        let healthy = await app.send(.get, "/health")
        #expect(healthy.status == 200)
        #expect(healthy.json["status"] == "healthy" && healthy.json["service"] == "Sentinel")
        #expect(healthy.json["version"] == .string(Base.version) && healthy.json["environment"] == "staging")
        #expect(healthy.json["checks"]?["store"]?["status"] == "ok")
        app.health.set("scheduler", .degraded("late"))
        let degraded = await app.send(.get, "/health/")
        #expect(degraded.status == 200 && degraded.json["status"] == "degraded")
        #expect(degraded.json["checks"]?["scheduler"]?["message"] == "late")
        app.health.set("store", .failing("no space left"))
        let failing = await app.send(.get, "/health")
        #expect(failing.status == 503 && failing.json["status"] == "unhealthy")
        #expect(await app.send(.get, "/api/v1/health/liveness").status == 200)
    }

    @Test func metricsAreLabelledByRouteTemplate() async throws {
        let app = try await TestApplication()
        await app.createMonitor()
        _ = await app.send(.get, "/api/v1/monitors/1")
        _ = await app.send(.get, "/api/v1/monitors/2")
        _ = await app.send(.get, "/secret-path-of-a-stranger")
        _ = await app.send(.other("BREW"), "/health")
        let answer = await app.send(.get, "/metrics")
        #expect(answer.status == 200)
        #expect(answer.type == "text/plain; version=0.0.4; charset=utf-8")
        for line in [
            #"http_requests_total{method="GET",route="/api/v1/monitors/{id}",status="200"} 1"#,
            #"http_requests_total{method="GET",route="/api/v1/monitors/{id}",status="404"} 1"#,
            #"http_requests_total{method="GET",route="none",status="404"} 1"#,
            #"http_requests_total{method="OTHER",route="/health",status="405"} 1"#,
            #"http_request_duration_seconds_count{route="/api/v1/monitors/{id}"} 2"#,
        ] {
            #expect(answer.text.contains(line + "\n"), "\(line)\n\(answer.text)")
        }
        #expect(!answer.text.contains("stranger"))
        let off = try await TestApplication { $0.servesMetrics = false }
        #expect(await off.send(.get, "/metrics").status == 404)
    }

    @Test(arguments: ["/", "/docs", "/api/docs", "/docs/"])
    func pagesLoadNothingFromOtherHosts(path: String) async throws {
        let answer = await (try await TestApplication()).send(.get, path)
        #expect(answer.status == 200)
        #expect(answer.type == "text/html; charset=utf-8")
        for word in ["http://", "https://", "<style", "onclick", "<script>"] { #expect(!answer.text.contains(word)) }
        let policy = answer.headers["Content-Security-Policy"] ?? ""
        #expect(policy.hasPrefix("default-src 'none'"))
        #expect(!policy.contains("script-src 'self' 'unsafe"))
    }

    @Test func apiExplorerIsServedOrExplainsItsSetup() async throws {
        let app = try await TestApplication()
        let page = await app.send(.get, "/docs").text
        guard !page.contains("make setup") else { return #expect(page.contains("/openapi.json")) }
        let paths = page.split(separator: "\"").map(String.init).filter { $0.hasPrefix("/assets/") }
        #expect(paths.count == 3)
        for path in paths {
            let asset = await app.send(.get, path)
            #expect(asset.status == 200 && !asset.bytes.isEmpty)
            #expect(asset.headers["Cache-Control"] == "public, max-age=31536000, immutable")
            let tag = try #require(asset.headers["ETag"])
            let again = await app.send(.get, path, headers: ["If-None-Match": tag])
            #expect(again.status == 304 && again.bytes.isEmpty)
        }
    }

    @Test func answersCarrySecurityHeaders() async throws {
        let app = try await TestApplication()
        for path in ["/", "/health", "/api/domains/", "/nowhere"] {
            let headers = await app.send(.get, path).headers
            #expect(headers["X-Content-Type-Options"] == "nosniff")
            #expect(headers["X-Frame-Options"] == "DENY")
            #expect(headers["Content-Security-Policy"]?.contains("frame-ancestors 'none'") == true)
            #expect(headers["Access-Control-Allow-Origin"] == nil)
        }
    }

    @Test(arguments: [
        ("localhost:8000", 200), ("127.0.0.1", 200), ("[::1]:8000", 200), ("LOCALHOST", 200), ("evil.example", 421),
        ("127.0.0.1.evil.example", 421), ("status.example.com", 200), ("a.example.org:80", 200), ("example.org", 200),
        ("evilexample.org", 421), ("", 421), ("[::2]", 421), ("[::1].evil.test", 421), ("[::1]evil.test:80", 421),
        ("[::1]:80:90", 421), ("[::1", 421), ("localhost:port", 421), ("localhost:99999", 421), ("localhost:", 200),
        ("localhost/", 421), ("evil@localhost", 421), ("localhost evil.test", 421),
    ])
    func onlyAllowedHostNamesAreAnswered(host: String, status: Int) async throws {
        let app = try await TestApplication {
            $0.access = AccessPolicy(allowedHosts: ["status.example.com", ".example.org"])
        }
        #expect(await app.send(.get, "/health", headers: ["Host": host]).status == status)
    }

    @Test(arguments: [
        ("http://localhost:8000", 201), ("http://localhost:8001", 403), ("https://evil.example", 403), ("null", 403),
        ("http://localhost", 403), ("https://ui.example.com", 201), ("", 403),
    ])
    func otherOriginsCannotWrite(origin: String, status: Int) async throws {
        let app = try await TestApplication { $0.access = AccessPolicy(trustedOrigins: ["https://ui.example.com"]) }
        let headers: Headers = ["Host": "localhost:8000", "Origin": origin]
        let created = await app.send(.post, "/api/v1/monitors", BadInputTests.body([]), headers: headers)
        #expect(created.status == status)
        #expect(await app.send(.get, "/api/v1/monitors", headers: headers).status == 200)
        #expect(app.broker.events.count == (status == 201 ? 1 : 0))
    }

    @Test(arguments: [
        ("cross-site", 403), ("same-site", 403), ("Cross-Site", 403), ("unheard-of", 403), ("same-origin", 201),
        ("none", 201),
    ])
    func crossSiteRequestsWithoutOriginCannotWrite(site: String, status: Int) async throws {
        let app = try await TestApplication()
        let headers: Headers = ["Host": "localhost:8000", "Sec-Fetch-Site": site]
        #expect(await app.send(.post, "/api/v1/monitors", BadInputTests.body([]), headers: headers).status == status)
        #expect(await app.send(.get, "/api/v1/monitors", headers: headers).status == 200)
    }
}
