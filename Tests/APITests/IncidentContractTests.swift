import API
import Alerting
import Base
import Domain
import HTTPServer
import SQL
import Storage
import Testing

/// `/api/v1/incidents`.
@Suite struct IncidentContractTests {
    private let path = "/api/v1/incidents"

    @Test func answersHaveEveryField() async throws {
        let app = try await TestApplication()
        try await app.open(.monitor) { opening in
            (opening.monitorID, opening.reason, opening.failures) = (MonitorID(rawValue: 7), "http_status", 2)
            (opening.tags, opening.causedBy, opening.part) = (["a", "b"], IncidentID(rawValue: 9), "p")
        }
        let answer = try await app.ask(.get, "\(path)/1")
        for (name, value) in [
            ("id", 1), ("kind", "monitor"), ("monitor_id", 7), ("rule_id", .null), ("part", "p"), ("subject", "Shop"),
            ("target", "http://shop.test/"), ("severity", "critical"), ("state", "open"), ("reason", "http_status"),
            ("message", "status 503"), ("opened_at", "2025-11-20T05:09:37.000Z"), ("acknowledged_at", .null),
            ("acknowledged_by", .null), ("resolved_at", .null), ("resolution", .null), ("reopenings", 0),
            ("failures", 2), ("updated_at", "2025-11-20T05:09:37.000Z"), ("tags", ["a", "b"]), ("caused_by", 9),
        ] as [(String, JSONValue)] {
            #expect(answer.json[name] == value, "\(name)")
        }
        #expect((answer.json["duration_seconds"]?.integerValue ?? 0) > 0)
        #expect(try await app.ask(.get, path).json.arrayValue?.first?["subject"] == "Shop")
    }

    @Test func durationFollowsTheServerClockAndIsNeverNegative() async throws {
        let app = try await TestApplication { $0.now = { TestApplication.start + .milliseconds(90_900) } }
        try await app.open()
        try await app.open(at: TestApplication.start + .seconds(500))
        #expect(try await app.ask(.get, "\(path)/1").json["duration_seconds"] == 90)
        #expect(try await app.ask(.get, "\(path)/2").json["duration_seconds"] == 0)
    }

    @Test func listsArePagedAndFiltered() async throws {
        let app = try await TestApplication()
        for index in 1...7 {
            let kind: Incident.Kind = index % 2 == 0 ? .certificate : .connectivity
            try await app.open(kind, "S\(index)", at: TestApplication.start + .seconds(index)) { opening in
                opening.severity = index == 3 ? .info : .critical
                if index == 5 { opening.monitorID = MonitorID(rawValue: 55) }
            }
        }
        _ = await app.send(.post, "\(path)/2/acknowledge")
        _ = await app.send(.post, "\(path)/4/resolve")
        for (query, expected) in [
            ("limit=3", [7, 6, 5, 4, 3, 2, 1]), ("limit=1&state=active", [7, 6, 5, 3, 2, 1]),
            ("state=open&limit=7", [7, 6, 5, 3, 1]), ("state=acknowledged", [2]), ("state=resolved", [4]),
            ("kind=certificate&limit=2", [6, 4, 2]), ("kind=rule", []), ("severity=info", [3]), ("monitor_id=55", [5]),
            ("from=2025-11-20T05:09:40Z&to=2025-11-20T05:09:42Z&limit=1", [4, 3]), ("cursor=3", [2, 1]),
            ("cursor=0", []), ("from=2025-11-20T06:09:43%2B01:00", [7, 6]),
        ] as [(String, [Int64])] {
            #expect(try await app.numbers("\(path)?\(query)") == expected, "\(query)")
        }
        for (query, fault) in [
            ("state=closed", "literal_error query.state"), ("kind=x", "literal_error query.kind"),
            ("severity=bad", "literal_error query.severity"), ("cursor=x", "int_parsing query.cursor"),
            ("cursor=-1", "int_parsing query.cursor"), ("monitor_id=", "string_too_short query.monitor_id"),
            ("monitor_id=1.5", "int_parsing query.monitor_id"), ("from=now", "datetime_parsing query.from"),
            ("to=1969-01-01", "datetime_parsing query.to"), ("limit=0", "greater_than_equal query.limit"),
            ("limit=1001", "less_than_equal query.limit"), ("page=2", "extra_forbidden query.page"),
        ] {
            #expect(try await app.ask(.get, "\(path)?\(query)").faults == [fault], "\(query)")
        }
    }

