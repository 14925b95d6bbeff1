import Base
import Glibc
import HTTPClient
import Runtime
import TestSupport
import Testing

/// The fleet of a cluster, and what can be read while its database is away.
@Suite(.timeLimit(.minutes(10))) struct FleetClusterTests {
    private static let key = "a-key-of-more-than-32-characters-in-all"
    private let client: HTTPClient

    init() throws { client = HTTPClient(loop: try EventLoop(name: "fleet-test")) }

    private func call(_ method: String, _ url: String, _ body: String = "") async throws -> (Int, JSONValue) {
        let answer = try await client.send(HTTPClientRequest(method: method, url: url, body: Array(body.utf8)))
        return (answer.status, answer.body.isEmpty ? .null : try JSONValue(parsing: answer.body))
    }

    /// The states of the processes with a role, by id.
    private func states(_ url: String, _ role: String) async throws -> [String: String] {
        let found = try await call("GET", "\(url)/api/v1/fleet/workers?role=\(role)").1.arrayValue ?? []
        return Dictionary(
            uniqueKeysWithValues: found.map { ($0["id"]?.stringValue ?? "", $0["state"]?.stringValue ?? "") }
        )
    }

    @Test func processesAreSeenDrainedAndLostAndResultsReadWithoutTheDatabase() async throws {
        let folder = try CLIFolder()
        let (postgres, redis) = (try await PostgresServer(), try await RedisServer())
        let environment = [
            "DATABASE_URL": postgres.url(schema: try await postgres.newSchemaName()), "SECRET_KEY": Self.key,
            "REDIS_URL": "redis://127.0.0.1:\(redis.port)/0",
        ]
        let (api, url) = try await folder.serve("api", environment: environment)
        var others: [RunningProcess] = []
        for role in ["scheduler", "processor", "worker"] {
            others.append(try await folder.serve(role, environment: environment).server)
        }
        let (second, _) = try await folder.serve("worker", environment: environment)
        try await eventually {
            let states = try await states(url, "worker")
            return states.count == 2 && states.values.allSatisfy { $0 == "running" }
        }
        for role in ["api", "scheduler", "processor"] { #expect(try await states(url, role).count == 1, "\(role)") }

        // A paused worker makes no checks, and keeps none from the other one.
        let target = LoopbackTarget.answering()
        let body = #"{"name":"m","url":"\#(target.url())","interval":10}"#
        #expect(try await call("POST", "\(url)/api/v1/monitors", body).0 == 201)
        let pids = [Int64(second.processIdentifier), Int64(others[2].processIdentifier)]
        let both = try await call("GET", "\(url)/api/v1/fleet/workers?role=worker").1.arrayValue ?? []
        let ids = pids.map { pid in both.first { $0["pid"]?.integerValue == pid }?["id"]?.stringValue ?? "" }
        #expect(try await call("POST", "\(url)/api/v1/fleet/workers/\(ids[0])/pause").0 == 202)
        try await eventually { try await states(url, "worker")[ids[0]] == "paused" }
        for _ in 0..<5 {
            let task = try await call("POST", "\(url)/api/v1/monitors/1/check").1["task_id"]?.stringValue ?? ""
            try await eventually { try await call("GET", "\(url)/api/tasks/\(task)").1["state"] == "finished" }
        }
        let tasks = try await call("GET", "\(url)/api/v1/fleet/tasks?monitor_id=1").1.arrayValue ?? []
        #expect(tasks.count == 5 && tasks.allSatisfy { $0["worker"]?.stringValue == ids[1] }, "\(tasks)")
        #expect(try await call("POST", "\(url)/api/v1/fleet/workers/\(ids[0])/resume").0 == 202)
        try await eventually { try await states(url, "worker")[ids[0]] == "running" }

        // A drained worker ends with 0, and is gone; the other one goes on.
        let workers = try await call("GET", "\(url)/api/v1/fleet/workers?role=worker").1.arrayValue ?? []
        let drained = try #require(workers.first { $0["pid"]?.integerValue == Int64(second.processIdentifier) })
        let id = drained["id"]?.stringValue ?? ""
        #expect(try await call("POST", "\(url)/api/v1/fleet/workers/\(id)/drain").0 == 202)
        let output = await second.wait(timeout: .seconds(60))
        #expect(output.code == 0, "\(output.standardError.suffix(1000))")
        #expect(try await states(url, "worker").count == 1)

        try await eventually { try await call("GET", "\(url)/api/status/1").1["is_up"] == true }
        let task = try await call("POST", "\(url)/api/v1/monitors/1/check").1["task_id"]
        try await eventually {
            let tasks = try await call("GET", "\(url)/api/v1/fleet/tasks?state=finished").1.arrayValue ?? []
            return tasks.contains { $0["task_id"] == task && $0["worker"]?.stringValue?.hasPrefix("worker-") == true }
        }

        let queues = try await call("GET", "\(url)/api/v1/fleet/queues").1.arrayValue ?? []
        let jobs = try #require(queues.first { $0["topic"] == "check-jobs" })
        #expect(jobs["group"] == "workers" && jobs["members"] == 1 && jobs["dead_letters"] == 0, "\(jobs)")
        #expect(queues.contains { $0["topic"] == "monitoring-results" && $0["group"] == "processor" })

        // The newest results are there while the database is not.
        try await postgres.interrupt()
        for path in ["/api/status/1", "/api/v1/monitors/1/latest"] {
            let (status, result) = try await call("GET", url + path)
            #expect(status == 200 && result["url"]?.stringValue == target.url(), "\(path)")
        }
        try await postgres.resume()

        // A killed one is lost after fifteen seconds.
        others[2].send(signal: SIGKILL)
        try await eventually { try await states(url, "worker").values.contains("lost") }
        let lost = try #require(try await states(url, "worker").first { $0.value == "lost" }?.key)
        #expect(try await call("POST", "\(url)/api/v1/fleet/workers/\(lost)/pause").0 == 409)
        for process in others.dropLast() + [api] { process.send(signal: SIGTERM) }
        for process in others.dropLast() + [api] {
            #expect(await process.wait(timeout: .seconds(40)).code == 0)
        }
    }

    /// What the database has is served without Redis.
    @Test func apiServesWithoutRedisAndSaysWhy() async throws {
        let folder = try CLIFolder()
        let (postgres, redis) = (try await PostgresServer.shared(), try await RedisServer())
        redis.kill(SIGKILL)
        let (api, url) = try await folder.serve(
            "api",
            environment: [
                "DATABASE_URL": postgres.url(schema: try await postgres.newSchemaName()), "SECRET_KEY": Self.key,
                "REDIS_URL": "redis://127.0.0.1:\(redis.port)/0",
            ]
        )
        await eventually { (try? await call("GET", "\(url)/api/v1/health/readiness"))?.0 == 503 }
        try await eventually { try await call("GET", "\(url)/health").1["checks"]?["redis"]?["status"] == "failing" }
        let body = #"{"name":"m","url":"http://127.0.0.1:9/"}"#
        #expect(try await call("POST", "\(url)/api/v1/monitors", body).0 == 201)
        #expect(try await call("GET", "\(url)/api/v1/monitors").1.arrayValue?.count == 1)
        #expect(try await call("GET", "\(url)/api/status/1").1 == .null)
        for path in ["fleet/workers", "fleet/queues", "fleet/tasks"] {
            #expect(try await call("GET", "\(url)/api/v1/\(path)").0 == 503, "\(path)")
        }
        #expect(try await call("POST", "\(url)/api/v1/monitors/1/check").0 == 503)
        try await redis.start()
        try await eventually { try await call("GET", "\(url)/api/v1/health/readiness").0 == 200 }
        try await eventually { try await states(url, "api").count == 1 }
        api.send(signal: SIGTERM)
        #expect(await api.wait(timeout: .seconds(40)).code == 0)
    }

    /// A process whose Redis cannot be used says so within seconds, and starts when it can.
    @Test func workerWaitsForRedisAndSaysWhy() async throws {
        let folder = try CLIFolder()
        let redis = try await RedisServer(password: "hunter2")
        redis.kill(SIGKILL)
        let (worker, url) = try await folder.serve(
            "worker",
            environment: ["SECRET_KEY": Self.key, "REDIS_URL": "redis://:hunter2@127.0.0.1:\(redis.port)/0"]
        )
        await eventually { worker.standardError.contains("Redis cannot be used; trying again") }
        await eventually {
            guard let (status, health) = try? await call("GET", "\(url)/health"), status == 503 else { return false }
            let text = health["checks"]?["redis"]?["message"]?.stringValue ?? ""
            return text.contains("127.0.0.1:\(redis.port)")
        }
        #expect(try await call("GET", "\(url)/api/v1/health/readiness").0 == 503)
        try await redis.start()
        try await eventually { try await call("GET", "\(url)/api/v1/health/readiness").0 == 200 }
        #expect(!worker.standardError.contains("hunter2"))
        worker.send(signal: SIGTERM)
        #expect(await worker.wait(timeout: .seconds(40)).code == 0)
    }
}
