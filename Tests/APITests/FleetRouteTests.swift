import Results
import API
import Base
import Domain
import Fleet
import HTTPServer
import Pipeline
import Testing

/// `/api/v1/fleet`.
@Suite struct FleetRouteTests {
    private let store = MemoryFleetStore { MonotonicTime(nanoseconds: 0) }

    private func process(_ id: String, _ role: String, region: String = "local") -> FleetProcess {
        var process = FleetProcess(
            id: id,
            role: role,
            host: "node-1",
            pid: 42,
            version: "1.0.0",
            region: region,
            startedAt: Timestamp.now - .seconds(100)
        )
        process.state = .running
        process.accepts = role == "worker" ? [.pause, .resume, .resize, .drain] : [.drain]
        if role == "worker" {
            process.slots = FleetProcess.Slots(concurrency: 100, limit: 200, active: 7, waiting: 1)
            process.work = FleetProcess.Work(processed: 1000, failed: 3, lastMinute: 60)
        }
        return process
    }

    private func application(
        queues: @escaping @Sendable () async throws(FleetError) -> [QueueState] = { () throws(FleetError) in [] }
    ) async throws -> TestApplication {
        for (id, role, region) in [
            ("worker-a", "worker", "local"), ("worker-b", "worker", "eu"), ("api-a", "api", "local"),
        ] {
            _ = try store.announce(process(id, role, region: region), taken: [])
        }
        return try await TestApplication { $0.fleet = FleetServices(store: store, queues: queues) }
    }

    @Test func processesAreListedFilteredAndPaged() async throws {
        let app = try await application()
        let all = await app.send(.get, "/api/v1/fleet/workers").json.arrayValue ?? []
        #expect(all.compactMap { $0["id"]?.stringValue } == ["api-a", "worker-a", "worker-b"])
        #expect(all[0]["active"] == .null && all[0]["processed"] == .null)
        #expect(all[1]["active"] == 7 && all[1]["concurrency"] == 100 && all[1]["throughput_per_minute"] == 60)
        #expect(all[1]["state"] == "running" && (99...1000).contains(all[1]["uptime_seconds"]?.integerValue ?? 0))
        let workers = await app.send(.get, "/api/v1/fleet/workers?role=worker&region=eu").json.arrayValue ?? []
        #expect(workers.compactMap { $0["id"]?.stringValue } == ["worker-b"])
        let first = await app.send(.get, "/api/v1/fleet/workers?limit=2")
        let next = try #require(first.headers["X-Next-Cursor"])
        let second = await app.send(.get, "/api/v1/fleet/workers?limit=2&cursor=\(next)")
        #expect(second.json.arrayValue?.compactMap { $0["id"]?.stringValue } == ["worker-b"])
        #expect(second.headers["X-Next-Cursor"] == nil)
        #expect(await app.send(.get, "/api/v1/fleet/workers/worker-b").json["region"] == "eu")
        #expect(await app.send(.get, "/api/v1/fleet/workers/worker-x").status == 404)
        #expect(await app.send(.get, "/api/v1/fleet/workers?role=cook").status == 422)
    }

    @Test func commandWaitsForTheProcess() async throws {
        let app = try await application()
        let answer = await app.send(.post, "/api/v1/fleet/workers/worker-a/pause")
        #expect(answer.status == 202 && answer.json["state"] == "pending" && answer.json["action"] == "pause")
        let resized = await app.send(.patch, "/api/v1/fleet/workers/worker-a", ["concurrency": 150])
        #expect(resized.status == 202 && resized.json["concurrency"] == 150)
        let shown = await app.send(.get, "/api/v1/fleet/workers/worker-a").json["commands"]?.arrayValue ?? []
        #expect(shown.compactMap { $0["action"]?.stringValue } == ["pause", "resize"])
        let taken = try store.announce(process("worker-a", "worker"), taken: [])
        #expect(taken.map(\.action) == [.pause, .resize] && taken.last?.concurrency == 150)
    }

