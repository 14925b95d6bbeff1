import Base
import Broker
import Glibc
import Redis
import RedisBroker
import RedisStores
import Runtime
import TestSupport
import Testing

/// A Redis that cannot be used, at the start and later.
@Suite(.timeLimit(.minutes(10))) struct RedisFaultTests {
    private let topic = Topic<Int>(name: "numbers", capacity: 100_000, whenFull: .refuse)
    private let health = Health()
    private let log = Records()

    /// Keeps log records.
    private final class Records: LogHandler {
        private let kept = Locked<[String]>([])
        var texts: [String] { kept.withLock { $0 } }
        func write(_ record: LogRecord) { kept.withLock { $0.append("\(record)") } }
    }

    private func client(_ url: RedisURL, patience: Duration = .seconds(60)) -> RedisClient {
        RedisClient(url, on: RedisFixture.loop, patience: patience, connectTimeout: patience)
    }

    private func watch(_ client: RedisClient, isNeeded: Bool = true) -> RedisWatch {
        RedisWatch(client: client, health: health, logger: Logger(label: "t", handler: log), isNeeded: isNeeded)
    }

    /// What is wrong with a server; empty when it can be used.
    private func problem(_ client: RedisClient) async -> String {
        switch await watch(client).look() {
        case .usable: ""
        case .risky(let text), .unusable(let text): text
        }
    }

    /// The error of publishing; nil when there was none.
    private func publishing(_ broker: RedisBroker) async -> BrokerError? {
        do throws(BrokerError) {
            try await broker.publish([1], to: topic)
            return nil
        } catch { return error }
    }

    @Test func processWaitsForItsServerAndSaysWhy() async throws {
        let server = try await RedisServer(password: "hunter2")
        server.kill(SIGKILL)
        let client = client(try server.url(), patience: .seconds(30))
        let (shutdown, ready) = (GracefulShutdown(), Readiness())
        let watch = watch(client)
        let running = Task { try await watch.run(until: shutdown, ready: ready) }
        await eventually {
            health.snapshot.contains { part in
                guard case .failing(let text) = part.status else { return false }
                return part.component == "redis" && text.contains("127.0.0.1:\(server.port)")
            }
        }
        #expect(!ready.isReported)
        try await server.start()
        await eventually { ready.isReported && health.isHealthy }
        #expect(log.texts.count == 2 && log.texts.allSatisfy { !$0.contains("hunter2") }, "\(log.texts)")
        shutdown.trigger()
        try await running.value
        await client.close()
    }

    @Test func processThatWaitsCanEnd() async throws {
        let client = client(try RedisURL("redis://127.0.0.1:1"))
        let (shutdown, ready) = (GracefulShutdown(), Readiness())
        let watch = watch(client)
        let running = Task { try await watch.run(until: shutdown, ready: ready) }
        await eventually { !health.isHealthy }
        shutdown.trigger()
        try await running.value
        #expect(!ready.isReported)
        await client.close()
    }

    /// With Kafka as the broker, Redis keeps only what can be missed for a time.
    @Test func processGoesOnWithoutAServerThatItDoesNotNeed() async throws {
        let client = client(try RedisURL("redis://127.0.0.1:1"))
        let (shutdown, ready) = (GracefulShutdown(), Readiness())
        let watch = watch(client, isNeeded: false)
        let running = Task { try await watch.run(until: shutdown, ready: ready) }
        await eventually { ready.isReported && !health.isHealthy }
        guard case .degraded? = health.snapshot.first?.status else { return _ = Issue.record("not degraded") }
        shutdown.trigger()
        try await running.value
        await client.close()
    }

    @Test func wrongCredentialsAndRightsAreSaid() async throws {
        let server = try await RedisServer(password: "right")
        let admin = client(try server.url())
        try await admin.call(
            RedisCommand("ACL", "SETUSER", "reader", "on", ">pass", "~*", "+@read", "+client", "+info")
        )
        for (account, words) in [
            (":wrong@", "refused the user name or password"), ("", "wants a password"),
            ("reader:pass@", "lacks a right"),
        ] {
            let client = client(try RedisURL("redis://\(account)127.0.0.1:\(server.port)"))
            let found = await problem(client)
            #expect(found.contains(words), "\(found)")
            #expect(!found.contains("wrong@") && !found.contains("pass@"))
            await client.close()
        }
        // Whoever may not ask, but write, can work.
        try await admin.call(RedisCommand("ACL", "SETUSER", "silent", "on", ">pass", "~*", "&*", "+@all", "-info"))
        let silent = client(try RedisURL("redis://silent:pass@127.0.0.1:\(server.port)"))
        #expect(await problem(silent) == "")
        await silent.close()
        await admin.close()
    }

    @Test func readOnlyReplicaIsSaidAndLeftWhenItCanBeWritten() async throws {
        let (primary, server) = (try await RedisServer(), try await RedisServer())
        let admin = client(try server.url())
        let broker = RedisFixture.broker(try server.url())
        let member = try await broker.consume(topic, group: "a", redelivery: .seconds(60))
        #expect(await publishing(broker) == nil)
        #expect(await member.receive(count: 1).messages == [1])
        #expect(await problem(admin) == "")
        try await admin.call(RedisCommand("REPLICAOF", "127.0.0.1", "\(primary.port)"))
        #expect(await problem(admin).contains("is a replica"))
        await eventually {
            guard case .unavailable(let reason)? = await publishing(broker) else { return false }
            return reason.contains("READONLY")
        }
        try await admin.call(RedisCommand("REPLICAOF", "NO", "ONE"))
        await eventually { await publishing(broker) == nil }
        #expect(await problem(admin) == "")
        await broker.close()
        await admin.close()
    }

    @Test func serverThatIsLoadingIsSaidAndWaitedFor() async throws {
        let server = try await RedisServer(["key-load-delay": "300", "loading-process-events-interval-bytes": "1024"])
        let admin = client(try server.url())
        let filling = RedisScript("for i = 1, 10000 do redis.call('SET', 'key' .. i, i) end return 1")
        try await admin.call(filling, keys: [], RedisCommand())
        let broker = RedisFixture.broker(try server.url())
        #expect(await publishing(broker) == nil)
        try await admin.call(RedisCommand("SAVE"))
        server.kill(SIGKILL)
        let starting = Task { try await server.start() }
        await eventually { await problem(admin) == "Redis is loading its data" }
        await eventually {
            guard case .unavailable(let reason)? = await publishing(broker) else { return false }
            return reason.contains("LOADING")
        }
        try await starting.value
        await eventually { await publishing(broker) == nil }
        #expect(await problem(admin) == "")
        await broker.close()
        await admin.close()
    }

    @Test func serverWithoutMemoryIsSaidAndLosesNothing() async throws {
        let server = try await RedisServer()
        let admin = client(try server.url())
        let broker = RedisFixture.broker(try server.url())
        let member = try await broker.consume(topic, group: "a", redelivery: .seconds(60))
        try await broker.publish([1, 2, 3], to: topic)
        try await admin.call(RedisCommand("CONFIG", "SET", "maxmemory", "1000"))
        #expect(await problem(admin).contains("OOM"))
        guard case .unavailable(let reason)? = await publishing(broker) else { return _ = Issue.record("it was taken") }
        #expect(reason.contains("OOM"))
        // What it has is still delivered and acknowledged.
        let taken = await member.receive(count: 3)
        #expect(taken.messages == [1, 2, 3])
        try await admin.call(RedisCommand("CONFIG", "SET", "maxmemory", "0"))
        await eventually { await publishing(broker) == nil }
        #expect(await member.receive(count: 1).messages == [1])
        try await member.acknowledge(taken.ids)
        try await admin.call(RedisCommand("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru"))
        #expect(await problem(admin).contains("set noeviction"))
        await broker.close()
        await admin.close()
    }

    @Test func suspendedServerIsSaidAndWaitedFor() async throws {
        let server = try await RedisServer()
        let admin = client(try server.url(), patience: .seconds(3))
        var timing = RedisTiming()
        timing.patience = .seconds(3)
        let broker = RedisFixture.broker(try server.url(), timing: timing)
        let member = try await broker.consume(topic, group: "a", redelivery: .seconds(60))
        try await broker.publish([7, 8], to: topic)
        #expect(await member.receive(count: 2).messages == [7, 8])
        await eventually { await problem(admin) == "" }
        server.kill(SIGSTOP)
        let found = await problem(admin)
        #expect(found.contains("did not answer") || found.contains("cannot be reached"), "\(found)")
        guard case .unavailable? = await publishing(broker) else { return _ = Issue.record("it was taken") }
        server.kill(SIGCONT)
        await eventually { await publishing(broker) == nil }
        #expect(await member.receive(count: 1).messages.allSatisfy { $0 == 1 })
        await eventually { await problem(admin) == "" }
        await broker.close()
        await admin.close()
    }

    @Test func clusterNodeIsRefused() async throws {
        let server = try await RedisServer(["cluster-enabled": "yes", "databases": "1"])
        let client = client(try server.url())
        #expect(await problem(client).contains("Redis Cluster is not supported"))
        await client.close()
    }
}
