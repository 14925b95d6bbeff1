import Base
import Glibc
import HTTPClient
import Runtime
import TestSupport
import Testing

/// The roles as processes of their own, over PostgreSQL and Redis, with Redis or Kafka as the broker.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ClusterTests {
    private static let key = "a-key-of-more-than-32-characters-in-all"
    private static let roles = ["api", "scheduler", "worker", "processor", "alerter"]

    /// What carries the messages.
    enum Carrier: String, CaseIterable {
        case redis, kafka

        /// Kafka only where there is one to start.
        static let allCases: [Carrier] = {
            if KafkaServer.isPresent { return [.redis, .kafka] }
            print("No Kafka is at hand (see docs/kafka.md): roles are tested over Redis only.")
            return [.redis]
        }()
    }

    /// Two processes of each role.
    private struct Cluster {
        let folder: CLIFolder
        let kafka: KafkaServer?
        let environment: [String: String]
        var processes: [String: [(process: RunningProcess, url: String)]] = [:]

        init(_ carrier: Carrier) async throws {
            folder = try CLIFolder()
            let server = try await PostgresServer.shared()
            let redis = try await RedisServer.shared()
            kafka = carrier == .kafka ? try await KafkaServer() : nil
            var environment = [
                "DATABASE_URL": server.url(schema: try await server.newSchemaName()), "SECRET_KEY": ClusterTests.key,
                "REDIS_URL": "redis://127.0.0.1:\(redis.port)/\(Int.random(in: 500..<900))",
            ]
            environment["KAFKA_BOOTSTRAP_SERVERS"] = kafka?.bootstrap
            self.environment = environment
            // All at once: each brings the schema up to date, or waits for the one that does.
            try await withThrowingTaskGroup(of: (String, RunningProcess, String).self) { group in
                for role in ClusterTests.roles + ClusterTests.roles {
                    group.addTask { [folder, environment] in
                        let (process, url) = try await folder.serve(role, environment: environment)
                        return (role, process, url)
                    }
                }
                for try await (role, process, url) in group { processes[role, default: []].append((process, url)) }
            }
        }

        /// The API of the process of that role that was started last and was not killed.
        func url(_ role: String) -> String { processes[role]?.last?.url ?? "" }

        /// Kills one process of a role at once.
        mutating func kill(_ role: String) async {
            guard let (process, _) = processes[role]?.first else { return }
            processes[role]?.removeFirst()
            process.send(signal: SIGKILL)
            _ = await process.wait(timeout: .seconds(40))
        }
    }

    private let client: HTTPClient

    init() throws { client = HTTPClient(loop: try EventLoop(name: "cluster-test")) }

    @discardableResult
    private func call(_ method: String, _ url: String, _ body: String = "") async throws -> JSONValue {
        let answer = try await client.send(HTTPClientRequest(method: method, url: url, body: Array(body.utf8)))
        return try JSONValue(parsing: answer.body)
    }

    /// Requests checks until the receiver has been sent that many events.
    private func check(_ url: String, until receiver: NotifiedEvents, events: Int) async {
        await eventually {
            _ = try? await call("POST", "\(url)/api/monitoring/1/check")
            return receiver.events.values.reduce(0) { $0 + $1.count } >= events
        }
    }

    @Test(arguments: Carrier.allCases) func rolesGoOnWhenOneOfEachIsKilled(_ carrier: Carrier) async throws {
        var cluster = try await Cluster(carrier)
        let isUp = Locked(true)
        let target = LoopbackTarget.answering { _, connection in
            if isUp.withLock({ $0 }) { return connection.respond(body: "ok") }
            connection.respond("503 Service Unavailable")
        }
        let receiver = NotifiedEvents()
        let hook = LoopbackTarget.answering { request, connection in receiver.take(request, connection) }
        let (first, second) = (cluster.processes["api"]?.first?.url ?? "", cluster.url("api"))
        try await call(
            "POST",
            "\(first)/api/v1/channels",
            #"{"name":"hook","kind":"webhook","rate_per_minute":600,"settings":{"url":"\#(hook.url())"}}"#
        )
        for path in ["/a", "/b", "/c"] {
            let body = #"{"name":"m\#(path)","url":"\#(target.url(path))","interval":10,"timeout":5,"retries":0}"#
            try await call("POST", "\(first)/api/v1/monitors", body)
        }
        // A check that one process was asked for is known to the other.
        let task = try #require(try await call("POST", "\(first)/api/monitoring/1/check")["task_id"]?.stringValue)
        try await eventually {
            try await call("GET", "\(second)/api/tasks/\(task)")["state"]?.stringValue == "finished"
        }

        isUp.withLock { $0 = false }
        await check(second, until: receiver, events: 3)
        isUp.withLock { $0 = true }
        await check(second, until: receiver, events: 6)

        for role in Self.roles { await cluster.kill(role) }
        let url = cluster.url("api")
        isUp.withLock { $0 = false }
        await check(url, until: receiver, events: 9)
        isUp.withLock { $0 = true }
        await check(url, until: receiver, events: 12)
        #expect(receiver.events.count == 6)
        // No process knows where people reach the API.
        #expect(receiver.links.isEmpty)
        for (incident, events) in receiver.events { #expect(events == ["firing", "resolved"], "incident \(incident)") }

        // Nor does a broker that dies.
        if let kafka = cluster.kafka {
            try await kafka.kill()
            isUp.withLock { $0 = false }
            try await kafka.restart()
            await check(url, until: receiver, events: 15)
            isUp.withLock { $0 = true }
            await check(url, until: receiver, events: 18)
            for (incident, events) in receiver.events {
                #expect(events == ["firing", "resolved"], "incident \(incident)")
            }
        }

        // Every monitor is checked on: its newest result is younger than two intervals.
        try await eventually {
            let monitors = try await call("GET", "\(url)/api/v1/monitors").arrayValue ?? []
            let oldest = Timestamp.now - .seconds(20)
            return monitors.count == 3
                && monitors.allSatisfy { monitor in
                    let text = monitor["last_check"]?["checked_at"]?.stringValue ?? ""
                    return Timestamp(iso8601: text).map { $0 > oldest } ?? false
                }
        }
        for role in Self.roles {
            let answer = try await call("GET", "\(cluster.url(role))/api/v1/health/readiness")
            #expect(answer["status"] == "ready", "\(role)")
        }
        for role in Self.roles {
            for (process, _) in cluster.processes[role] ?? [] { process.send(signal: SIGTERM) }
        }
        for role in Self.roles {
            for (process, _) in cluster.processes[role] ?? [] {
                let output = await process.wait(timeout: .seconds(40))
                #expect(output.code == 0, "\(role): \(output.standardError.suffix(2000))")
            }
        }
    }

    @Test func rolesSayWhatTheyNeed() async throws {
        let folder = try CLIFolder()
        let noStore = try await folder.run(["scheduler"], environment: ["SECRET_KEY": Self.key])
        #expect(noStore.code == 2 && noStore.standardError.contains("share a PostgreSQL database: set DATABASE_URL"))
        let noKey = try await folder.run(["worker"], environment: ["REDIS_URL": "redis://127.0.0.1:1/0"])
        #expect(noKey.code == 2 && noKey.standardError.contains("SECRET_KEY is not set"))
        let noRedis = try await folder.run(["worker"], environment: ["SECRET_KEY": Self.key])
        #expect(noRedis.code != 0 && noRedis.standardError.contains("set REDIS_URL, such as redis://127.0.0.1:6379/0"))
        let garbled = try await folder.run(
            ["worker"],
            environment: ["SECRET_KEY": Self.key, "REDIS_URL": "redis://:hunter2@host:x/0"]
        )
        #expect(garbled.code == 2 && garbled.standardError.contains("REDIS_URL"))
        #expect(!garbled.standardError.contains("hunter2"))
    }
}
