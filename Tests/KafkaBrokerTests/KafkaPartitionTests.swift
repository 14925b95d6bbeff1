import Base
import Broker
import TestSupport
import Testing

@testable import KafkaBroker

extension KafkaTests {
    /// The next assignment; messages meanwhile are a fault.
    static func assigned(_ member: any PartitionSubscription<Int>) async -> [Partition] {
        guard case .assigned(let partitions) = await member.next(upTo: 9) else {
            Issue.record("not assigned")
            return []
        }
        return partitions
    }

    @Test func soleMemberOwnsAllPartitionsAndKeysKeepTheirOrder() async throws {
        let bench = try await Bench()
        try await bench.run { broker in
            let member = try await broker.consumePartitions(bench.keyed, group: "a", redelivery: .seconds(60))
            try await broker.publish(Array(0..<5000), to: bench.keyed)
            #expect(await Self.assigned(member) == Partition.all)
            var byKey: [Int: [Int]] = [:]
            var count = 0
            while count < 5000, case .messages(let got) = await member.next(upTo: 700) {
                count += got.count
                for number in got.messages { byKey[number % 1000, default: []].append(number) }
                try await member.acknowledge(got.ids)
            }
            #expect(count == 5000)
            #expect(byKey.count == 1000)
            #expect(byKey.values.allSatisfy { $0 == $0.sorted() })
        }
    }

    @Test func partitionsMoveOnlyAfterTheirOwnerReleasedThem() async throws {
        let bench = try await Bench()
        try await bench.run { broker in
            let first = try await broker.consumePartitions(bench.keyed, group: "a", redelivery: .seconds(60))
            _ = await Self.assigned(first)
            try await broker.publish(Array(0..<1000), to: bench.keyed)
            var got: [Deliveries<Int>] = []
            while got.reduce(0, { $0 + $1.count }) < 1000, case .messages(let more) = await first.next(upTo: 1000) {
                got.append(more)
            }
            let second = try await broker.consumePartitions(bench.keyed, group: "a", redelivery: .seconds(60))
            guard case .revoked(let moved) = await first.next(upTo: 9) else { return _ = Issue.record("not asked") }
            #expect(moved.count == Partition.count / 2)
            let isReleased = Locked(false)
            let gaining = Task {
                let partitions = await Self.assigned(second)
                return (partitions, isReleased.withLock { $0 })
            }
            // Half of the messages are done, also of the partitions that move.
            for batch in got {
                let done = batch.messages.indices.filter { batch.messages[$0] < 500 }
                try await first.acknowledge(done.map(batch.id(at:)))
            }
            isReleased.withLock { $0 = true }
            await first.release(moved)
            let (gained, wasReleased) = await gaining.value
            #expect(gained == moved)
            #expect(wasReleased)
            // What the first owner had not finished in order comes to the new one.
            let wanted = Set((500..<1000).filter { moved.contains(bench.keyed.partition(of: $0)) })
            var seen: Set<Int> = []
            while !wanted.isSubset(of: seen), case .messages(let more) = await second.next(upTo: 1000) {
                seen.formUnion(more.messages)
                #expect(more.messages.allSatisfy { moved.contains(bench.keyed.partition(of: $0)) })
            }
            #expect(wanted.isSubset(of: seen))
        }
    }

    @Test func partitionsOfADeadMemberMoveWithoutItsRelease() async throws {
        let bench = try await Bench()
        try await bench.run { broker in
            let dying = try await broker.join(bench.keyed, "a", .seconds(60), .owning)
            _ = await Self.assigned(dying)
            try await broker.publish(Array(0..<1000), to: bench.keyed)
            guard case .messages(let lost) = await dying.next(upTo: 1000) else { return _ = Issue.record("nothing") }
            let half = lost.ids.prefix(lost.count / 2)
            try await dying.acknowledge(Array(half))
            await dying.die()
            let next = try await broker.consumePartitions(bench.keyed, group: "a", redelivery: .seconds(60))
            #expect(await Self.assigned(next) == Partition.all)
            var seen: [Int] = []
            let wanted = Set(0..<1000).subtracting(lost.messages.prefix(half.count))
            while !wanted.isSubset(of: seen), case .messages(let more) = await next.next(upTo: 1000) {
                seen += more.messages
                try await next.acknowledge(more.ids)
            }
            let byKey = Dictionary(grouping: seen) { $0 % 1000 }
            #expect(byKey.values.allSatisfy { $0 == $0.sorted() })
        }
    }

    @Test func keyedTopicWithOtherPartitionsIsRefused() async throws {
        let bench = try await Bench()
        _ = try await bench.server.kcat(["-P", "-t", bench.prefix + "keyed"], input: "1\n")
        try await bench.run { broker in
            let error = await #expect(throws: BrokerError.self) { try await broker.publish([1], to: bench.keyed) }
            guard case .unavailable(let reason) = error else { return _ = Issue.record("\(String(describing: error))") }
            #expect(reason.contains("has 4 partitions, and must have 64"))
        }
    }
}
