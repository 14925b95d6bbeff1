import API
import Base
import Domain
import HTTPServer
import SQL
import Storage
import Testing

/// `/api/v1/silences`.
@Suite struct SilenceContractTests {
    private let path = "/api/v1/silences"

    /// An API whose clock the test controls.
    private func application() async throws -> (app: TestApplication, clock: Shared<Timestamp>) {
        let clock = Shared(TestApplication.start)
        return (try await TestApplication { $0.now = { clock.value } }, clock)
    }

    @Test("a matcher that would be longer when it is written down is refused, not stored unreadable")
    func longMatchers() async throws {
        let (app, _) = try await application()
        let text = "name=~shop|" + String(repeating: "\\d", count: 122)
        let body: JSONValue = ["matchers": [.string(text)], "duration": 600, "comment": "c"]
        #expect(try await app.ask(.post, path, body).status == 422)
        let short = "name=~shop|" + String(repeating: "\\d", count: 70)
        let created = try await app.ask(.post, path, ["matchers": [.string(short)], "duration": 600, "comment": "c"])
        #expect(created.status == 201)
        #expect(try await app.ask(.get, "\(path)/1").status == 200)
    }

    @Test func aDamagedSilenceIsDeleted() async throws {
        let (app, _) = try await application()
        #expect(try await app.ask(.post, path, ["matchers": ["tag=a"], "duration": 600, "comment": "c"]).status == 201)
        _ = try await app.database.execute("UPDATE silences SET matchers = 'zz'")
        #expect(try await app.ask(.get, "\(path)/1").status == 500)
        #expect(try await app.ask(.delete, "\(path)/1").status == 204)
        #expect(try await app.ask(.get, "\(path)/1").status == 404)
        #expect(try await app.ask(.delete, "\(path)/1").status == 404)
    }

    @Test func silencesBeginAndEnd() async throws {
        let (app, clock) = try await application()
        let body: JSONValue = [
            "matchers": ["tag=shop", "severity != critical"], "duration": 7200, "comment": "Deploying\nit",
            "author": "Ada",
        ]
        let created = try await app.ask(.post, path, body)
        #expect(created.status == 201 && created.headers["Location"] == "\(path)/1", "\(created)")
        for (name, value) in [
            ("id", 1), ("state", "active"), ("matchers", ["tag=shop", "severity!=critical"]),
            ("starts_at", "2025-11-20T05:09:37.000Z"), ("ends_at", "2025-11-20T07:09:37.000Z"),
            ("comment", "Deploying\nit"), ("author", "Ada"),
        ] as [(String, JSONValue)] {
            #expect(created.json[name] == value, "\(name)")
        }
        #expect(try await app.ask(.get, path).json == [created.json.withoutMatches])
        let kept = try await app.alerting.silences.list(endingAfter: TestApplication.start)
        #expect(kept.first?.matchers.count == 2)
        clock.change { $0 = $0 + .seconds(7200) }
        #expect(try await app.ask(.get, path).json == [])
        #expect(try await app.ask(.get, "\(path)/1").json["state"] == "expired")
    }