    @Test func acknowledgementIsSentOnceToNotifiedChannels() async throws {
        let app = try await TestApplication()
        let incident = try await app.open()
        try await app.tell(try await app.addChannel("ops"), incident)
        try await app.addChannel("silent")
        let body: JSONValue = ["author": "Ada", "comment": "On it\nnow"]
        let first = try await app.ask(.post, "\(path)/1/acknowledge", body)
        #expect(first.status == 200)
        #expect(first.json["state"] == "acknowledged" && first.json["acknowledged_by"] == "Ada")
        #expect(first.json["acknowledged_at"] == first.json["updated_at"])
        #expect(try await app.count("outbox_items WHERE event = 'acknowledged' AND channel_id = 1") == 1)
        #expect(app.wakes.value == 1)
        #expect(app.metrics.prometheusText().contains(#"sentinel_incidents_total{event="acknowledged"} 1"#))
        for again in [body, ["author": "Eve"], nil] as [JSONValue?] {
            let second = try await app.ask(.post, "\(path)/1/acknowledge", again)
            #expect(second.status == 200 && second.json["acknowledged_by"] == "Ada", "\(second)")
        }
        #expect(try await app.count("outbox_items") == 2)
        #expect(app.wakes.value == 1)
        let lines = try await app.ask(.get, "\(path)/1/timeline").json.arrayValue ?? []
        #expect(lines.map { $0["kind"] } == ["opened", "acknowledged"])
        #expect(lines.last?["author"] == "Ada" && lines.last?["text"] == "On it\nnow")
    }