    @Test func whatCannotBeDoneIsRefusedWithTheReason() async throws {
        let app = try await application()
        for path in ["pause", "resume", "drain"] {
            #expect(await app.send(.post, "/api/v1/fleet/workers/nobody/\(path)").status == 404)
        }
        let api = await app.send(.post, "/api/v1/fleet/workers/api-a/pause")
        #expect(api.status == 409 && api.json["detail"] == "A process with the role api makes no checks")
        let many = await app.send(.patch, "/api/v1/fleet/workers/worker-a", ["concurrency": 201])
        #expect(many.status == 409 && many.text.contains("200 checks at once at most"))
        for body: JSONValue in [["concurrency": 0], ["concurrency": "5"], [:], ["concurrency": 5, "x": 1]] {
            #expect(await app.send(.patch, "/api/v1/fleet/workers/worker-a", body).status == 422, "\(body)")
        }
        var ending = process("worker-b", "worker")
        ending.state = .draining
        _ = try store.announce(ending, taken: [])
        #expect(await app.send(.post, "/api/v1/fleet/workers/worker-b/pause").status == 409)
        for _ in 0..<FleetLimits.commands { _ = await app.send(.post, "/api/v1/fleet/workers/worker-a/pause") }
        #expect(await app.send(.post, "/api/v1/fleet/workers/worker-a/pause").status == 409)
    }

    @Test func queuesAreShown() async throws {
        let app = try await application { () throws(FleetError) in
            [
                QueueState(topic: "b", group: "x", lag: 5, inFlight: 2, oldestAge: .milliseconds(1500), members: 2),
                QueueState(topic: "a", group: "y", lag: 0, inFlight: 0, deadLetters: 3),
            ]
        }
        let queues = await app.send(.get, "/api/v1/fleet/queues").json.arrayValue ?? []
        #expect(queues.compactMap { $0["topic"]?.stringValue } == ["a", "b"])
        #expect(queues[0]["dead_letters"] == 3 && queues[0]["oldest_age_seconds"] == .null)
        #expect(queues[1]["depth"] == 7 && queues[1]["lag"] == 5 && queues[1]["oldest_age_seconds"] == 1.5)
    }

    @Test func storeThatIsAwayIsSaid() async throws {
        struct Away: FleetStore {
            func announce(_ process: FleetProcess, taken: [String]) throws(FleetError) -> [FleetCommand] { [] }
            func leave(_ id: String) {}
            func members() throws(FleetError) -> [FleetMember] { throw .unavailable("away") }
            func send(_ command: FleetCommand, to id: String) throws(FleetError) -> Bool { throw .unavailable("away") }
        }
        let app = try await TestApplication {
            $0.fleet = FleetServices(store: Away()) { () throws(FleetError) in throw .unavailable("away") }
        }
        for path in ["workers", "queues", "workers/worker-a"] {
            let answer = await app.send(.get, "/api/v1/fleet/\(path)")
            #expect(answer.status == 503 && answer.headers["Retry-After"] == "5", "\(path)")
        }
        #expect(await app.send(.post, "/api/v1/fleet/workers/worker-a/pause").status == 503)
    }

