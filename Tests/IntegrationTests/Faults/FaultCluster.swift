import Base
import Glibc
import HTTPClient
import Redis
import Runtime
import TestSupport
import Testing

/// A cluster of real processes over servers of its own, whose parts and networks a test breaks; asserted from outside.
///
/// Each process reaches PostgreSQL and Redis through links of its own.
final class FaultCluster: Sendable {
    static let roles = ["api", "scheduler", "worker", "processor", "alerter"]
    private static let key = "a-key-of-more-than-32-characters-in-all"

    /// One process.
    struct Member: Sendable {
        let role: String
        let process: RunningProcess
        let url: String
        let redis: FaultyLink
        let postgres: FaultyLink
    }

    let postgres: PostgresServer
    let redis: RedisServer
    let hook = NotifiedEvents()
    let members: [Member]
    private let folder: CLIFolder
    private let client: HTTPClient
    private let admin: RedisClient
    private let target: LoopbackTarget
    private let broken: SharedCount
    private let receiver: LoopbackTarget

    /// How many targets, from the first monitor's on, answer 503; the others answer 200.
    var brokenTargets: Int {
        get { broken.value }
        set { broken.value = newValue }
    }

    /// Starts the roles, some of them twice, as a user of PostgreSQL who may do nothing special.
    init(_ roles: [String] = FaultCluster.roles) async throws {
        folder = try CLIFolder()
        (postgres, redis) = (try await PostgresServer(), try await RedisServer())
        client = HTTPClient(loop: try EventLoop(name: "fault-test"))
        admin = RedisClient(try redis.url(), on: RedisFixture.loop, patience: .seconds(60))
        let broken = SharedCount()
        self.broken = broken
        target = .answering { request, connection in
            let number = Int(request.dropFirst(5).prefix { $0.isNumber }) ?? 0
            if number >= broken.value { return connection.respond(body: "ok") }
            connection.respond("503 Service Unavailable")
        }
        let hook = hook
        receiver = .answering { request, connection in hook.take(request, connection) }
        try await postgres.execute("CREATE ROLE app LOGIN", "GRANT ALL ON SCHEMA public TO app")
        let (folder, postgresPort, redisPort) = (folder, postgres.port, redis.port)
        var members: [Member] = []
        try await withThrowingTaskGroup(of: Member.self) { group in
            for role in roles {
                group.addTask {
                    let (toRedis, toPostgres) = (FaultyLink(to: redisPort), FaultyLink(to: postgresPort))
                    let environment = [
                        "DATABASE_URL": "postgres://app@127.0.0.1:\(toPostgres.port)/postgres?sslmode=disable",
                        "REDIS_URL": "redis://127.0.0.1:\(toRedis.port)/0", "SECRET_KEY": Self.key,
                    ]
                    let (process, url) = try await folder.serve(role, environment: environment)
                    return Member(role: role, process: process, url: url, redis: toRedis, postgres: toPostgres)
                }
            }
            for try await member in group { members.append(member) }
        }
        self.members = members
        for member in members { await isReady(member) }
    }

    func members(_ role: String) -> [Member] { members.filter { $0.role == role } }

    /// The member that has said last that it holds a lease.
    func holder(of lease: String, _ role: String) throws -> Member {
        try #require(
            members(role).last { member in
                member.process.standardError.contains(#""lease":"\#(lease)""#)
            }
        )
    }

    // MARK: Asking

    @discardableResult
    func call(_ method: String, _ path: String, _ body: String = "", of url: String? = nil) async throws -> JSONValue {
        let url = url ?? members("api")[0].url
        let answer = try await client.send(
            HTTPClientRequest(method: method, url: url + path, body: Array(body.utf8))
        )
        return answer.body.isEmpty ? .null : try JSONValue(parsing: answer.body)
    }

    /// What a member says is failing: part and message.
    func problems(_ member: Member) async -> [String: String] {
        guard case .object(let checks)? = try? await call("GET", "/health", of: member.url)["checks"] else {
            return ["health": "no answer"]
        }
        var found: [String: String] = [:]
        for (name, check) in checks.members where check["status"] == "failing" {
            found[name] = check["message"]?.stringValue ?? ""
        }
        return found
    }

    /// Waits until a member says what is wrong, in `/health` and its log; `isBlocked` also as the reason of its
    /// readiness.
    func says(_ member: Member, _ part: String, _ words: String, isBlocked: Bool = true) async {
        await eventually { await problems(member)[part]?.contains(words) ?? false }
        await eventually { member.process.standardError.contains(words) }
        guard isBlocked else { return }
        await eventually {
            let answer = try? await call("GET", "/api/v1/health/readiness", of: member.url)
            guard answer?["status"] == "not ready" else { return false }
            return answer?["reason"]?.stringValue?.contains(words) ?? false
        }
    }

