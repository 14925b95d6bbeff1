import API
import Alerting
import Base
import Domain
import HTTPServer
import SQL
import Storage
import Testing

/// `/incidents`: the pages that notifications link to.
@Suite struct IncidentPageTests {
    private let form: Headers = ["Content-Type": "application/x-www-form-urlencoded"]

    private func post(_ app: TestApplication, _ body: String, _ headers: Headers? = nil) async -> Answer {
        await app.send(.post, "/incidents/1", bytes: Array(body.utf8), headers: headers ?? form)
    }

    @Test func incidentPageShowsTheTimeline() async throws {
        let app = try await TestApplication()
        try await app.open { $0.tags = ["web"] }
        let answer = await app.send(.get, "/incidents/1")
        #expect(answer.status == 200 && answer.type == "text/html; charset=utf-8")
        for words in ["<h1>Shop</h1>", "status 503", "http://shop.test/", "<dd>web</dd>", "class=\"state open\""] {
            #expect(answer.text.contains(words), "\(words) \(answer.text)")
        }
        #expect(answer.headers["Referrer-Policy"] == "same-origin", "or browsers hide the origin of the form")
        let policy = answer.headers["Content-Security-Policy"] ?? ""
        #expect(policy.contains("default-src 'none'") && policy.contains("form-action 'self'"))
        #expect(!policy.contains("script") && !answer.text.contains("<script"))
    }

    @Test func formAcknowledgesTheIncident() async throws {
        let app = try await TestApplication()
        try await app.open()
        let done = await post(app, "action=acknowledge&author=Ada+L&comment=On+it%0D%0Anow")
        #expect(done.status == 303 && done.headers["Location"] == "/incidents/1")
        let incident = try await app.ask(.get, "/api/v1/incidents/1").json
        #expect(incident["state"] == "acknowledged" && incident["acknowledged_by"] == "Ada L")
        let lines = try await app.ask(.get, "/api/v1/incidents/1/timeline").json.arrayValue ?? []
        #expect(lines.last?["text"] == "On it\nnow")
        let page = await app.send(.get, "/incidents/1").text
        #expect(!page.contains("value=\"acknowledge\"") && page.contains("by Ada L"))
        #expect(await post(app, "action=comment&comment=Done").status == 303)
        #expect(await app.send(.get, "/incidents/1").text.contains("<p>Done</p>"))
    }

    @Test func resolvedIncidentsCannotBeAcknowledged() async throws {
        let app = try await TestApplication()
        try await app.open()
        _ = await app.send(.post, "/api/v1/incidents/1/resolve")
        let refused = await post(app, "action=acknowledge")
        #expect(refused.status == 409 && refused.text.contains("role=\"alert\">The incident is resolved already</p>"))
    }

    @Test(
        arguments: [
            ("", 422, "action is acknowledge or comment"), ("action=resolve", 422, "action is acknowledge or comment"),
            ("action=comment", 422, "The comment is empty"),
            ("action=comment&comment=+%0A", 422, "The comment is empty"),
            ("action=comment&comment=a%1Bb", 422, "The comment holds control characters"),
            ("action=acknowledge&author=a%0Ab", 422, "The author holds control characters"),
            ("action=acknowledge&author=" + String(repeating: "a", count: 101), 422, "more than 100 characters"),
            ("action=comment&comment=" + String(repeating: "a", count: 4001), 422, "more than 4000 characters"),
            ("action=%zz", 400, "invalid escape"), ("action=comment&comment=%ff", 400, "invalid escape"),
            ("comment=" + String(repeating: "a", count: 70_000), 400, "The form cannot be read"),
        ] as [(String, Int, String)]
    )
    func malformedFormsChangeNothing(_ body: String, _ status: Int, _ words: String) async throws {
        let app = try await TestApplication()
        try await app.open()
        let answer = await post(app, body)
        #expect(answer.status == status && answer.text.contains(words), "\(answer)")
        #expect(try await app.ask(.get, "/api/v1/incidents/1").json["state"] == "open")
    }

    @Test func formsOfOtherOriginsAreRefused() async throws {
        let app = try await TestApplication()
        try await app.open()
        #expect(await post(app, "action=acknowledge", ["Content-Type": "application/json"]).status == 400)
        for origin in ["http://evil.test", "null"] {
            var headers = form
            headers.append("Host", "127.0.0.1:8000")
            headers.append("Origin", origin)
            #expect(await post(app, "action=acknowledge", headers).status == 403)
        }
        #expect(try await app.ask(.get, "/api/v1/incidents/1").json["state"] == "open")
        var own = form
        own.append("Host", "127.0.0.1:8000")
        own.append("Origin", "http://127.0.0.1:8000")
        #expect(await post(app, "action=acknowledge", own).status == 303)
    }

