import Base
import Broker
import Redis
import RedisBroker
import Runtime
import TestSupport
import Testing

/// Tasks that prefer an executor of their own come to the actors of a client a step later than others: no wait may miss
/// what happens meanwhile.
@Suite(.timeLimit(.minutes(10))) struct PreferredExecutorTests {
    private let topic = Topic<Int>(name: "numbers", capacity: 100_000, whenFull: .refuse)

    /// A consumer that is cancelled at any moment ends, and leaves its group.
    @Test func cancelledConsumerAlwaysEnds() async throws {
        let server = try await RedisServer.shared()
        let url = try server.url(ownDatabase: true)
        let loop = try EventLoop(name: "preferred")
        var random = SeededGenerator(seed: 8)
        for round in 0..<120 {
            let broker = RedisFixture.broker(url)
            let jobs = try await broker.consume(topic, group: "g", redelivery: .seconds(60))
            let consuming = Task(executorPreference: loop) {
                while !Task.isCancelled { _ = await jobs.receive(upTo: 10) }
            }
            for number in 0..<Int.random(in: 0..<6, using: &random) {
                try await broker.publish([number], to: topic)
            }
            // Any moment within the first rounds of reading.
            let steps = Int.random(in: 0..<40, using: &random)
            for _ in 0..<steps { await Task.yield() }
            consuming.cancel()
            let hasEnded = Locked(false)
            let watching = Task {
                await consuming.value
                await jobs.cancel()
                hasEnded.withLock { $0 = true }
            }
            let ended = await eventually { hasEnded.withLock { $0 } }
            guard ended else { return _ = Issue.record("the consumer of round \(round) did not end") }
            await watching.value
            await broker.close()
        }
        loop.shutdown()
    }

    /// Commands that come while a connection is being opened all get their answers.
    @Test func commandsThatComeWhileAConnectionOpensAreAnswered() async throws {
        let server = try await RedisServer.shared()
        let url = try server.url(ownDatabase: true)
        let loop = try EventLoop(name: "preferred")
        for _ in 0..<60 {
            let client = RedisClient(url, on: RedisFixture.loop)
            let answers = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<16 {
                    group.addTask(executorPreference: loop) {
                        (try? await client.call(RedisCommand("PING"))) != nil
                    }
                }
                return await group.reduce(into: 0) { if $1 { $0 += 1 } }
            }
            #expect(answers == 16)
            await client.close()
        }
        loop.shutdown()
    }
}