    @Test func metricsHaveTheWholeFleet() async throws {
        let app = try await application { () throws(FleetError) in
            var unknown = QueueState(topic: "k", group: "x", lag: 3, inFlight: 0)
            unknown.knowsAges = false
            return [
                QueueState(topic: "b", group: "x", lag: 5, inFlight: 2, oldestAge: .milliseconds(1500), deadLetters: 1),
                unknown,
            ]
        }
        let text = await app.send(.get, "/metrics").text
        for line in [
            "sentinel_fleet_readable 1", #"sentinel_fleet_processes{role="worker",region="eu",state="running"} 1"#,
            #"sentinel_fleet_active_checks{region="local"} 7"#, #"sentinel_fleet_concurrency{region="eu"} 100"#,
            #"sentinel_fleet_queue_depth{topic="b",group="x"} 7"#, #"sentinel_fleet_queue_lag{topic="b",group="x"} 5"#,
            #"sentinel_fleet_queue_oldest_age_seconds{topic="b",group="x"} 1.5"#,
            #"sentinel_fleet_queue_dead_letters{topic="b"} 1"#,
        ] { #expect(text.contains("\n\(line)\n"), "\(line)") }
        #expect(text.contains(#"sentinel_fleet_queue_lag{topic="k",group="x"} 3"#))
        #expect(!text.contains(#"oldest_age_seconds{topic="k""#), "0 would say that nothing waits")
    }

    /// A scrape does not wait for a broker that hangs.
    @Test func metricsAreServedThoughTheFleetCannotBeRead() async throws {
        let app = try await TestApplication {
            $0.fleet = FleetServices(store: store) { () throws(FleetError) in
                try? await Task.sleep(for: .seconds(600))  // a broker that never answers
                return []
            }
        }
        let text = await app.send(.get, "/metrics").text
        #expect(text.contains("\nsentinel_fleet_readable 0\n") && !text.contains("sentinel_fleet_processes"))
    }

    @Test func requestedChecksAreListedNewestFirst() async throws {
        let app = try await TestApplication()
        let time = Timestamp(milliseconds: 1_764_000_000_000)
        for number in 1...5 {
            let id = MonitorID(rawValue: Int64(number))
            _ = await app.tasks.create("t\(number)", monitor: id, at: time + .seconds(number))
        }
        await app.tasks.update("t2", .running, by: "worker-a", at: time + .seconds(9))
        await app.tasks.update("t3", .failed("expired"))
        func ids(_ answer: Answer) -> [String] {
            answer.json.arrayValue?.compactMap { $0["task_id"]?.stringValue } ?? []
        }
        #expect(ids(await app.send(.get, "/api/v1/fleet/tasks")) == ["t5", "t4", "t3", "t2", "t1"])
        let running = await app.send(.get, "/api/v1/fleet/tasks?state=running")
        #expect(ids(running) == ["t2"] && running.json.arrayValue?.first?["worker"] == "worker-a")
        let failed = await app.send(.get, "/api/v1/fleet/tasks?state=failed&monitor_id=3")
        #expect(ids(failed) == ["t3"] && failed.json.arrayValue?.first?["error"] == "expired")
        #expect(ids(await app.send(.get, "/api/v1/fleet/tasks?monitor_id=9")).isEmpty)
        var cursor = ""
        var seen: [String] = []
        repeat {
            let page = await app.send(.get, "/api/v1/fleet/tasks?limit=2" + (cursor.isEmpty ? "" : "&cursor=\(cursor)"))
            seen += ids(page)
            cursor = page.headers["X-Next-Cursor"] ?? ""
        } while !cursor.isEmpty && seen.count < 20
        #expect(seen == ["t5", "t4", "t3", "t2", "t1"])
    }
}

/// The newest results from a cache, and how often checks may be requested.
@Suite struct StatusCacheRouteTests {
    /// A cache in memory that can hold anything.
    private final class TestCache: StatusCache {
        private let results = Locked<[MonitorID: [CheckResult]]>([:])
        private let gone = Locked<[MonitorID: Bool]>([:])
        var forgotten: [MonitorID: Bool] { gone.withLock { $0 } }

        func note(_ added: [CheckResult]) {
            results.withLock { results in for one in added { results[one.monitorID, default: []].insert(one, at: 0) } }
        }
        func latest(for monitors: [MonitorID]) -> [MonitorID: CheckResult] {
            results.withLock { results in
                var found: [MonitorID: CheckResult] = [:]
                for id in monitors { found[id] = results[id]?.first }
                return found
            }
        }
        func recent(_ monitor: MonitorID) -> [CheckResult] { results.withLock { $0[monitor] ?? [] } }
        func forget(_ monitor: MonitorID, deleted: Bool) {
            results.withLock { $0[monitor] = nil }
            gone.withLock { $0[monitor] = deleted }
        }
    }