    private func isReady(_ member: Member) async {
        await eventually {
            (try? await call("GET", "/api/v1/health/readiness", of: member.url))?["status"] == "ready"
        }
    }

    /// Waits until all members are ready, and nothing fails.
    func recovers() async {
        for member in members {
            await eventually { await problems(member).isEmpty }
            await isReady(member)
        }
    }

    // MARK: Checks and incidents

    /// Makes monitors that are checked every ten seconds, and a channel; returns when each was checked.
    func monitor(count: Int) async throws {
        let settings = #"{"url":"\#(receiver.url())"}"#
        try await call(
            "POST",
            "/api/v1/channels",
            #"{"name":"hook","kind":"webhook","rate_per_minute":600,"settings":\#(settings)}"#
        )
        for number in 0..<count {
            let url = target.url("/\(number)")
            let body = #"{"name":"m\#(number)","url":"\#(url)","interval":10,"timeout":5,"retries":0}"#
            try await call("POST", "/api/v1/monitors", body)
        }
        try await goesOn()
    }

    /// Waits until each monitor has a result of a check that began after now.
    func goesOn() async throws {
        let start = Timestamp.now
        try await eventually {
            let monitors = try await call("GET", "/api/v1/monitors?limit=1000").arrayValue ?? []
            return monitors.allSatisfy { monitor in
                let text = monitor["last_check"]?["checked_at"]?.stringValue ?? ""
                return Timestamp(iso8601: text).map { $0 > start } ?? false
            }
        }
    }

    /// Lets some targets fail and work again; each outage opens one incident, which is told once, with its end.
    func tellsAnOutage(of count: Int) async {
        let known = hook.events.count
        brokenTargets = count
        await eventually { hook.events.count >= known + count }
        brokenTargets = 0
        await eventually { hook.events.values.allSatisfy { $0.count == 2 } }
        #expect(hook.events.count == known + count)
        for (incident, events) in hook.events { #expect(events == ["firing", "resolved"], "incident \(incident)") }
    }

    /// The sum of a metric over all members, with all of its labels.
    func metric(_ name: String) async throws -> Int {
        var sum = 0.0
        for member in members {
            let answer = try await client.send(HTTPClientRequest(method: "GET", url: "\(member.url)/metrics", body: []))
            for line in String(decoding: answer.body, as: UTF8.self).split(separator: "\n") where line.hasPrefix(name) {
                sum += line.split(separator: " ").last.flatMap { Double(String($0)) } ?? 0
            }
        }
        return Int(sum)
    }

    /// Each slot between a monitor's first and newest result is there once, or counted as missed.
    ///
    /// `lost` is how many Redis may have lost with its data.
    func keepsEverySlot(lost: Int = 0) async throws {
        var missing = 0
        let monitors = try await call("GET", "/api/v1/monitors?limit=1000").arrayValue ?? []
        for monitor in monitors {
            let id = monitor["id"]?.integerValue ?? 0
            let rows = try await call("GET", "/api/v1/monitors/\(id)/history?limit=1000").arrayValue ?? []
            let times = rows.compactMap { row in
                Timestamp(iso8601: row["scheduled_at"]?.stringValue ?? "")?.milliseconds
            }.sorted()
            #expect(Set(times).count == times.count, "monitor \(id) has a result twice")
            // The first check of a new monitor has no slot.
            guard let last = times.last else { continue }
            let slots = times.filter { ($0 - last) % 10_000 == 0 }
            missing += Int((last - (slots.first ?? last)) / 10_000) + 1 - slots.count
        }
        let counted = try await metric("sentinel_slots_missed_total") + metric("sentinel_checks_skipped_total")
        #expect(missing <= counted + lost, "\(missing) slots are missing, and \(counted) were counted")
        #expect(try await metric("sentinel_results_lost_total") == 0)
    }

    // MARK: Redis

    @discardableResult
    func redis(_ words: String...) async throws -> RedisValue {
        var command = RedisCommand()
        for word in words { command.append(word) }
        return try await redis(command)
    }

    @discardableResult
    func redis(_ command: RedisCommand) async throws -> RedisValue { try await admin.call(command) }

    /// Ends all processes in an orderly way.
    func stop() async {
        for member in members { member.process.send(signal: SIGTERM) }
        for member in members {
            let output = await member.process.wait(timeout: .seconds(60))
            #expect(output.code == 0, "\(member.role): \(output.standardError.suffix(2000))")
        }
        await admin.close()
    }
}

/// A number that threads share.
private final class SharedCount: Sendable {
    private let state = Locked(0)
    var value: Int {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