    @Test func concurrentAcknowledgementsCountOnce() async throws {
        let app = try await TestApplication()
        try await app.tell(try await app.addChannel("ops"), try await app.open())
        let path = path
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<20 {
                group.addTask {
                    let answer = await app.send(.post, "\(path)/1/acknowledge", ["author": .string("A\(index)")])
                    #expect(answer.status == 200)
                }
            }
        }
        #expect(try await app.count("incident_events WHERE kind = 'acknowledged'") == 1)
        #expect(try await app.count("outbox_items WHERE event = 'acknowledged'") == 1)
    }

    @Test func incidentsCanBeResolvedByHand() async throws {
        let app = try await TestApplication()
        let incident = try await app.open()
        try await app.tell(try await app.addChannel("ops"), incident)
        let ended = try await app.ask(.post, "\(path)/1/resolve", ["author": "Ada"])
        #expect(ended.status == 200)
        #expect(ended.json["state"] == "resolved" && ended.json["resolution"] == "manual")
        #expect(ended.json["resolved_at"] != .null)
        #expect(try await app.count("outbox_items WHERE event = 'resolved' AND channel_id = 1") == 1)
        #expect(app.wakes.value == 1)
        for action in ["acknowledge", "resolve"] {
            let refused = try await app.ask(.post, "\(path)/1/\(action)")
            #expect(refused.status == 409 && refused.json["detail"] == "The incident is resolved already")
        }
        // A comment can also follow the end.
        #expect(try await app.ask(.post, "\(path)/1/comment", ["text": "A cable"]).status == 200)
        let lines = try await app.ask(.get, "\(path)/1/timeline").json.arrayValue ?? []
        #expect(lines.map { $0["kind"] } == ["opened", "resolved", "commented"])
        #expect(lines[1]["text"] == "Resolved by hand" && lines[2]["author"] == .null)
        #expect(app.wakes.value == 2)
    }

    @Test(arguments: [
        (MonitorState.down, 409), (.up, 200), (.paused, 200), (.unknown, 200),
    ])
    func onlyIncidentsOfMonitorsThatAreNotDownCanBeResolved(state: MonitorState, status: Int) async throws {
        let app = try await TestApplication()
        await app.createMonitor()
        try await app.open(.monitor) { $0.monitorID = MonitorID(rawValue: 1) }
        _ = try await app.database.execute("UPDATE monitor_status SET state = $1", [.text(state.rawValue)])
        let answer = try await app.ask(.post, "\(path)/1/resolve", ["comment": "Enough"])
        #expect(answer.status == status, "\(answer)")
        guard status == 409 else { return }
        let words = "The monitor is still down: its incident ends when it is up again, or is paused"
        #expect(answer.json["detail"] == .string(words))
        #expect(try await app.ask(.get, "\(path)/1").json["state"] == "open")
        #expect(try await app.count("incident_events") == 1)
        #expect(app.wakes.value == 0)
    }

    @Test func timelinesArePaged() async throws {
        let app = try await TestApplication()
        try await app.open()
        try await app.open(.certificate, "Other")
        for index in 1...4 {
            let body: JSONValue = ["text": .string("Line \(index)"), "author": "Ada"]
            #expect(try await app.ask(.post, "\(path)/1/comment", body).status == 200)
        }
        #expect(try await app.numbers("\(path)/1/timeline?limit=2") == [1, 3, 4, 5, 6])
        #expect(try await app.numbers("\(path)/1/timeline?after=4") == [5, 6])
        #expect(try await app.numbers("\(path)/2/timeline") == [2])
        #expect(try await app.ask(.get, "\(path)/1/timeline?after=x").faults == ["int_parsing query.after"])
        #expect(try await app.ask(.get, "\(path)/3/timeline").status == 404)
    }

    @Test func timelinesAreBounded() async throws {
        let app = try await TestApplication()
        let incident = try await app.open()
        try await app.database.transaction { session throws(SQLError) in
            let line = IncidentEvent(.commented, at: TestApplication.start, "x")
            let lines = Array(repeating: line, count: IncidentCommands.timelineLimit - 2)
            try await IncidentStore(session).add(lines, to: incident.id)
        }
        #expect(try await app.ask(.post, "\(path)/1/comment", ["text": "the last"]).status == 200)
        let refused = try await app.ask(.post, "\(path)/1/comment", ["text": "one more"])
        #expect(refused.status == 409 && refused.json["detail"] == "The incident's timeline is full")
        // Actions are recorded all the same.
        #expect(try await app.ask(.post, "\(path)/1/acknowledge").status == 200)
        #expect(try await app.ask(.post, "\(path)/1/resolve").status == 200)
    }

    @Test(
        arguments: [
            ("acknowledge", ["author": ""], "string_too_short body.author"),
            ("acknowledge", ["author": "  "], "value_error body.author"),
            ("acknowledge", ["author": "a\nb"], "value_error body.author"),
            ("acknowledge", ["author": "a\u{7}"], "value_error body.author"),
            ("acknowledge", ["author": .string(String(repeating: "x", count: 101))], "string_too_long body.author"),
            ("acknowledge", ["author": 5], "string_type body.author"),
            ("acknowledge", ["comment": ""], "string_too_short body.comment"),
            ("acknowledge", ["comment": "a\r\nb"], "value_error body.comment"),
            ("acknowledge", ["comment": "a\u{0}"], "value_error body.comment"),
            ("acknowledge", ["by": "Ada"], "extra_forbidden body.by"), ("acknowledge", [], "dict_type body"),
            ("resolve", ["comment": .string(String(repeating: "x", count: 4001))], "string_too_long body.comment"),
            ("resolve", ["state": "resolved"], "extra_forbidden body.state"), ("resolve", .null, "dict_type body"),
            ("comment", [:], "missing body.text"), ("comment", ["text": .null], "string_type body.text"),
            ("comment", ["text": "\n"], "value_error body.text"),
            ("comment", ["text": ""], "string_too_short body.text"),
            ("comment", ["text": "a\tb"], "value_error body.text"),
            ("comment", ["text": .string(String(repeating: "é", count: 4001))], "string_too_long body.text"),
            ("comment", ["text": "x", "author": "\u{85}"], "value_error body.author"),
        ] as [(String, JSONValue, String)]
    )
    func badInput(action: String, body: JSONValue, fault: String) async throws {
        let app = try await TestApplication()
        try await app.open()
        let answer = try await app.ask(.post, "\(path)/1/\(action)", body)
        #expect(answer.status == 422 && answer.faults == [fault], "\(answer)")
        #expect(try await app.ask(.get, "\(path)/1").json["state"] == "open")
        #expect(try await app.count("incident_events") == 1)
    }

    @Test func commentsNeedATextWithinTheLimit() async throws {
        let app = try await TestApplication()
        try await app.open()
        #expect(try await app.ask(.post, "\(path)/1/comment").faults == ["missing body"])
        let text = String(repeating: "é\n", count: 2000)
        #expect(try await app.ask(.post, "\(path)/1/comment", ["text": .string(text)]).status == 200)
        #expect(try await app.ask(.get, "\(path)/1/timeline").json.arrayValue?.last?["text"] == .string(text))
    }

    @Test(arguments: ["1", "0", "-1", "99999999999999999999"])
    func unknownIncidentsAreNotFound(id: String) async throws {
        let app = try await TestApplication()
        for (method, action) in [
            (Method.get, ""), (.get, "/timeline"), (.post, "/acknowledge"), (.post, "/resolve"),
            (.post, "/comment"),
        ] {
            let body: JSONValue? = action == "/comment" ? ["text": "x"] : nil
            let answer = try await app.ask(method, "\(path)/\(id)\(action)", body)
            #expect(answer.status == 404 && answer.json["detail"] == "Incident not found", "\(answer)")
        }
    }

    @Test func unavailableStoreIsAnswered503() async throws {
        let app = try await TestApplication()
        try await app.open()
        await app.database.close()
        for (method, target, body) in [
            (.get, path, nil), (.get, "\(path)/1", nil), (.get, "\(path)/1/timeline", nil),
            (.post, "\(path)/1/acknowledge", nil), (.post, "\(path)/1/resolve", nil),
            (.post, "\(path)/1/comment", ["text": "x"]), (.get, "/api/v1/policies", nil),
            (.post, "/api/v1/policies", ["name": "P"]), (.patch, "/api/v1/policies/1", ["name": "P"]),
            (.delete, "/api/v1/policies/1", nil), (.get, "/api/v1/silences", nil),
            (.delete, "/api/v1/silences/1", nil), (.get, "/api/v1/notifications", nil),
            (.post, "/api/v1/notifications/1/resend", nil),
        ] as [(Method, String, JSONValue?)] {
            let answer = try await app.ask(method, target, body)
            #expect(answer.status == 503 && answer.headers["Retry-After"] == "5", "\(method) \(target) \(answer)")
        }
        #expect(app.wakes.value == 0)
    }
}