    private func result(_ number: Int, of id: Int64) -> CheckResult {
        let due = Timestamp(milliseconds: 1_764_000_000_000 + Int64(number) * 10_000)
        var outcome = Outcome(latency: .milliseconds(Int64(number)))
        outcome.statusCode = 200
        let monitor = MonitorID(rawValue: id)
        return CheckResult(monitorID: monitor, region: .local, scheduledAt: due, checkedAt: due, outcome: outcome)
    }

    @Test func newestResultsComeFromTheCacheThenFromTheStore() async throws {
        let cache = TestCache()
        let app = try await TestApplication { $0.cache = cache }
        await app.createMonitor()
        #expect(cache.forgotten == [MonitorID(rawValue: 1): false])
        for path in ["/api/v1/monitors/1/latest", "/api/status/1"] {
            let answer = await app.send(.get, path)
            #expect(answer.status == 200 && answer.json == .null, "\(path)")
        }
        for path in ["/api/v1/monitors/99/latest", "/api/v1/monitors/99/recent", "/api/status/99", "/api/history/99"] {
            #expect(await app.send(.get, path).status == 404, "\(path)")
        }
        // Stored, and not in the cache.
        _ = try await app.results.append((1...3).map { result($0, of: 1) })
        #expect(await app.send(.get, "/api/status/1").json["latency_ms"] == 3)
        let stored = await app.send(.get, "/api/history/1").json.arrayValue ?? []
        #expect(stored.compactMap { $0["latency_ms"]?.integerValue } == [1, 2, 3])
        // In the cache, and not stored: only the cache was asked.
        cache.note((4...30).map { result($0, of: 1) })
        #expect(await app.send(.get, "/api/status/1").json["latency_ms"] == 30)
        #expect(await app.send(.get, "/api/v1/monitors/1/latest").json["latency_ms"] == 30)
        #expect(await app.send(.get, "/api/v1/monitors/1").json["last_check"]?["latency_ms"] == 30)
        let recent = await app.send(.get, "/api/v1/monitors/1/recent").json.arrayValue ?? []
        #expect(recent.compactMap { $0["latency_ms"]?.integerValue } == Array((11...30).reversed()))
        #expect(await app.send(.delete, "/api/v1/monitors/1").status == 204)
        #expect(cache.forgotten == [MonitorID(rawValue: 1): true])
        #expect(await app.send(.get, "/api/status/1").status == 404)
        #expect(await app.send(.get, "/api/history/1").status == 404)
    }

    @Test func checksAreRequestedOnlySoOften() async throws {
        let app = try await TestApplication { $0.checksPerMinute = 3 }
        await app.createMonitor()
        await app.createMonitor(name: "Other")
        for _ in 0..<3 { #expect(await app.send(.post, "/api/v1/monitors/1/check").status == 200) }
        let answer = await app.send(.post, "/api/monitoring/1/check")
        #expect(answer.status == 429)
        #expect((1...20).contains(Int(answer.headers["Retry-After"] ?? "") ?? 0))
        #expect(await app.send(.post, "/api/v1/monitors/2/check").status == 200)
    }

    @Test func bucketsFillAgainAndAreBounded() async throws {
        let time = Locked(MonotonicTime(nanoseconds: 0))
        let limiter = MemoryRateLimiter(capacity: 100) { time.withLock { $0 } }
        for _ in 0..<6 { #expect(limiter.take("a", perMinute: 6) == nil) }
        #expect(limiter.take("a", perMinute: 6) == .seconds(10))
        time.withLock { $0 = $0 + .seconds(10) }
        #expect(limiter.take("a", perMinute: 6) == nil)
        #expect(limiter.take("a", perMinute: 6) != nil)
        for number in 0..<10_000 {
            time.withLock { $0 = $0 + .milliseconds(1) }
            #expect(limiter.take("\(number)", perMinute: 6) == nil)
        }
        #expect(limiter.count <= 100)
    }
}
