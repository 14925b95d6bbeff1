import API
import Base
import Domain
import HTTPServer
import SQL
import Storage
import TestSupport
import Testing

/// How much a new silence or policy fits now.
@Suite struct MatchesTests {
    private func application() async throws -> TestApplication {
        let app = try await TestApplication()
        for (name, tags) in [("Shop", ["web", "eu"]), ("Basket", ["web"]), ("Mail", [])] as [(String, JSONValue)] {
            let url = "http://\(name.lowercased()).test/"
            let body: JSONValue = ["name": .string(name), "url": .string(url), "tags": tags]
            _ = await app.send(.post, "/api/v1/monitors", body)
        }
        let now = Timestamp.now
        for (monitor, tags) in [(1, ["eu", "web"]), (3, [])] as [(Int64, [String])] {
            var opening = IncidentOpening(
                .monitor,
                subject: monitor == 1 ? "Shop" : "Mail",
                target: "",
                severity: .critical,
                message: "down",
                at: now
            )
            (opening.monitorID, opening.tags) = (MonitorID(rawValue: monitor), tags)
            opening.reason = "http_status"
            let draft = opening
            try await app.database.transaction { session throws(SQLError) in
                _ = try await IncidentStore(session).open(draft)
            }
        }
        return app
    }

    private static func matches(_ monitors: Int64, _ incidents: Int64) -> JSONValue {
        ["monitors": .integer(monitors), "open_incidents": .integer(incidents), "truncated": false]
    }

    @Test(arguments: [
        ("tag=web", 2, 1), ("tag!=web, kind=monitor", 1, 1), ("name=~\"S.*|Mail\"", 2, 2), ("kind=rule", 0, 0),
        ("monitor=2", 1, 0),
        ("url~*basket*", 1, 0), ("severity=critical, tag=eu", 1, 1), ("severity=info", 0, 0), ("id=2", 0, 1),
        // Why a monitor will fail is not known; why one has is.
        ("reason=http_status", 3, 2), ("reason=dns_timeout", 3, 0),
    ]) func creationSaysHowManyItFits(_ matcher: String, _ monitors: Int64, _ incidents: Int64) async throws {
        let app = try await application()
        let silence: JSONValue = ["matchers": [.string(matcher)], "duration": 60, "comment": "x"]
        let created = await app.send(.post, "/api/v1/silences", silence)
        #expect(created.json["matches"] == Self.matches(monitors, incidents), "\(created)")
        #expect(await app.send(.get, "/api/v1/silences/1").json["matches"] == nil)
        let policy = await app.send(.post, "/api/v1/policies", ["name": "p", "matchers": [.string(matcher)]])
        #expect(policy.json["matches"] == Self.matches(monitors, incidents), "\(policy)")
        #expect(await app.send(.put, "/api/v1/policies/1", policy.json).status == 200, "an answer may be sent back")
    }

    @Test func countingStopsAtItsLimit() async throws {
        let app = try await application()
        for index in 0..<2000 {
            let draft = MonitorDraft(name: "m\(index)", spec: CheckSpec.http("http://m.test/\(index)"), tags: ["many"])
            _ = try await app.monitors.insert(draft, now: .now)
        }
        let counter = MatchCounter(beside: app.monitors, monitorLimit: 1000)
        let all = try await counter.count([try LabelMatcher("name~m*")])
        #expect(all.monitors < 2000 && all.isCut)
        let whole = try await MatchCounter(beside: app.monitors).count([try LabelMatcher("tag=many")])
        #expect(whole.monitors == 2000 && !whole.isCut)
    }
}

extension JSONValue {
    /// The same without what only answers to writes have.
    var withoutNotes: JSONValue {
        guard case .object(let object) = self else { return self }
        let members = object.members.filter { $0.key != "matches" && $0.key != "warnings" }
        return .object(JSONObject(members.map { ($0.key, $0.value) }))
    }

    /// What later answers repeat of the answer to a creation.
    var withoutMatches: JSONValue {
        guard case .object(let object) = self else { return self }
        return .object(JSONObject(object.members.filter { $0.key != "matches" }.map { ($0.key, $0.value) }))
    }
}
