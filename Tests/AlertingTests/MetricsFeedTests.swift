import Base
import Domain
import Storage
import TestSupport
import Testing

@testable import Alerting

/// The feed of servers' metrics alone: its queries, and how watches end.
@Suite(.timeLimit(.minutes(10))) struct MetricsFeedTests {
    /// A feed whose servers and answers the test sets.
    private final class Bench: Sendable {
        let clock = ManualClock()
        let servers = Locked<[Int64: Bool]>([1: true])
        let isStoreAway = Locked(false)
        /// How often servers were read and Prometheus was queried.
        let looked = Locked(0)
        let asked = Locked(0)
        private let gate = Locked<CheckedContinuation<Void, Never>?>(nil)
        private let holds = Locked(false)

        func feed(_ limits: MetricsLimits = MetricsLimits()) -> MetricsFeed {
            MetricsFeed(
                interval: .seconds(5),
                limits: limits,
                clock: clock,
                look: { [self] id async throws(StorageError) in
                    looked.withLock { $0 += 1 }
                    if isStoreAway.withLock({ $0 }) { throw .unreadable("away") }
                    return servers.withLock { $0[id.rawValue] }.map { isActive in
                        MonitoredServer(
                            id: id,
                            name: "",
                            jobName: "",
                            instance: "",
                            isActive: isActive,
                            createdAt: Timestamp(milliseconds: 0)
                        )
                    }
                },
                ask: { [self] _ in
                    let isHeld = holds.withLock { holds in
                        defer { holds = false }
                        return holds
                    }
                    if isHeld {
                        await withCheckedContinuation { waiter in gate.withLock { $0 = waiter } }
                    }
                    return asked.withLock { asked in
                        asked += 1
                        return [UInt8(truncatingIfNeeded: asked)]
                    }
                }
            )
        }

        /// Makes the next query wait until it is released.
        func hold() { holds.withLock { $0 = true } }
        var isHeld: Bool { gate.withLock { $0 != nil } }
        func letGo() { gate.withLock { $0.take() }?.resume() }

        func pass(_ duration: Duration = .seconds(5)) async {
            await eventually { clock.sleeperCount == 1 }
            clock.advance(by: duration)
        }
    }

    private static let one = ServerID(rawValue: 1)

    @Test func slowWatcherIsDroppedAlone() async throws {
        let bench = Bench()
        var limits = MetricsLimits()
        limits.waitingMessages = 3
        let feed = bench.feed(limits)
        let (slow, quick) = (try feed.watch(Self.one), try feed.watch(Self.one))
        var messages = quick.messages.makeAsyncIterator()
        for number in 1...4 {
            #expect(await messages.next() == [UInt8(number)])
            #expect(slow.end == (number < 4 ? nil : .slow) && feed.droppedCount == (number < 4 ? 0 : 1))
            await bench.pass()
        }
        #expect(await messages.next() == [5] && quick.end == nil && feed.droppedCount == 1)
        try #require(slow.end == .slow)
        var left: [[UInt8]] = []
        for await message in slow.messages { left.append(message) }
        #expect(left == [[1], [2], [3]])
    }

    /// Slots that pass during a query are skipped, and no second query runs beside it.
    @Test func slowAnswerSkipsSlots() async throws {
        let bench = Bench()
        bench.hold()
        let feed = bench.feed()
        let watch = try feed.watch(Self.one)
        #expect(await eventually { bench.isHeld })
        bench.clock.advance(by: .seconds(12))
        #expect(bench.looked.withLock { $0 } == 1)
        bench.letGo()
        var messages = watch.messages.makeAsyncIterator()
        #expect(await messages.next() == [1])
        #expect(await messages.next() == [2], "the next slot is long past")
        await bench.pass(.seconds(4))
        #expect(bench.asked.withLock { $0 } == 2)
        await bench.pass(.seconds(1))
        #expect(await messages.next() == [3])
    }

    @Test func serverIsReadBeforeEachMessage() async throws {
        let bench = Bench()
        let feed = bench.feed()
        let watch = try feed.watch(Self.one)
        var messages = watch.messages.makeAsyncIterator()
        #expect(await messages.next() == [1])
        bench.isStoreAway.withLock { $0 = true }
        await bench.pass()
        #expect(await messages.next() == [2], "what is known goes on while the store is away")
        bench.isStoreAway.withLock { $0 = false }
        bench.servers.withLock { $0[1] = false }
        await bench.pass()
        #expect(await messages.next() == nil && watch.end == .inactive)
        bench.isStoreAway.withLock { $0 = true }
        let unknown = try feed.watch(Self.one)
        for await _ in unknown.messages {}
        #expect(unknown.end == .unavailable && feed.serverCount == 0)
    }

    /// A change during a query: the answer is outdated.
    @Test func outdatedAnswerIsNotSent() async throws {
        let bench = Bench()
        bench.hold()
        let feed = bench.feed()
        let watch = try feed.watch(Self.one)
        #expect(await eventually { bench.isHeld })
        feed.changed(Self.one)
        var messages = watch.messages.makeAsyncIterator()
        #expect(await messages.next() == [1])
        bench.letGo()
        #expect(await eventually { bench.asked.withLock { $0 } == 2 })
        await bench.pass()
        #expect(await messages.next() == [3])
        #expect(bench.clock.sleeperCount <= 1, "the loop before is over")
        bench.servers.withLock { $0 = [:] }
        feed.changed(Self.one)
        #expect(await messages.next() == nil && watch.end == .noServer)
        #expect(await eventually { bench.clock.sleeperCount == 0 })
        feed.changed(Self.one)
        #expect(feed.serverCount == 0 && bench.looked.withLock { $0 } == 4, "nobody watches")
    }

    @Test func watchersAndServersAreBounded() async throws {
        let bench = Bench()
        bench.servers.withLock { $0 = [1: true, 2: true] }
        var limits = MetricsLimits()
        (limits.watchers, limits.servers) = (3, 1)
        let feed = bench.feed(limits)
        var watches = [try feed.watch(Self.one), try feed.watch(Self.one)]
        #expect(throws: MetricsFeedError.full) { try feed.watch(ServerID(rawValue: 2)) }
        watches.append(try feed.watch(Self.one))
        #expect(throws: MetricsFeedError.full) { try feed.watch(Self.one) }
        #expect(feed.watcherCount == 3)
        watches = []
        #expect(feed.watcherCount == 0)
        feed.close()
        #expect(throws: MetricsFeedError.stopping) { try feed.watch(Self.one) }
    }

    @Test func closingEndsEveryWatch() async throws {
        let bench = Bench()
        let feed = bench.feed()
        let watch = try feed.watch(Self.one)
        var messages = watch.messages.makeAsyncIterator()
        #expect(await messages.next() == [1])
        #expect(await eventually { bench.clock.sleeperCount == 1 })
        feed.close()
        #expect(await messages.next() == nil && watch.end == .stopping)
        #expect(await eventually { bench.clock.sleeperCount == 0 })
        #expect(feed.serverCount == 0)
    }

    /// Many watchers come and go during changes; in the end nothing is left.
    @Test func concurrentWatchersLeaveNothingBehind() async throws {
        let bench = Bench()
        let feed = bench.feed()
        await withTaskGroup(of: Void.self) { group in
            for seed in 0..<16 {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(seed))
                    for _ in 0..<50 {
                        guard let watch = try? feed.watch(Self.one) else {
                            Issue.record("refused")
                            return
                        }
                        if Bool.random(using: &random) { feed.changed(Self.one) }
                        var messages = watch.messages.makeAsyncIterator()
                        if Bool.random(using: &random) { #expect(await messages.next() != nil) }
                    }
                }
            }
        }
        #expect(feed.watcherCount == 0)
        await eventually { bench.clock.sleeperCount == feed.serverCount }
        bench.clock.advance(by: .seconds(5))
        #expect(await eventually { feed.serverCount == 0 && bench.clock.sleeperCount == 0 })
    }
}
