import Base
import Broker
import TestSupport
import Testing

/// Consumer groups whose members own partitions, on the in-process broker.
@Suite struct PartitionTests {
    private let clock = ManualClock()
    private let metrics = MetricsRegistry()
    private let topic = Topic<Int>(name: "numbers", capacity: 10_000, whenFull: .refuse) { UInt64($0 % 1000) }
    private var broker: InProcessBroker { InProcessBroker(metrics: metrics, clock: clock) }

    private func join(_ broker: InProcessBroker) async throws -> any PartitionSubscription<Int> {
        try await broker.consumePartitions(topic, group: "a", redelivery: .seconds(10))
    }

    @Test func soleMemberReceivesAllMessagesInOrder() async throws {
        let broker = broker
        let member = try await join(broker)
        try await broker.publish(Array(0..<100), to: topic)
        guard case .assigned(Partition.all) = await member.next(upTo: 9) else {
            return _ = Issue.record("not assigned")
        }
        guard case .messages(let got) = await member.next(upTo: 1000) else { return _ = Issue.record("no messages") }
        #expect(got.messages == Array(0..<100))
        try await member.acknowledge(got.ids)
        clock.advance(by: .seconds(11))
        let waiting = Task { await member.next(upTo: 9) }
        waiting.cancel()
        guard case .end = await waiting.value else { return _ = Issue.record("acknowledged messages came again") }
    }

    @Test func waitingMemberIsAskedForPartitionsWhenAnotherJoins() async throws {
        let broker = broker
        let first = try await join(broker)
        _ = await first.next(upTo: 9)
        let waiting = Task { await first.next(upTo: 9) }
        let second = try await join(broker)
        guard case .revoked(let partitions) = await waiting.value else { return _ = Issue.record("not asked") }
        let getting = Task { await second.next(upTo: 9) }
        await first.release(partitions)
        guard case .assigned(partitions) = await getting.value else { return _ = Issue.record("not handed over") }
    }

    @Test func newOwnerFirstReceivesUnacknowledgedMessages() async throws {
        let broker = broker
        let first = try await join(broker)
        _ = await first.next(upTo: 9)
        try await broker.publish(Array(0..<100), to: topic)
        guard case .messages(let got) = await first.next(upTo: 50) else { return _ = Issue.record("no messages") }
        let second = try await join(broker)
        guard case .revoked(let partitions) = await first.next(upTo: 9) else { return _ = Issue.record("not asked") }
        let moved = Set(partitions)
        // Half of its messages are acknowledged.
        let done = got.messages.indices.filter { got.messages[$0] % 2 == 0 }
        try await first.acknowledge(done.map(got.id(at:)))
        await first.release(partitions)
        _ = await second.next(upTo: 9)
        var seen: [Int] = []
        while case .messages(let more) = await second.nextIfAny() { seen += more.messages }
        let wanted = (0..<100).filter { moved.contains(topic.partition(of: $0)) && ($0 >= 50 || $0 % 2 == 1) }
        #expect(seen == wanted)
        // A late acknowledgement changes nothing for the new owner.
        try await first.acknowledge(got.ids)
        await first.cancel()
        clock.advance(by: .seconds(11))
        var again: [Int] = []
        loop: while true {
            switch await second.nextIfAny() {
            case .messages(let more): again += more.messages
            case .assigned, .revoked: continue
            case .end: break loop
            }
        }
        #expect(Set(wanted).isSubset(of: again))
    }

    @Test func releasedSubscriptionLeavesTheGroup() async throws {
        let broker = broker
        var first: (any PartitionSubscription<Int>)? = try await join(broker)
        _ = await first?.next(upTo: 9)
        try await broker.publish([1, 2, 3], to: topic)
        _ = await first?.next(upTo: 9)
        let second = try await join(broker)
        first = nil
        guard case .assigned(Partition.all) = await second.next(upTo: 9) else {
            return _ = Issue.record("not assigned")
        }
        guard case .messages(let got) = await second.next(upTo: 9) else { return _ = Issue.record("no messages") }
        #expect(got.messages == [1, 2, 3])
        #expect(got.attempt == 2)
    }

    @Test func closingTheBrokerEndsEveryWait() async throws {
        let broker = broker
        let member = try await join(broker)
        _ = await member.next(upTo: 9)
        let waiting = Task { await member.next(upTo: 9) }
        broker.close()
        guard case .end = await waiting.value else { return _ = Issue.record("the wait did not end") }
    }

    /// Members join, leave and die; the messages of each partition are handled in order, apart from repetitions.
    @Test(arguments: 0..<8) func messagesOfAPartitionAreHandledInOrder(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let broker = broker
        var members = [try await join(broker)]
        var handled: [Partition: [Int]] = [:]
        var published = 0

        func step(_ member: any PartitionSubscription<Int>, dies: Bool) async throws {
            switch await member.nextIfAny() {
            case .revoked(let partitions): await member.release(partitions)
            case .messages(let got) where !dies:
                for number in got.messages where handled[topic.partition(of: number)]?.contains(number) != true {
                    handled[topic.partition(of: number), default: []].append(number)
                }
                try await member.acknowledge(got.ids)
            default: break
            }
        }
        for _ in 0..<600 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0, 1:
                let count = Int.random(in: 1...30, using: &random)
                try await broker.publish(Array(published..<published + count), to: topic)
                published += count
            case 2 where members.count < 5: members.append(try await join(broker))
            case 3 where members.count > 1:
                let index = Int.random(in: 0..<members.count, using: &random)
                try await step(members[index], dies: true)
                members.remove(at: index)
            default:
                guard let member = members.randomElement(using: &random) else { continue }
                try await step(member, dies: false)
            }
        }
        for _ in 0..<2000 where handled.values.reduce(0, { $0 + $1.count }) < published {
            for member in members { try await step(member, dies: false) }
        }
        #expect(handled.values.reduce(0) { $0 + $1.count } == published, "seed \(seed)")
        for (_, numbers) in handled { #expect(numbers == numbers.sorted(), "seed \(seed)") }
    }
}

extension PartitionSubscription {
    /// The next event without waiting; `.end` when there is none.
    fileprivate func nextIfAny() async -> PartitionEvent<Message> {
        let asking = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await next(upTo: 7)
        }
        return await asking.value
    }
}
