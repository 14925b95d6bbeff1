import Base
import Broker
import TestSupport
import Testing

/// The promises of the port, on every broker.
@Suite struct BrokerContractTests {
    typealias Backend = BrokerBackend

    @Test(arguments: Backend.allCases)
    func everyGroupGetsEveryMessage(_ backend: Backend) async throws {
        let fixture = try await backend.open()
        let topic = fixture.topic()
        let first = try await fixture.consume(topic)
        let second = try await fixture.consume(topic, group: "b")
        try await fixture.broker.publish(Array(0..<10), to: topic)
        var got = [await first.receive(count: 6).messages + (await first.receive(count: 4)).messages]
        got.append(await second.receive(count: 10).messages)
        for numbers in got {
            let isOrdered = backend.capabilities.contains(.totalOrder)
            #expect((isOrdered ? numbers : numbers.sorted()) == Array(0..<10))
        }
        await fixture.close()
    }

    @Test(arguments: Backend.with([.sharing, .totalOrder]))
    func membersOfAGroupShareTheMessages(_ backend: Backend) async throws {
        let fixture = try await backend.open()
        let first = try await fixture.consume(fixture.topic())
        let second = try await fixture.consume(fixture.topic())
        try await fixture.broker.publish(Array(0..<4), to: fixture.topic())
        #expect(await first.receive(upTo: 2).messages == [0, 1])
        #expect(await second.receive(upTo: 2).messages == [2, 3])
        await fixture.close()
    }

    @Test(arguments: Backend.allCases)
    func unacknowledgedMessagesAreRedelivered(_ backend: Backend) async throws {
        let fixture = try await backend.open()
        let subscription = try await fixture.consume(fixture.topic())
        try await fixture.broker.publish([1, 2, 3], to: fixture.topic())
        let first = await subscription.receive(count: 3)
        let done = try #require(zip(first.messages, first.ids).first { $0.0 == 2 })
        try await subscription.acknowledge([done.1])
        try await fixture.advance(.seconds(9))
        try await fixture.broker.publish([4], to: fixture.topic())
        #expect(await subscription.receive(upTo: 10).messages == [4])
        try await fixture.advance(.seconds(1))
        let again = await subscription.receive(count: 2)
        #expect(again.messages.sorted() == [1, 3])
        #expect(again.allSatisfy { $0.attempt == 2 })
        try await subscription.acknowledge(again.ids)
        #expect(fixture.count("redelivered") == 2)
        await fixture.close()
    }

    @Test(arguments: Backend.allCases)
    func leavingMembersHandTheirMessagesOver(_ backend: Backend) async throws {
        let fixture = try await backend.open()
        let first = try await fixture.consume(fixture.topic())
        try await fixture.broker.publish([1, 2], to: fixture.topic())
        _ = await first.receive(count: 2)
        let second = try await fixture.consume(fixture.topic())
        await first.cancel()
        #expect(await second.receive(count: 2).messages.sorted() == [1, 2])
        await fixture.close()
    }

    @Test(arguments: Backend.allCases)
    func cancelledSubscriptionReceivesNothing(_ backend: Backend) async throws {
        let fixture = try await backend.open()
        let first = try await fixture.consume(fixture.topic())
        let second = try await fixture.consume(fixture.topic())
        let waiting = Task { await first.receive(upTo: 9) }
        await first.cancel()
        try await fixture.broker.publish([1], to: fixture.topic())
        #expect(await waiting.value.isEmpty)
        #expect(await second.receive(upTo: 9).messages == [1])
        await fixture.close()
    }

