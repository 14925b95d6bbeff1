import API
import Base
import Domain
import HTTPServer
import SQL
import Storage
import Testing

/// `/api/v1/policies`.
@Suite struct PolicyContractTests {
    private let path = "/api/v1/policies"

    @Test func everySettingIsKept() async throws {
        let app = try await TestApplication()
        try await app.addChannel("a")
        try await app.addChannel("b")
        let settings: JSONValue = [
            "name": "Shop", "position": 5, "enabled": false, "matchers": ["tag=shop", "name~Shop*|Basket"],
            "channels": [2, 1], "continue": true, "delay": 60, "group_by": ["tag", "series.job"],
            "group_wait": 15, "group_interval": 90, "repeat_interval": 3600,
        ]
        let created = try await app.ask(.post, path, settings)
        #expect(created.status == 201 && created.headers["Location"] == "\(path)/1", "\(created)")
        guard case .object(let object) = settings else { return }
        for (name, value) in object.members { #expect(created.json[name] == value, "\(name)") }
        let stored = try #require(try await app.alerting.policies.policy(1))
        #expect(stored.channels == [ChannelID(rawValue: 2), ChannelID(rawValue: 1)])
        #expect(stored.delay == .seconds(60) && stored.repeatInterval == .seconds(3600) && stored.continues)
        #expect(try await app.ask(.get, "\(path)/1").json == created.json.withoutMatches)
        #expect(try await app.ask(.get, path).json == [created.json.withoutMatches])
        // A response can be sent back and means the same.
        #expect(try await app.ask(.put, "\(path)/1", created.json).json == created.json.withoutMatches)
        #expect(try await app.alerting.policies.policy(1) == stored)
    }

    @Test func matchersAreCountedHoweverTheyAreGiven() async throws {
        let app = try await TestApplication()
        func matchers(_ count: Int) -> JSONValue {
            .string((1...count).map { "tag=t\($0)" }.joined(separator: ","))
        }
        let refused = try await app.ask(.post, path, ["name": "P", "matchers": [matchers(11), matchers(10)]])
        #expect(refused.faults == ["value_error body.matchers"], "\(refused)")
        #expect(refused.text.contains("at most 20 matchers are taken, and these are 21"))
        let taken = try await app.ask(.post, path, ["name": "P", "matchers": [matchers(10), matchers(10)]])
        #expect(taken.status == 201 && taken.json["matchers"]?.arrayValue?.count == 20, "\(taken)")
    }

    @Test func aPolicyWithoutChannelsIsTakenWithAWarning() async throws {
        let app = try await TestApplication()
        try await app.addChannel("a")
        let created = try await app.ask(.post, path, ["name": "P"])
        #expect(
            created.json["warnings"] == ["it has no channels: nobody is notified of the incidents that it takes"]
        )
        #expect(try await app.ask(.get, "\(path)/1").json["warnings"] == nil)
        #expect(try await app.ask(.patch, "\(path)/1", ["channels": [1]]).json["warnings"] == nil)
    }

    @Test func patchKeepsAndPutResetsOtherSettings() async throws {
        let app = try await TestApplication()
        let body: JSONValue = ["name": "P", "position": 3, "delay": 10, "repeat_interval": 60, "matchers": ["tag=a"]]
        _ = try await app.ask(.post, path, body)
        let patched = try await app.ask(.patch, "\(path)/1", ["enabled": false, "repeat_interval": .null])
        #expect(patched.json["enabled"] == false && patched.json["repeat_interval"] == .null)
        #expect(patched.json["delay"] == 10 && patched.json["position"] == 3 && patched.json["matchers"] == ["tag=a"])
        #expect(try await app.ask(.patch, "\(path)/1", [:]).json == patched.json)
        let replaced = try await app.ask(.put, "\(path)/1", ["name": "Q"])
        for (name, value) in [
            ("id", 1), ("name", "Q"), ("position", 0), ("enabled", true), ("matchers", []), ("channels", []),
            ("continue", false), ("delay", 0), ("group_by", []), ("group_wait", 0), ("group_interval", 30),
            ("repeat_interval", .null),
        ] as [(String, JSONValue)] {
            #expect(replaced.json[name] == value, "\(name)")
        }
        #expect(try await app.ask(.put, "\(path)/1", [:]).faults == ["missing body.name"])
        #expect(try await app.ask(.put, "\(path)/1", ["name": "Q", "id": 2]).faults == ["value_error body.id"])
    }