    @Test func endingASilenceQueuesHeldNotifications() async throws {
        let (app, clock) = try await application()
        let (channel, incident) = (try await app.addChannel("ops"), try await app.open())
        try await app.tell(channel, incident)
        _ = try await app.database.execute("UPDATE outbox_items SET state = 'silenced', due_at = $1", [.integer(.max)])
        _ = try await app.ask(.post, path, ["matchers": ["tag=a"], "duration": 60, "comment": "x"])
        clock.change { $0 = $0 + .seconds(5) }
        for _ in 0..<2 { #expect(try await app.ask(.delete, "\(path)/1").status == 204) }
        #expect(try await app.ask(.get, "\(path)/1").json["ends_at"] == "2025-11-20T05:09:42.000Z")
        #expect(try await app.count("outbox_items WHERE state = 'queued' AND due_at = 1763615382000") == 1)
        #expect(app.wakes.value == 1)
        let missing = try await app.ask(.delete, "\(path)/2")
        #expect(missing.status == 404 && missing.json["detail"] == "Silence not found")
        #expect(try await app.ask(.get, "\(path)/2").status == 404)
    }

    @Test func listsArePagedAndShowEndedSilencesOnRequest() async throws {
        let (app, clock) = try await application()
        for index in 1...6 {
            let length = JSONValue.integer(index % 2 == 0 ? 10 : 100)
            let body: JSONValue = [
                "matchers": ["tag=a"], "duration": length, "comment": "x", "starts_at": "2025-11-20T05:09:40Z",
            ]
            #expect(try await app.ask(.post, path, body).json["state"] == "pending")
        }
        clock.change { $0 = $0 + .seconds(20) }
        #expect(try await app.numbers("\(path)?limit=2") == [1, 3, 5])
        #expect(try await app.numbers("\(path)?include_expired=true&limit=4") == [1, 2, 3, 4, 5, 6])
        #expect(try await app.numbers("\(path)?include_expired=false&cursor=3") == [5])
        #expect(try await app.ask(.get, "\(path)?include_expired=1").faults == ["literal_error query.include_expired"])
    }

    @Test func numberOfActiveSilencesIsBounded() async throws {
        let (app, clock) = try await application()
        try await app.database.transaction { session throws(SQLError) in
            for _ in 0..<1000 {
                _ = try await session.execute(
                    "INSERT INTO silences (matchers, starts_at, ends_at, comment) VALUES ('tag=a', 0, $1, 'x')",
                    [.integer((TestApplication.start + .seconds(10)).milliseconds)]
                )
            }
        }
        let body: JSONValue = ["matchers": ["tag=a"], "duration": 60, "comment": "x"]
        #expect(try await app.ask(.post, path, body).status == 409)
        clock.change { $0 = $0 + .seconds(10) }
        #expect(try await app.ask(.post, path, body).status == 201)
    }

    @Test(
        arguments: [
            (["matchers": []], "too_short body.matchers"), (["matchers": .null], "list_type body.matchers"),
            (["matchers": ["tag=a", "x"]], "value_error body.matchers.1"),
            (["matchers": ["tag=a\nseverity=info"]], "value_error body.matchers.0"),
            (["comment": ""], "string_too_short body.comment"), (["comment": " \n"], "value_error body.comment"),
            (["comment": .string(String(repeating: "x", count: 1001))], "string_too_long body.comment"),
            (["comment": "a\u{1B}"], "value_error body.comment"), (["author": "a\tb"], "value_error body.author"),
            (["duration": 0], "greater_than_equal body.duration"), (["duration": "2h"], "int_parsing body.duration"),
            (["duration": 31_536_001], "less_than_equal body.duration"),
            (["ends_at": "2025-11-21T00:00:00Z"], "value_error body.duration"),
            (["duration": .null], "int_type body.duration"),
            (["duration": 60, "starts_at": "2025-11-20T05:08:00Z"], "value_error body.duration"),
            (["starts_at": "tomorrow"], "datetime_parsing body.starts_at"),
            (["starts_at": 5], "string_type body.starts_at"), (["id": 1], "extra_forbidden body.id"),
        ] as [(JSONValue, String)]
    )
    func badInput(change: JSONValue, fault: String) async throws {
        var object = JSONObject([("matchers", ["tag=a"]), ("duration", 60), ("comment", "x")])
        if case .object(let members) = change { for (name, value) in members.members { object[name] = value } }
        try await expect(fault, of: .object(object))
    }

    @Test(arguments: [
        (nil, nil, "missing body.ends_at"),
        (nil, "2025-11-20T05:09:37Z", "value_error body.ends_at"),
        (nil, "2025-11-20T05:09:36Z", "value_error body.ends_at"),
        ("2025-11-20T06:00:00Z", "2025-11-20T05:59:59Z", "value_error body.ends_at"),
        ("2025-11-20T04:00:00Z", "2025-11-20T05:00:00Z", "value_error body.ends_at"),
        (nil, "2026-11-20T05:09:38Z", "value_error body.ends_at"),
        ("2024-11-20T05:09:37Z", "2025-11-21T00:00:00Z", "value_error body.ends_at"),
        (nil, "2025-11-20 25:00", "datetime_parsing body.ends_at"),
    ])
    func contradictoryTimesAreRefused(start: String?, end: String?, fault: String) async throws {
        var object = JSONObject([("matchers", ["tag=a"]), ("comment", "x")])
        (object["starts_at"], object["ends_at"]) = (start.map { .string($0) }, end.map { .string($0) })
        try await expect(fault, of: .object(object))
    }

    private func expect(_ fault: String, of body: JSONValue) async throws {
        let (app, _) = try await application()
        let answer = try await app.ask(.post, path, body)
        #expect(answer.status == 422 && answer.faults == [fault], "\(answer)")
        #expect(try await app.count("silences") == 0)
    }

    @Test func longestSilenceAndPastStartAreAccepted() async throws {
        let (app, _) = try await application()
        for (start, end) in [
            ("2025-11-20T05:09:37Z", "2026-11-20T05:09:37Z"), ("2025-11-20T05:00:00Z", "2025-11-20T06:00:00+00:00"),
        ] {
            let body: JSONValue = [
                "matchers": ["tag=a"], "comment": "x", "starts_at": .string(start), "ends_at": .string(end),
            ]
            #expect(try await app.ask(.post, path, body).status == 201)
        }
    }
}
