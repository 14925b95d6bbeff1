import Base
import Domain
import HTTPServer
import TestSupport
import Testing

/// A ping is not refused for the text that it carries: a reported failure must not be lost for it.
@Suite("Queries of pings", .timeLimit(.minutes(10))) struct PushLeniencyTests {
    @Test(
        "unknown, repeated and odd members of the query are passed over",
        arguments: [
            "utm=1", "utm=1&utm=2", "create=1&create=1", "rid=", "rid=&rid=", "rid", "=", "&&", "a=%", "a=100%", "%=1",
            "a=%FF", "%00=1",
            "a=%C0%AF", "é=ü",
        ]
    )
    func anyMember(_ query: String) async throws {
        let bench = try await PushBench()
        for path in ["/ping/\(bench.token)", "/ping/\(bench.token)/1", "/api/push/\(bench.token)"] {
            let answer = await bench.app.send(.get, "\(path)?\(query)")
            #expect(answer.status == 200, "\(path) \(answer)")
        }
        #expect(bench.results.count == 3 && bench.results.allSatisfy { $0.outcome.facts?["run_id"] ?? .null == .null })
        let many = (0..<400).map { "a\($0)=1" }.joined(separator: "&")
        #expect(await bench.app.send(.get, "/api/push/\(bench.token)?\(many)").status == 200)
        try await bench.stop()
    }

    @Test(
        "a message that cannot be decoded is kept as far as it can be",
        arguments: [
            ("100%", "100%"), ("100%25", "100%"), ("50%+left", "50% left"), ("%4", "%4"), ("%zz%41", "%zzA"),
            ("F%FCll", "F\u{FFFD}ll"), ("F%C3%BCll", "Füll"), ("Füll", "Füll"), ("a%00b", "a\u{FFFD}b"),
            ("%C0%AF", "\u{FFFD}\u{FFFD}"), ("a%0D%0Ab", "a  b"),
        ]
    )
    func message(_ sent: String, _ kept: String) async throws {
        let bench = try await PushBench()
        let answer = await bench.app.send(.get, "/api/push/\(bench.token)?status=down&msg=\(sent)")
        #expect(answer.json == ["ok": true], "\(answer)")
        #expect(bench.last?.facts?["message"] == .string(kept))
        #expect(bench.last?.failure?.message == "the sender reported a failure: \(kept)")
        try await bench.stop()
    }

    @Test("a long message is cut", arguments: [251, 5000, 50_000]) func longMessage(_ count: Int) async throws {
        let bench = try await PushBench()
        let text = String(repeating: "a", count: count)
        let answer = await bench.app.send(.get, "/api/push/\(bench.token)?status=down&msg=\(text)&ping=\(text)")
        #expect(answer.json == ["ok": true], "\(answer)")
        #expect(bench.last?.facts?["message"]?.stringValue?.count == 250 && bench.last?.isSuccess == false)
        try await bench.stop()
    }

    @Test("the first of several values counts") func first() async throws {
        let bench = try await PushBench()
        #expect(await bench.app.send(.get, "/api/push/\(bench.token)?status=down&status=up").status == 200)
        #expect(bench.last?.isSuccess == false)
        try await bench.stop()
    }

    @Test("other addresses go on refusing unknown members") func others() async throws {
        let bench = try await PushBench()
        #expect(await bench.app.send(.get, "/api/v1/monitors?utm=1").status == 422)
        #expect(await bench.app.send(.get, "/api/v1/monitors?a=100%").status == 400)
        try await bench.stop()
    }
}