    @Test(arguments: Backend.with(.capacity))
    func fullTopicRefuses(_ backend: Backend) async throws {
        let fixture = try await backend.open()
        let topic = fixture.topic(3)
        let subscription = try await fixture.consume(topic)
        try await fixture.broker.publish([1, 2], to: topic)
        await #expect(throws: BrokerError.full(topic: fixture.name)) {
            try await fixture.broker.publish([3, 4], to: topic)
        }
        #expect(await subscription.receive(upTo: 9).messages == [1, 2])
        await fixture.close()
    }

    @Test(arguments: Backend.with(.capacity))
    func fullTopicDropsAndCountsTheOldest(_ backend: Backend) async throws {
        let fixture = try await backend.open()
        let topic = fixture.topic(3, .dropOldest)
        let subscription = try await fixture.consume(topic)
        try await fixture.broker.publish([1, 2], to: topic)
        try await fixture.broker.publish([3, 4, 5], to: topic)
        #expect(await subscription.receive(upTo: 9).messages == [3, 4, 5])
        #expect(fixture.count("dropped") == 2)
        await fixture.close()
    }

    /// The first group gets what was published before it, up to the topic's capacity.
    @Test(arguments: Backend.with(.capacity), [Topic<Int>.Overflow.refuse, .dropOldest, .block])
    func messagesBeforeTheFirstGroup(_ backend: Backend, _ overflow: Topic<Int>.Overflow) async throws {
        let fixture = try await backend.open()
        let topic = fixture.topic(3, overflow)
        try await fixture.broker.publish([1, 2], to: topic)
        try await fixture.broker.publish([3, 4], to: topic)
        #expect(fixture.count("dropped") == 1)
        let first = try await fixture.consume(topic)
        let second = try await fixture.consume(topic, group: "b")
        #expect(await first.receive(count: 3).messages == [2, 3, 4])
        try await fixture.broker.publish([5], to: topic)
        #expect(await second.receive(upTo: 9).messages == [5])
        await fixture.close()
    }

    @Test(arguments: Backend.allCases)
    func messagesBeforeTheFirstGroupAreKept(_ backend: Backend) async throws {
        let fixture = try await backend.open()
        try await fixture.broker.publish([1, 2], to: fixture.topic())
        let first = try await fixture.consume(fixture.topic())
        #expect(await first.receive(count: 2).messages.sorted() == [1, 2])
        await fixture.close()
    }

    @Test(arguments: Backend.with(.capacity))
    func fullTopicBlocksThePublisher(_ backend: Backend) async throws {
        let fixture = try await backend.open()
        let topic = fixture.topic(2, .block)
        let subscription = try await fixture.consume(topic)
        try await fixture.broker.publish([1, 2], to: topic)
        let publishing = Task { try await fixture.broker.publish([3], to: topic) }
        #expect(await subscription.receive(upTo: 1).messages == [1])
        try await publishing.value
        #expect(await subscription.receive(count: 2).messages == [2, 3])
        await fixture.close()
    }

    @Test(arguments: Backend.allCases)
    func cancelledReceiverGetsWhatWaits(_ backend: Backend) async throws {
        let fixture = try await backend.open()
        let subscription = try await fixture.consume(fixture.topic())
        let waiting = Task { await subscription.receive(upTo: 1) }
        waiting.cancel()
        #expect(await waiting.value.isEmpty)
        try await fixture.broker.publish([1], to: fixture.topic())
        func receiveCancelled() async -> [Int] {
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await subscription.receive(upTo: 9)
            }
            return await task.value.messages
        }
        var got = await receiveCancelled()
        if !backend.capabilities.contains(.immediate) {
            await eventually {
                if got.isEmpty { got = await receiveCancelled() }
                return !got.isEmpty
            }
        }
        #expect(got == [1])
        await fixture.close()
    }

    @Test(arguments: Backend.allCases)
    func closingEndsEveryWait(_ backend: Backend) async throws {
        let fixture = try await backend.open()
        let topic = fixture.topic()
        let subscription = try await fixture.consume(topic)
        let listener = await fixture.broker.listen(topic)
        let waiting = Task { await subscription.receive(upTo: 1) }
        let listening = Task { for await _ in listener {} }
        await fixture.close()
        #expect(await waiting.value.isEmpty)
        await listening.value
        await #expect(throws: BrokerError.closed) { try await fixture.broker.publish([1], to: topic) }
        await #expect(throws: BrokerError.closed) { try await subscription.acknowledge([]) }
    }

    @Test(arguments: Backend.allCases)
    func listenersReceiveOnlyBroadcasts(_ backend: Backend) async throws {
        let fixture = try await backend.open()
        let iterator = await fixture.broker.listen(fixture.topic()).makeAsyncIterator()
        try await fixture.broker.publish([1], to: fixture.topic())
        await fixture.broker.broadcast(2, on: fixture.topic())
        #expect(await iterator.next()?.message == 2)
        await fixture.close()
    }

    @Test(arguments: Backend.allCases)
    func rejectedMessagesBecomeDeadLetters(_ backend: Backend) async throws {
        let fixture = try await backend.open()
        let subscription = try await fixture.consume(fixture.topic())
        try await fixture.broker.publish([1, 2, 3], to: fixture.topic())
        let got = await subscription.receive(count: 3)
        let bad = try #require(zip(got.messages, got.ids).first { $0.0 == 2 }).1
        try await subscription.reject([bad, DeliveryID(rawValue: 99)])
        try await subscription.reject([bad])
        #expect(fixture.count("dead_letters") == 1)
        let dead = try await fixture.consume(fixture.topic().deadLetters, group: "people")
        #expect(await dead.receive(count: 1).messages == [2])
        try await fixture.advance(.seconds(10))
        #expect(await subscription.receive(count: 2).messages.sorted() == [1, 3])
        await fixture.close()
    }

    /// Members join and leave, acknowledge or not: in the end every message is acknowledged, and none is lost.
    @Test(arguments: Backend.seeds(3)) func nothingIsLostUnderRandomUse(
        _ backend: Backend,
        _ seed: UInt64
    ) async throws {
        var random = SeededGenerator(seed: seed)
        let fixture = try await backend.open()
        let topic = fixture.topic()
        var members = [try await fixture.consume(topic)]
        var acknowledged: Set<Int> = []
        var published = 0
        for _ in 0..<200 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1, 2:
                let batch = Array(published..<published + Int.random(in: 1...20, using: &random))
                try await fixture.broker.publish(batch, to: topic)
                published += batch.count
            case 3 where members.count < 4: members.append(try await fixture.consume(topic))
            case 4 where members.count > 1: await members.removeLast().cancel()
            default:
                guard let member = members.randomElement(using: &random) else { continue }
                let limit = Int.random(in: 1...10, using: &random)
                let asking = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return await member.receive(upTo: limit)
                }
                let got = await asking.value
                guard Bool.random(using: &random) else { continue }
                try await member.acknowledge(got.ids)
                acknowledged.formUnion(got.messages)
            }
        }
        while members.count > 1 { await members.removeLast().cancel() }
        try await fixture.advance(.seconds(10))
        while acknowledged.count < published {
            let got = await members[0].receive(upTo: 1000)
            try await members[0].acknowledge(got.ids)
            acknowledged.formUnion(got.messages)
            if got.isEmpty { break }
        }
        #expect(acknowledged == Set(0..<published), "seed \(seed)")
        await fixture.close()
    }

    @Test(arguments: Backend.with(.separateMessages))
    func backlogIsToldByGroup(_ backend: BrokerBackend) async throws {
        let fixture = try await backend.open()
        let topic = Topic<Int>(name: fixture.name, capacity: 100, whenFull: .refuse)
        let keyed = Topic<Int>(name: fixture.name + "-keyed", capacity: 100, whenFull: .refuse) { UInt64($0) }
        let one = try await fixture.broker.consume(topic, group: "a", redelivery: .seconds(60))
        let two = try await fixture.broker.consume(topic, group: "b", redelivery: .seconds(60))
        let owner = try await fixture.broker.consumePartitions(keyed, group: "c", redelivery: .seconds(60))
        try await fixture.broker.publish([1, 2, 3, 4, 5], to: topic)
        try await fixture.broker.publish(Array(0..<40), to: keyed)
        let taken = await one.receive(count: 3)
        let first = Array(taken.ids.prefix(1))
        try await one.acknowledge(first)
        try await one.reject(Array(taken.ids.dropFirst().prefix(1)))
        func backlog(_ topic: String, _ group: String) async throws -> TopicBacklog? {
            try await fixture.broker.backlog().first { $0.topic == topic && $0.group == group }
        }
        let a = try #require(try await backlog(topic.name, "a"))
        #expect(a.waiting + a.inFlight == 3 && a.inFlight >= 1 && a.members == 1 && a.deadLetters == 1)
        let b = try #require(try await backlog(topic.name, "b"))
        #expect(b.waiting == 5 && b.inFlight == 0 && b.members == 1)
        let c = try #require(try await backlog(keyed.name, "c"))
        #expect(c.waiting + c.inFlight == 40)
        if backend == .redis { #expect(a.oldestAge != nil && b.oldestAge != nil && c.oldestAge != nil) }
        try await two.acknowledge(await two.receive(count: 5).ids)
        let done = try #require(try await backlog(topic.name, "b"))
        #expect(done.waiting == 0 && done.inFlight == 0 && done.oldestAge == nil)
        await two.cancel()
        await owner.cancel()
        #expect(try await backlog(topic.name, "b")?.members == 0)
        await fixture.close()
    }
}
