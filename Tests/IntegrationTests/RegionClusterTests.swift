import Base
import Glibc
import HTTPClient
import Runtime
import TestSupport
import Testing

/// A monitor that two regions check, with the roles as processes of their own over PostgreSQL and Redis.
@Suite(.timeLimit(.minutes(10))) struct RegionClusterTests {
    private let client: HTTPClient

    init() throws { client = HTTPClient(loop: try EventLoop(name: "region-test")) }

    @discardableResult
    private func call(_ method: String, _ url: String, _ body: String = "") async throws -> JSONValue {
        let answer = try await client.send(HTTPClientRequest(method: method, url: url, body: Array(body.utf8)))
        return try JSONValue(parsing: answer.body)
    }

    /// Down by both regions only; what is not heard from any more does not count, and without any nothing is known.
    @Test func bothRegionsDecideAndSilentOnesDoNot() async throws {
        let folder = try CLIFolder()
        let (server, redis) = (try await PostgresServer.shared(), try await RedisServer.shared())
        let environment = [
            "DATABASE_URL": server.url(schema: try await server.newSchemaName()),
            "SECRET_KEY": "a-key-of-more-than-32-characters-in-all",
            "REDIS_URL": "redis://127.0.0.1:\(redis.port)/\(Int.random(in: 500..<900))",
        ]
        var processes: [String: RunningProcess] = [:]
        var url = ""
        for role in ["processor", "alerter", "api", "scheduler"] {
            let (process, address) = try await folder.serve(role, environment: environment)
            processes[role] = process
            if role == "api" { url = address }
        }
        // A worker needs no database; that of the region eu may not connect to this host.
        var remote = environment
        remote["DATABASE_URL"] = nil
        processes["local"] = try await folder.serve("worker", environment: remote).0
        (remote["SENTINEL_REGION"], remote["SENTINEL_DENY_PRIVATE"]) = ("eu", "true")
        processes["eu"] = try await folder.serve("worker", environment: remote).0

        let isUp = Locked(true)
        let target = LoopbackTarget.answering { _, connection in
            if isUp.withLock({ $0 }) { return connection.respond(body: "ok") }
            connection.respond("503 Service Unavailable")
        }
        let body = """
            {"name":"shop","url":"\(target.url("/"))","interval":10,"timeout":1,"retries":1,"retry_interval":1,
             "regions":["local","eu"],"quorum":"all"}
            """
        try await call("POST", "\(url)/api/v1/monitors", body)

        func status() async -> String? {
            (try? await call("GET", "\(url)/api/v1/monitors/1"))?["status"]?.stringValue
        }
        func wait(for wanted: String) async {
            var last: String?
            let isReached = await eventually {
                last = await status()
                return last == wanted
            }
            #expect(isReached, "\(last ?? "no status") instead of \(wanted)")
        }
        await wait(for: "degraded")
        let shown = try await call("GET", "\(url)/api/v1/monitors/1")["region_states"]?.arrayValue ?? []
        #expect(shown.map { $0["region"]?.stringValue } == ["local", "eu"])
        #expect(shown.map { $0["state"]?.stringValue } == ["up", "down"])
        #expect(shown.allSatisfy { $0["is_fresh"] == true && $0["workers"] == 1 })
        let blocked = try await call("GET", "\(url)/api/v1/monitors/1/history?region=eu").arrayValue ?? []
        #expect(!blocked.isEmpty && blocked.allSatisfy { $0["region"] == "eu" && $0["reason"] == "policy_blocked" })
        #expect(try await call("GET", "\(url)/api/v1/incidents").arrayValue?.isEmpty == true)

        isUp.withLock { $0 = false }
        await wait(for: "down")
        let incident = try #require(try await call("GET", "\(url)/api/v1/incidents").arrayValue?.first)
        #expect(incident["state"] == "open", "\(incident)")
        isUp.withLock { $0 = true }
        await wait(for: "degraded")

        // The region that sees it down is gone: the other one decides alone.
        let last = processes.removeValue(forKey: "eu")
        let killed = try #require(last)
        killed.send(signal: SIGKILL)
        await wait(for: "up")
        processes["local"]?.send(signal: SIGKILL)
        await wait(for: "unknown")
        #expect(try await call("GET", "\(url)/api/v1/incidents").arrayValue?.count == 1)
        for process in processes.values { process.send(signal: SIGTERM) }
        for process in [killed] + processes.values { _ = await process.wait(timeout: .seconds(40)) }
    }
}