    @Test func policiesAreListedInEvaluationOrder() async throws {
        let app = try await TestApplication()
        for (name, position) in [("a", 2), ("b", 1), ("c", 1)] as [(String, Int64)] {
            _ = try await app.ask(.post, path, ["name": .string(name), "position": .integer(position)])
        }
        #expect(try await app.numbers(path) == [2, 3, 1])
    }

    @Test func policyWithoutAPositionIsEvaluatedLast() async throws {
        let app = try await TestApplication()
        for (name, position) in [("a", 20), ("b", 10)] as [(String, Int64)] {
            _ = try await app.ask(.post, path, ["name": .string(name), "position": .integer(position)])
        }
        #expect(try await app.ask(.post, path, ["name": "c"]).json["position"] == 20)
        #expect(try await app.numbers(path) == [2, 1, 3])
        #expect(try await app.ask(.put, "\(path)/2", ["name": "b"]).status == 200)
        #expect(try await app.numbers(path) == [1, 3, 2])
        #expect(try await app.ask(.post, path, ["name": "d", "position": 0]).json["position"] == 0)
        #expect(try await app.numbers(path) == [4, 1, 3, 2])
    }

    @Test func namesAreUnique() async throws {
        let app = try await TestApplication()
        for name in ["A", "B"] { _ = try await app.ask(.post, path, ["name": .string(name)]) }
        for (method, target) in [(Method.post, path), (.put, "\(path)/2"), (.patch, "\(path)/2")] {
            let answer = try await app.ask(method, target, ["name": "A"])
            #expect(answer.status == 409 && answer.json["detail"] == "A policy with this name exists already")
        }
        #expect(try await app.ask(.patch, "\(path)/1", ["name": "A"]).status == 200)
    }

    @Test func deletedPoliciesAreGone() async throws {
        let app = try await TestApplication()
        _ = try await app.ask(.post, path, ["name": "A"])
        #expect(try await app.ask(.delete, "\(path)/1").status == 204)
        for (method, body) in [(.get, nil), (.delete, nil), (.patch, [:]), (.put, ["name": "B"])]
            as [(Method, JSONValue?)]
        {
            let answer = try await app.ask(method, "\(path)/1", body)
            #expect(answer.status == 404 && answer.json["detail"] == "Policy not found", "\(method) \(answer)")
        }
    }

