import API
import Base
import Broker
import Domain
import HTTPCheck
import HTTPServer
import PushCheck
import Results
import Runtime
import SQL
import TestSupport
import Testing

@testable import Push

/// The addresses for pings, in both dialects.
@Suite("Pings over HTTP", .timeLimit(.minutes(10))) struct PushRouteTests {
    private typealias Bench = PushBench

    @Test("a ping with any method is a result at once", arguments: [Method.get, .head, .post, .put])
    func success(_ method: Method) async throws {
        let bench = try await Bench()
        let answer = await bench.app.send(method, "/ping/\(bench.token)")
        #expect(answer.status == 200 && (method == .head || answer.text == "OK"), "\(answer)")
        let result = try #require(bench.results.first)
        #expect(bench.results.count == 1 && result.outcome.isSuccess && result.monitorID == bench.id)
        #expect(result.scheduledAt == bench.time.value && result.url == "push/********")
        #expect(result.outcome.facts?["event"] == "success" && result.outcome.facts?["source"] == "127.0.0.1")
        try await bench.stop()
    }

    @Test("a ping is answered once it is stored, though the broker hangs; the result is published later")
    func hangingBroker() async throws {
        let bench = try await Bench()
        let release = OneWaySwitch()
        bench.app.broker.hold(until: release)
        for _ in 0..<3 { #expect(await bench.app.send(.post, "/ping/\(bench.token)").status == 200) }
        #expect(bench.results.isEmpty)
        #expect(try await bench.app.results.history(bench.id, limit: 10).count == 3)
        release.turnOn()
        await eventually { bench.results.count == 3 }
        let times = bench.results.map(\.scheduledAt)
        #expect(times == times.sorted() && Set(times).count == 3)
        try await bench.stop()
    }

    @Test(
        "a reported failure is a failed result with the sender's message",
        arguments: [
            ("fail", JSONValue.null, "the sender reported a failure"),
            ("1", 1, "the sender reported exit status 1"), ("255", 255, "the sender reported exit status 255"),
        ]
    )
    func failure(_ word: String, _ status: JSONValue, _ message: String) async throws {
        let bench = try await Bench()
        let path = "/ping/\(bench.token)/\(word)"
        #expect(await bench.app.send(.post, path, bytes: Array("disk full".utf8)).text == "OK")
        let outcome = try #require(bench.last)
        #expect(outcome.failure == Outcome.Failure(.pushReported, in: .push, message))
        #expect(outcome.evidence?.body == Array("disk full".utf8) && outcome.facts?["exit_status"] == status)
        #expect(await bench.app.send(.get, "/ping/\(bench.token)/0").status == 200)
        #expect(bench.last?.isSuccess == true && bench.results.count == 2)
        #expect(Set(bench.results.map(\.id)).count == 2, "two pings of one millisecond are two results")
        try await bench.stop()
    }

    @Test("a run's duration is its latency; start and log are not results") func runs() async throws {
        let bench = try await Bench()
        let run = "3a1f8e6b-6f0a-4f0c-9d2f-0b0e7a0e5c4d"
        #expect(await bench.app.send(.get, "/ping/\(bench.token)/start?rid=\(run)").text == "OK")
        #expect(await bench.app.send(.post, "/ping/\(bench.token)/log", bytes: [65]).text == "OK")
        #expect(bench.results.isEmpty)
        bench.pass(.milliseconds(2500))
        #expect(await bench.app.send(.get, "/ping/\(bench.token)?rid=\(run.uppercased())").text == "OK")
        let outcome = try #require(bench.last)
        #expect(outcome.latency == .milliseconds(2500) && outcome.facts?["duration_ms"]?.doubleValue == 2500)
        #expect(outcome.facts?["run_id"] == .string(run))
        try await bench.stop()
    }

    @Test("Uptime Kuma's URLs are accepted") func kuma() async throws {
        let bench = try await Bench()
        let path = "/api/push/\(bench.token)"
        for query in ["", "?status=up&msg=OK&ping=", "?status=up&msg=OK&ping=12"] {
            let answer = await bench.app.send(.get, path + query)
            #expect(answer.status == 200 && answer.json["ok"] == true, "\(query) \(answer)")
        }
        #expect(bench.last?.latency == .milliseconds(12) && bench.last?.facts?["message"] == "OK")
        #expect(await bench.app.send(.get, path + "?status=down&msg=no%0Aspace").json["ok"] == true)
        #expect(bench.last?.failure?.message == "the sender reported a failure: no space")
        let count = bench.results.count
        let garbage = await bench.app.send(.get, path + "?status=sideways")
        #expect(garbage.status == 400 && garbage.json["ok"] == false && bench.results.count == count)
        let unknown = await bench.app.send(.get, "/api/push/aaaaaaaaaaaaaaaaaaaaaaaa?status=up")
        #expect(unknown.status == 404 && unknown.json["msg"] == "Monitor not found or not active.", "\(unknown)")
        #expect(unknown.json["ok"] == false)
        try await bench.stop()
    }

    @Test("unknown tokens, invalid statuses and paused monitors are not found") func notFound() async throws {
        let bench = try await Bench()
        for path in [
            "/ping/0b0e7a0e-6f0a-4f0c-9d2f-3a1f8e6b5c4d", "/ping/1",
            "/ping/\(bench.token)/-1", "/ping/\(bench.token)/stop", "/ping/\(bench.token)/1e1",
            "/ping/\(bench.token)/+1", "/ping/\(bench.token)0",
        ] {
            #expect(await bench.app.send(.get, path).status == 404, "\(path)")
        }
        #expect(bench.results.isEmpty)
        _ = await bench.app.send(.patch, "/api/v1/monitors/\(bench.id)", ["enabled": false])
        bench.pass(.seconds(1))
        // In a real system events notify the watch; here it finds the change when it looks.
        _ = await bench.app.send(.get, "/ping/0b0e7a0e-6f0a-4f0c-9d2f-3a1f8e6b5c4d")
        #expect(await bench.app.send(.get, "/ping/\(bench.token)").status == 404)
        try await bench.stop()
    }

    @Test("what Healthchecks refuses is refused with its words") func refused() async throws {
        let bench = try await Bench()
        let path = "/ping/\(bench.token)"
        for word in ["256", "0256", "99999999999999999999"] {
            let answer = await bench.app.send(.get, "\(path)/\(word)")
            #expect(answer.status == 400 && answer.text == "invalid url format", "\(word) \(answer)")
        }
        for run in ["1", "3a1f8e6b6f0a4f0c9d2f0b0e7a0e5c4d", "3a1f8e6b-6f0a-4f0c-9d2f-0b0e7a0e5c4g"] {
            for place in [path, "\(path)/start", "\(path)/1"] {
                let answer = await bench.app.send(.get, "\(place)?rid=\(run)")
                #expect(answer.status == 400 && answer.text == "invalid uuid format", "\(run) \(answer)")
            }
        }
        #expect(bench.results.isEmpty)
        #expect(await bench.app.send(.get, "\(path)/00").status == 200)
        #expect(bench.last?.isSuccess == true && bench.last?.facts?["exit_status"] == 0)
        #expect(await bench.app.send(.put, "\(path)/007").status == 200)
        #expect(bench.last?.facts?["exit_status"] == 7)
        try await bench.stop()
    }

    @Test("every refusal of Uptime Kuma's URLs has its form") func kumaRefusals() async throws {
        let bench = try await Bench(JSONObject([("methods", "post")]))
        let path = "/api/push/\(bench.token)"
        let alone = await bench.app.send(.get, path)
        #expect(alone.status == 405 && alone.json["ok"] == false && alone.headers["Allow"] == "POST", "\(alone)")
        #expect(await bench.app.send(.post, path).json == ["ok": true])
        bench.store.failAlways(.full)
        let full = await bench.app.send(.post, path)
        #expect(full.status == 503 && full.json["ok"] == false && full.headers["Retry-After"] == "5", "\(full)")
        #expect(full.json["msg"] == "The ping could not be stored; try again")
        let huge = await bench.app.send(.post, path, bytes: [UInt8](repeating: 65, count: (1 << 20) + 1))
        #expect(huge.status == 413 && huge.json["ok"] == false, "\(huge)")
        bench.store.failAlways(nil)
        let long = await bench.app.send(.post, "\(path)?msg=\(String(repeating: "a", count: 5000))")
        #expect(long.json == ["ok": true] && bench.last?.facts?["message"]?.stringValue?.count == 250, "\(long)")
        try await bench.stop()
    }

    @Test("a long body is cut, a huge one is refused") func bodies() async throws {
        let bench = try await Bench()
        let path = "/ping/\(bench.token)/fail"
        #expect(await bench.app.send(.post, path, bytes: [UInt8](repeating: 120, count: 50_000)).status == 200)
        #expect(bench.last?.evidence?.body.count == 10_000)
        let answer = await bench.app.send(.post, path, bytes: [UInt8](repeating: 120, count: (1 << 20) + 1))
        #expect(answer.status == 413 && bench.results.count == 1, "\(answer)")
        try await bench.stop()
    }

    @Test("pings of one address are rate limited, without affecting another") func flood() async throws {
        let bench = try await Bench()
        let other = await bench.app.send(.post, "/api/v1/monitors", ["kind": "push", "name": "other"]).json
        var statuses: [Int: Int] = [:]
        for _ in 0..<500 {
            let answer = await bench.app.send(.get, "/ping/\(bench.token)")
            statuses[answer.status, default: 0] += 1
            if answer.status == 429 { #expect(answer.headers["Retry-After"] == "1") }
        }
        #expect(statuses == [200: 60, 429: 440] && bench.results.count == 60)
        bench.pass(.seconds(2))
        let token = try #require(other["token"]?.stringValue)
        #expect(await bench.app.send(.get, "/ping/\(token)").status == 200)
        for status in [200, 200, 429] { #expect(await bench.app.send(.get, "/ping/\(bench.token)").status == status) }
        try await bench.stop()
    }

    @Test("a monitor that accepts only POST refuses GET") func postAlone() async throws {
        let bench = try await Bench(JSONObject([("methods", "post")]))
        let answer = await bench.app.send(.get, "/ping/\(bench.token)")
        #expect(answer.status == 405 && answer.headers["Allow"] == "POST" && bench.results.isEmpty, "\(answer)")
        #expect(await bench.app.send(.post, "/ping/\(bench.token)").status == 200)
        try await bench.stop()
    }

    @Test("a ping that cannot be stored is refused and does not count") func storeAway() async throws {
        let bench = try await Bench()
        #expect(await bench.app.send(.get, "/ping/\(bench.token)/start").status == 200)
        bench.pass(.seconds(1))
        bench.store.failAlways(.full)
        let answer = await bench.app.send(.get, "/ping/\(bench.token)")
        #expect(answer.status == 503 && answer.headers["Retry-After"] == "5", "\(answer)")
        #expect(bench.results.isEmpty)
        bench.store.failAlways(nil)
        // The run that it ended is open as before.
        #expect(await bench.app.send(.get, "/ping/\(bench.token)").status == 200)
        #expect(bench.last?.facts?["duration_ms"]?.doubleValue == 1000)
        // As if the first had never come: the deadline follows the newer one.
        bench.store.failAlways(.full)
        bench.pass(.seconds(10))
        #expect(await bench.app.send(.get, "/ping/\(bench.token)").status == 503)
        bench.store.failAlways(nil)
        for step in 1...11 {
            bench.pass(.seconds(10))
            await bench.watch.tick()
            #expect(bench.results.count == (step < 11 ? 1 : 2), "\(step)")
        }
        #expect(bench.last?.failure?.reason == .pushMissing)
        try await bench.stop()
    }

    @Test("a stored ping is accepted though the queue is unavailable, and is published later") func queueAway()
        async throws
    {
        let bench = try await Bench()
        bench.app.broker.refuse(.unavailable(reason: "away"))
        #expect(await bench.app.send(.get, "/ping/\(bench.token)").status == 200)
        #expect(bench.results.isEmpty)
        #expect(try await bench.app.results.history(bench.id, limit: 10).count == 1)
        bench.app.broker.refuse(nil)
        await bench.watch.tick()
        #expect(bench.results.count == 1 && bench.last?.isSuccess == true)
        try await bench.stop()
    }

    @Test("pings at the same time are stored in few transactions, each once") func together() async throws {
        let bench = try await Bench()
        let statuses = await withTaskGroup(of: Int.self) { group in
            for number in 0..<50 {
                group.addTask { await bench.app.send(.get, "/api/push/\(bench.token)?msg=n\(number)").status }
            }
            return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(statuses == [200: 50])
        let stored = try await bench.app.results.history(bench.id, limit: 100)
        #expect(Set(stored.compactMap { $0.outcome.facts?["message"]?.stringValue }).count == 50)
        #expect(bench.results.map(\.id).sorted() == stored.map(\.id).sorted() && bench.results.count == 50)
        #expect(bench.store.count < 50, "\(bench.store.count) transactions")
        try await bench.stop()
    }

    @Test("the token survives changes, and can be set and changed") func token() async throws {
        let bench = try await Bench()
        let path = "/api/v1/monitors/\(bench.id)"
        let token = JSONValue.string(bench.token)
        #expect(await bench.app.send(.patch, path, ["grace": 5]).json["token"] == token)
        #expect(await bench.app.send(.put, path, ["name": "nightly"]).json["token"] == token)
        let given = "AAAAAAAA-6f0a-4f0c-9d2f-3a1f8e6b5c4d"
        #expect(
            await bench.app.send(.patch, path, ["token": .string(given)]).json["token"] == .string(given.lowercased())
        )
        bench.pass(.seconds(1))
        #expect(await bench.app.send(.get, "/ping/\(given)").status == 200)
        #expect(await bench.app.send(.get, "/ping/\(bench.token)").status == 404)
        #expect(await bench.app.send(.patch, path, ["token": "short"]).faults == ["string_too_short body.token"])
        #expect(await bench.app.send(.patch, path, ["cron": "61 * * * *"]).faults == ["value_error body.cron"])
        try await bench.stop()
    }

    @Test("no two monitors have one token") func sharedToken() async throws {
        let bench = try await Bench()
        let token = JSONValue.string(bench.token)
        let body: JSONValue = ["kind": "push", "name": "second", "token": token]
        let words: JSONValue = "Monitor 1 has this target already, and no two monitors may share it"
        let refused = await bench.app.send(.post, "/api/v1/monitors", body)
        #expect(refused.status == 409 && refused.json["detail"] == words, "\(refused)")
        let second = await bench.app.send(.post, "/api/v1/monitors", ["kind": "push", "name": "second"])
        let path = "/api/v1/monitors/\(second.json["id"] ?? 0)"
        let taken = await bench.app.send(.patch, path, ["token": token])
        #expect(taken.status == 409 && taken.json["detail"] == words, "\(taken)")
        #expect(await bench.app.send(.patch, path, ["name": "other"]).status == 200)
        // A token that was given up, by a change or with its monitor, is free again.
        #expect(
            await bench.app.send(.patch, "/api/v1/monitors/1", ["token": "aaaaaaaaaaaaaaaaaaaaaaaa"]).status == 200
        )
        #expect(await bench.app.send(.patch, path, ["token": token]).status == 200)
        #expect(await bench.app.send(.delete, path).status == 204)
        #expect(await bench.app.send(.post, "/api/v1/monitors", body).status == 201)
        try await bench.stop()
    }

    @Test("monitors that shared a token before it was checked can be changed") func sharedBefore() async throws {
        let bench = try await Bench()
        let second = await bench.app.send(.post, "/api/v1/monitors", ["kind": "push", "name": "second"])
        let id = second.json["id"] ?? 0
        _ = try await bench.app.database.execute("DELETE FROM exclusive_targets WHERE monitor_id = \(id)", [])
        _ = try await bench.app.database.execute(
            "UPDATE monitors SET settings = (SELECT settings FROM monitors WHERE id = 1), url = $1 WHERE id = \(id)",
            [.text("push/\(bench.token)")]
        )
        let path = "/api/v1/monitors/\(id)"
        #expect(await bench.app.send(.patch, path, ["enabled": false]).status == 200)
        #expect(await bench.app.send(.patch, path, ["token": "aaaaaaaaaaaaaaaaaaaaaaaa"]).status == 200)
        try await bench.stop()
    }

    @Test("lists, results and domains do not show the token, and what a list answers can be sent back")
    func hiddenToken() async throws {
        let bench = try await Bench()
        #expect(await bench.app.send(.get, "/ping/\(bench.token)").status == 200)
        let path = "/api/v1/monitors/\(bench.id)"
        let list = await bench.app.send(.get, "/api/v1/monitors")
        let item = try #require(list.json.arrayValue?.first)
        #expect(item["token"] == .null && item["target"] == "push/********")
        for place in ["/api/v1/monitors", "/api/domains/", "/api/domains/\(bench.id)", "\(path)/history"] {
            let answer = await bench.app.send(.get, place)
            #expect(answer.status == 200 && !answer.text.contains(bench.token), "\(place)")
        }
        #expect(await bench.app.send(.get, path).json["token"] == .string(bench.token))
        #expect(await bench.app.send(.patch, path, ["token": item["token"] ?? .null]).status == 200)
        #expect(await bench.app.send(.get, path).json["token"] == .string(bench.token))
        try await bench.stop()
    }

    @Test("an immediate check is refused with a reason") func checkNow() async throws {
        let bench = try await Bench()
        let answer = await bench.app.send(.post, "/api/v1/monitors/\(bench.id)/check")
        #expect(answer.status == 409 && bench.app.broker.jobs.isEmpty, "\(answer)")
        #expect(answer.json["detail"] == "A push monitor cannot be checked: it waits for pings")
        try await bench.stop()
    }

    @Test("every ping route and its answers are documented") func documented() async throws {
        let bench = try await Bench()
        let paths = bench.app.api.document["paths"]
        for (path, status) in [
            ("/ping/{token}", "429"), ("/ping/{token}/{event}", "404"), ("/api/push/{token}", "400"),
        ] {
            for method in ["get", "post", "put"] {
                #expect(paths?[path]?[method]?["responses"]?[status] != nil, "\(method) \(path)")
            }
        }
        try await bench.stop()
    }
}