    @Test func textFromTargetsIsEscaped() async throws {
        let app = try await TestApplication()
        try await app.open(.monitor, "<script>alert(1)</script>") { opening in
            opening.message = "\"><img src=x onerror='a'>&\u{202E}\u{1B}[31m"
        }
        for path in ["/incidents", "/incidents/1"] {
            let text = await app.send(.get, path).text
            #expect(!text.contains("<script") && !text.contains("<img") && !text.contains("\u{202E}"))
            #expect(!text.contains("\u{1B}"))
            #expect(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
            #expect(text.contains("&quot;&gt;&lt;img src=x onerror=&#39;a&#39;&gt;&amp;\u{FFFD}\u{FFFD}[31m"))
        }
    }

    @Test func listShowsOpenIncidentsFirst() async throws {
        let app = try await TestApplication()
        #expect(await app.send(.get, "/incidents").text.contains("<h1>Nothing is wrong</h1>"))
        for name in ["A", "B", "C"] { try await app.open(.monitor, name) }
        _ = await app.send(.post, "/api/v1/incidents/3/resolve")
        let text = await app.send(.get, "/incidents").text
        #expect(text.contains("<h1>2 incidents</h1>"))
        let places = ["/incidents/2", "/incidents/1", "<h2>Ended", "/incidents/3"].map {
            text.firstRange(of: $0)?.lowerBound
        }
        #expect(places.allSatisfy { $0 != nil } && places.compactMap { $0 } == places.compactMap { $0 }.sorted())
    }

    @Test func longTimelinesShowTheNewestLines() async throws {
        let app = try await TestApplication()
        try await app.open()
        try await app.database.transaction { session throws(SQLError) in
            let lines = (1...600).map { IncidentEvent(.commented, at: TestApplication.start, "line-\($0)-") }
            try await IncidentStore(session).add(lines, to: IncidentID(rawValue: 1))
        }
        let text = await app.send(.get, "/incidents/1").text
        #expect(text.contains("line-600-") && text.contains("line-101-") && !text.contains("line-100-"))
        #expect(text.contains("/api/v1/incidents/1/timeline\">more lines</a>"))
    }

    @Test func unknownIncidentsAreNotFound() async throws {
        let app = try await TestApplication()
        #expect(await app.send(.get, "/incidents/1").status == 404)
        #expect(await post(app, "action=acknowledge").status == 404)
        #expect(await app.send(.get, "/incidents/0").status == 404)
    }

    @Test func incidentLinksToItsMonitor() async throws {
        let app = try await TestApplication()
        await app.createMonitor()
        try await app.open(.monitor) { $0.monitorID = MonitorID(rawValue: 1) }
        #expect(await app.send(.get, "/incidents/1").text.contains("<a href=\"/monitors/1\">"))
        let page = await app.send(.get, "/monitors/1")
        #expect(page.status == 200 && page.type == "text/html; charset=utf-8")
        #expect(page.text.contains("<a href=\"/incidents/1\">Shop</a>"))
        #expect(await app.send(.get, "/monitors").text.contains("<a href=\"/monitors/1\">"))
    }

    @Test(arguments: ["/incidents/99999", "/incidents/x", "/monitors/7", "/nowhere", "/monitors?cursor=x"])
    func browsersGetErrorPages(_ path: String) async throws {
        let app = try await TestApplication()
        let plain = await app.send(.get, path)
        #expect(plain.type == "application/problem+json")
        let page = await app.send(.get, path, headers: ["Accept": "text/html,application/xhtml+xml,*/*;q=0.8"])
        #expect(page.status == plain.status && page.type == "text/html; charset=utf-8")
        #expect(page.text.contains("<link rel=\"stylesheet\"") && page.headers["Vary"] == "Accept")
        let program = await app.send(.get, "/api/v1/incidents/99999", headers: ["Accept": "text/html"])
        #expect(program.type == "application/problem+json")
    }

    @Test func landingPageLinksToThePages() async throws {
        let app = try await TestApplication()
        let page = await app.send(.get, "/").text
        for link in ["/style.css", "/incidents", "/monitors", "/docs"] { #expect(page.contains("\"\(link)\"")) }
        #expect(!page.contains("/api/v1/"))
    }
}
