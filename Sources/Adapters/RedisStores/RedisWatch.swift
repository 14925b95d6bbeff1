package import Base
package import Redis
package import Runtime

/// Watches whether Redis can be used, and says at once what is wrong: in the log, and in `/health` as `redis`.
package struct RedisWatch: Service {
    package let name = "watch over Redis"
    private let client: RedisClient
    private let health: Health
    private let logger: Logger
    private let isNeeded: Bool
    private let isAwaited: Bool

    /// `isNeeded` says that Redis carries messages: then the services after this one start when it can be used.
    ///
    /// They do not wait for it where `isAwaited` is false.
    /// The client should give up within two seconds.
    package init(client: RedisClient, health: Health, logger: Logger, isNeeded: Bool, isAwaited: Bool = true) {
        (self.client, self.health, self.logger) = (client, health, logger)
        (self.isNeeded, self.isAwaited) = (isNeeded, isAwaited)
    }

    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        if !isNeeded || !isAwaited { ready.report() }
        var last: Finding?
        var hasWorked = false
        repeat {
            let finding = await look()
            if finding != last { report(finding, after: last, hasWorked) }
            last = finding
            if finding.isUsable {
                hasWorked = true
                ready.report()
            }
        } while await shutdown.sleep(for: last?.isUsable ?? false ? .seconds(5) : .seconds(1))
    }

    /// What is wrong with the server.
    package enum Finding: Sendable, Equatable {
        case usable
        /// It works, but may lose messages.
        case risky(String)
        case unusable(String)

        var isUsable: Bool { if case .unusable = self { false } else { true } }
    }

    private func report(_ finding: Finding, after last: Finding?, _ hasWorked: Bool) {
        switch finding {
        case .usable:
            health.set("redis", .ok)
            if last != nil { logger.notice(hasWorked ? "Redis works again" : "Redis works") }
        case .risky(let problem):
            health.set("redis", .degraded(problem))
            logger.warning("Redis works, with a risk", ["problem": problem])
        case .unusable(let problem):
            health.set("redis", isNeeded ? .failing(problem) : .degraded(problem))
            logger.error("Redis cannot be used; trying again", ["problem": problem])
        }
    }

    /// Asks the server, and writes something.
    package func look() async -> Finding {
        do throws(RedisError) {
            let facts = try await facts()
            if let problem = Self.fault(facts) { return .unusable(problem) }
            try await client.call(RedisCommand("SET", "sentinel:alive", "1", "PX", "60000"))
            return Self.risk(facts).map { .risky($0) } ?? .usable
        } catch { return .unusable("\(error)") }
    }

    /// What the server says of itself; nothing when the user may not ask, which is no reason to do nothing.
    private func facts() async throws(RedisError) -> [Substring: Substring] {
        switch try await client.run([RedisCommand("INFO")]).first {
        case .error(let text)? where text.hasPrefix("NOPERM"): return [:]
        case .error(let text)?: throw RedisError(answer: text)
        case let answer: return Self.facts(answer?.text ?? "")
        }
    }

    private static func facts(_ info: String) -> [Substring: Substring] {
        var facts: [Substring: Substring] = [:]
        for line in info.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            facts[line[..<colon]] = line[line.index(after: colon)...]
        }
        return facts
    }

    private static func fault(_ facts: [Substring: Substring]) -> String? {
        if facts["cluster_enabled"] == "1" { return "Redis Cluster is not supported, and the server is a node of one" }
        if facts["loading"] == "1" { return "Redis is loading its data" }
        if let version = facts["redis_version"], let major = Int(version.prefix { $0.isNumber }), major < 7 {
            return "Redis 7 or newer is needed; the server has \(version.prefix(50))"
        }
        if facts["role"] == "slave" { return "the Redis server is a replica: only its primary can be written" }
        return nil
    }

    private static func risk(_ facts: [Substring: Substring]) -> String? {
        let policy = facts["maxmemory_policy"] ?? "noeviction"
        guard policy != "noeviction", let limit = facts["maxmemory"], limit != "0" else { return nil }
        return "maxmemory-policy is \(policy.prefix(50)), by which Redis may remove messages: set noeviction"
    }
}