    @Test(arguments: [Method.patch, .put]) func membersOfANewerReleaseAreKept(method: Method) async throws {
        let body: JSONValue = ["name": "A", "delay": 5]
        let app = try await TestApplication()
        _ = try await app.ask(.post, path, ["name": "A"])
        let settings = #"{"matchers":[],"channels":[],"delay_ms":0,"group_interval_ms":1000,"colour":"green"}"#
        _ = try await app.database.execute("UPDATE policies SET settings = $1", [.text(settings)])
        let changed = try await app.ask(method, "\(path)/1", body)
        #expect(changed.status == 200 && changed.json["delay"] == 5 && changed.json["colour"] == nil, "\(changed)")
        let rows = try await app.database.query("SELECT settings FROM policies")
        let stored = try JSONValue(parsing: try #require(rows.first).text(0))
        #expect(stored["colour"] == "green" && stored["delay_ms"] == 5000)
    }

    @Test(arguments: [
        #"{"channels":[],"delay_ms":0,"group_interval_ms":1000}"#,
        #"{"matchers":["x"],"channels":[],"delay_ms":0,"group_interval_ms":1000}"#,
        #"{"matchers":[],"channels":[],"delay_ms":-1,"group_interval_ms":1000}"#, "[]",
    ])
    func aRowThatLacksAMemberOrHasAWrongOneCannotBeRead(settings: String) async throws {
        let app = try await TestApplication()
        _ = try await app.ask(.post, path, ["name": "A"])
        _ = try await app.database.execute("UPDATE policies SET settings = $1", [.text(settings)])
        #expect(try await app.ask(.get, "\(path)/1").status == 500)
        #expect(try await app.ask(.get, path).json == [])
    }

    @Test func concurrentChangesAreAllApplied() async throws {
        let app = try await TestApplication()
        _ = try await app.ask(.post, path, ["name": "A"])
        let path = path
        let bodies: [JSONValue] = [["delay": 5], ["position": 7], ["matchers": ["tag=a"]], ["continue": true]]
        await withTaskGroup(of: Void.self) { group in
            for body in bodies {
                group.addTask { #expect(await app.send(.patch, "\(path)/1", body).status == 200) }
            }
        }
        let policy = try await app.ask(.get, "\(path)/1").json
        #expect(policy["delay"] == 5 && policy["position"] == 7)
        #expect(policy["matchers"] == ["tag=a"] && policy["continue"] == true)
    }

    @Test func numberOfPoliciesIsBounded() async throws {
        let app = try await TestApplication()
        let settings = #"{"matchers":[],"channels":[],"delay_ms":0,"group_interval_ms":1000}"#
        try await app.database.transaction { session throws(SQLError) in
            for index in 0..<500 {
                _ = try await session.execute(
                    "INSERT INTO policies (name, position, is_enabled, settings) VALUES ($1, 0, 1, $2)",
                    [.text("P\(index)"), .text(settings)]
                )
            }
        }
        let answer = try await app.ask(.post, path, ["name": "one more"])
        #expect(answer.status == 409 && answer.json["detail"] == "There are 500 policies, which is the most")
    }

    @Test func invalidMatchersGetTheRightSpelling() async throws {
        let app = try await TestApplication()
        let body: JSONValue = ["name": "P", "matchers": ["tag=a", "shop", "owner=b"], "channels": [9]]
        let answer = try await app.ask(.post, path, body)
        #expect(answer.faults == ["value_error body.matchers.1", "value_error body.matchers.2"])
        let words = answer.json["detail"]?.arrayValue?.compactMap { $0["msg"]?.stringValue }
        #expect(words == [LabelMatcher.ParseError.noOperation, .unknownLabel("owner")].map { "Value error, \($0)" })
    }

    @Test(
        arguments: [
            ("name", .null, "string_type body.name"), ("name", "", "string_too_short body.name"),
            ("name", " ", "value_error body.name"), ("name", "a\nb", "value_error body.name"),
            ("name", .string(String(repeating: "x", count: 101)), "string_too_long body.name"),
            ("position", -1, "greater_than_equal body.position"), ("position", 1.5, "int_from_float body.position"),
            ("position", 1_000_001, "less_than_equal body.position"), ("enabled", 1, "bool_parsing body.enabled"),
            ("continue", .null, "bool_type body.continue"), ("matchers", "tag=a", "list_type body.matchers"),
            ("matchers", ["tag=a\nname=b"], "value_error body.matchers.0"),
            ("matchers", ["tag=a\r\n"], "value_error body.matchers.0"),
            ("matchers", [""], "string_too_short body.matchers.0"),
            ("matchers", ["tag"], "value_error body.matchers.0"), ("matchers", [5], "string_type body.matchers.0"),
            ("matchers", [.string("tag=" + String(repeating: "x", count: 253))], "string_too_long body.matchers.0"),
            ("matchers", .array(Array(repeating: "tag=a", count: 21)), "too_long body.matchers"),
            ("channels", [1, 2], "value_error body.channels.1"), ("channels", ["1"], "int_parsing body.channels.0"),
            ("channels", [0], "greater_than_equal body.channels.0"),
            ("channels", [1, 1], "value_error body.channels.1"),
            ("channels", .array(Array(repeating: 1, count: 51)), "too_long body.channels"),
            ("delay", -1, "greater_than_equal body.delay"), ("delay", 86_401, "less_than_equal body.delay"),
            ("delay", "1m", "int_parsing body.delay"), ("group_by", ["owner"], "value_error body.group_by.0"),
            ("group_by", ["tag", "tag"], "value_error body.group_by.1"),
            ("group_by", ["series."], "value_error body.group_by.0"),
            ("group_interval", 0, "greater_than_equal body.group_interval"),
            ("group_interval", 86_401, "less_than_equal body.group_interval"),
            ("repeat_interval", 59, "greater_than_equal body.repeat_interval"),
            ("repeat_interval", 604_801, "less_than_equal body.repeat_interval"),
            ("repeat_interval", false, "int_type body.repeat_interval"), ("origin", "x", "extra_forbidden body.origin"),
        ] as [(String, JSONValue, String)]
    )
    func oneWrongMember(name: String, value: JSONValue, fault: String) async throws {
        let app = try await TestApplication()
        try await app.addChannel("a")
        var object = JSONObject([("name", "P")])
        object[name] = value
        let created = try await app.ask(.post, path, .object(object))
        #expect(created.status == 422 && created.faults == [fault], "\(created)")
        #expect(try await app.ask(.get, path).json == [])
        let kept = try await app.ask(.post, path, ["name": "Kept"]).json.withoutNotes
        let changed = try await app.ask(.patch, "\(path)/1", .object(JSONObject([(name, value)])))
        #expect(changed.status == 422 && changed.faults == [fault], "\(changed)")
        #expect(try await app.ask(.get, "\(path)/1").json == kept)
    }
}
