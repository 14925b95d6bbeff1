import Base
import Broker
import TestSupport
import Testing

/// Consumer groups whose members own partitions, on every broker.
@Suite struct PartitionContractTests {
    typealias Backend = BrokerBackend

    private func topic(_ fixture: BrokerFixture) -> Topic<Int> { fixture.topic { UInt64($0 % 1000) } }

    /// The messages of so many deliveries as it takes, each partition's in order.
    private func collect(
        _ count: Int,
        from member: any PartitionSubscription<Int>
    ) async -> [Deliveries<Int>] {
        var got: [Deliveries<Int>] = []
        while got.messages.count < count {
            switch await member.next(upTo: 1000) {
            case .messages(let more): got.append(more)
            case .assigned, .revoked: break
            case .end: return got
            }
        }
        return got
    }

    /// Waits until a member is told about partitions that it gets.
    private func assigned(_ member: any PartitionSubscription<Int>) async -> [Partition] {
        while true {
            switch await member.next(upTo: 1) {
            case .assigned(let partitions): return partitions
            case .end: return []
            case .messages, .revoked: continue
            }
        }
    }

    /// Waits until a member is asked for partitions.
    private func revoked(_ member: any PartitionSubscription<Int>) async -> [Partition] {
        while true {
            switch await member.next(upTo: 1) {
            case .revoked(let partitions): return partitions
            case .end: return []
            case .messages, .assigned: continue
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func soleMemberReceivesAllMessagesInOrder(_ backend: Backend) async throws {
        let fixture = try await backend.open()
        let topic = topic(fixture)
        let member = try await fixture.join(topic)
        #expect(await assigned(member).sorted() == Partition.all)
        try await fixture.broker.publish(Array(0..<100), to: topic)
        let got = await collect(100, from: member)
        for partition in Partition.all {
            let numbers = got.messages.filter { topic.partition(of: $0) == partition }
            #expect(numbers == (0..<100).filter { topic.partition(of: $0) == partition })
        }
        try await member.acknowledge(got.ids)
        try await fixture.advance(.seconds(11))
        guard case .end = await member.nextIfAny() else { return _ = Issue.record("acknowledged messages came again") }
        await fixture.close()
    }

    @Test(arguments: Backend.allCases)
    func memberIsAskedForPartitionsWhenAnotherJoins(_ backend: Backend) async throws {
        let fixture = try await backend.open()
        let topic = topic(fixture)
        let first = try await fixture.join(topic)
        _ = await assigned(first)
        let waiting = Task { await revoked(first) }
        let second = try await fixture.join(topic)
        let partitions = await waiting.value
        #expect(partitions.count == Partition.count / 2)
        let getting = Task { await assigned(second) }
        await first.release(partitions)
        #expect(await getting.value.sorted() == partitions.sorted())
        await fixture.close()
    }

    @Test(arguments: Backend.with(.separateMessages))
    func newOwnerReceivesUnacknowledgedMessages(_ backend: Backend) async throws {
        let fixture = try await backend.open()
        let topic = topic(fixture)
        let first = try await fixture.join(topic)
        _ = await assigned(first)
        try await fixture.broker.publish(Array(0..<100), to: topic)
        let got = await collect(100, from: first)
        let second = try await fixture.join(topic)
        let moved = Set(await revoked(first))
        // Half of its messages are acknowledged.
        let done = zip(got.messages, got.ids).filter { $0.0 % 2 == 0 }
        try await first.acknowledge(done.map(\.1))
        await first.release(Array(moved))
        let wanted = (0..<100).filter { moved.contains(topic.partition(of: $0)) && $0 % 2 == 1 }
        let seen = await collect(wanted.count, from: second).messages
        #expect(seen.sorted() == wanted)
        for partition in moved {
            let numbers = seen.filter { topic.partition(of: $0) == partition }
            #expect(numbers == numbers.sorted())
        }
        // A late acknowledgement changes nothing for the new owner.
        try await first.acknowledge(got.ids)
        await first.cancel()
        try await fixture.advance(.seconds(11))
        var again: Set<Int> = []
        while !again.isSuperset(of: wanted) {
            switch await second.next(upTo: 50) {
            case .messages(let more): again.formUnion(more.messages)
            case .assigned, .revoked: continue
            case .end: return _ = Issue.record("the messages did not come again")
            }
        }
        await fixture.close()
    }

    @Test(arguments: Backend.allCases)
    func leavingMemberFreesItsPartitions(_ backend: Backend) async throws {
        let fixture = try await backend.open()
        let topic = topic(fixture)
        let first = try await fixture.join(topic)
        _ = await assigned(first)
        try await fixture.broker.publish([1, 2, 3], to: topic)
        _ = await collect(3, from: first)
        await first.cancel()
        guard case .end = await first.next(upTo: 1) else { return _ = Issue.record("the member did not leave") }
        let second = try await fixture.join(topic)
        let got = await collect(3, from: second)
        #expect(got.messages.sorted() == [1, 2, 3])
        #expect(got.allSatisfy { $0.attempt == (backend.capabilities.contains(.separateMessages) ? 2 : 1) })
        await fixture.close()
    }

    @Test(arguments: Backend.allCases)
    func closingTheBrokerEndsEveryWait(_ backend: Backend) async throws {
        let fixture = try await backend.open()
        let member = try await fixture.join(topic(fixture))
        _ = await assigned(member)
        let waiting = Task { await member.next(upTo: 9) }
        await fixture.close()
        guard case .end = await waiting.value else { return _ = Issue.record("the wait did not end") }
    }

    /// Members join and leave; the messages of each partition are handled in order, apart from repetitions.
    @Test(arguments: Backend.seeds(4))
    func messagesOfAPartitionAreHandledInOrder(_ backend: Backend, _ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let fixture = try await backend.open()
        let topic = topic(fixture)
        var members = [try await fixture.join(topic)]
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
        for _ in 0..<300 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0, 1:
                let count = Int.random(in: 1...30, using: &random)
                try await fixture.broker.publish(Array(published..<published + count), to: topic)
                published += count
            case 2 where members.count < 5: members.append(try await fixture.join(topic))
            case 3 where members.count > 1:
                let index = Int.random(in: 0..<members.count, using: &random)
                try await step(members[index], dies: true)
                await members.remove(at: index).cancel()
            default:
                guard let member = members.randomElement(using: &random) else { continue }
                try await step(member, dies: false)
            }
        }
        await eventually {
            for member in members { try? await step(member, dies: false) }
            return handled.values.reduce(0) { $0 + $1.count } >= published
        }
        #expect(handled.values.reduce(0) { $0 + $1.count } == published, "seed \(seed)")
        for (_, numbers) in handled { #expect(numbers == numbers.sorted(), "seed \(seed)") }
        await fixture.close()
    }
}
