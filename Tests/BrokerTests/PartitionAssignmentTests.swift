import Base
import TestSupport
import Testing

@testable import Broker

/// The owners of a group's partitions, under every order of joining, leaving and releasing.
@Suite struct PartitionAssignmentTests {
    @Test func soleMemberOwnsAllPartitions() {
        var assignment = PartitionAssignment()
        assignment.join(1)
        #expect(!assignment.mayTake(1, Partition(rawValue: 3)), "a member takes nothing before it is told")
        #expect(assignment.takeNews(for: 1) == .assigned(Partition.all))
        #expect(assignment.takeNews(for: 1) == nil)
        #expect(assignment.mayTake(1, Partition(rawValue: 3)))
        #expect(assignment.isSole(1))
    }

    @Test func partitionMovesOnlyAfterItsOwnerReleasedIt() {
        var assignment = PartitionAssignment()
        assignment.join(1)
        _ = assignment.takeNews(for: 1)
        assignment.join(2)
        #expect(assignment.takeNews(for: 2) == nil)
        guard case .revoked(let wanted)? = assignment.takeNews(for: 1) else { return _ = Issue.record("not asked") }
        #expect(wanted.count == Partition.count / 2)
        #expect(!assignment.mayTake(1, wanted[0]))
        #expect(!assignment.mayTake(2, wanted[0]))
        #expect(assignment.release(wanted, by: 1) == wanted)
        #expect(assignment.takeNews(for: 2) == .assigned(wanted))
        #expect(assignment.mayTake(2, wanted[0]))
    }

    @Test func partitionsOfADeadMemberMoveAtOnce() {
        var assignment = PartitionAssignment()
        for member in 1...3 { assignment.join(member) }
        settle(&assignment)
        let lost = assignment.partitions(of: 2)
        assignment.leave(2)
        var gained: [Partition] = []
        for member in [1, 3] {
            if case .assigned(let partitions)? = assignment.takeNews(for: member) { gained += partitions }
        }
        #expect(gained.sorted() == lost)
    }

    @Test func onlyTheOwnerCanReleaseAPartition() {
        var assignment = PartitionAssignment()
        assignment.join(1)
        #expect(assignment.release(Partition.all, by: 2).isEmpty)
    }

    /// No two members may ever take from one partition, and in the end all have equal shares.
    @Test(arguments: 0..<20) func eachPartitionHasOneOwnerAndSharesBecomeEqual(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var assignment = PartitionAssignment()
        var next = 1
        /// The partitions that each member believes to own.
        var believed: [Int: Set<Partition>] = [:]
        /// The partitions that were revoked and are not released yet.
        var asked: [Int: Set<Partition>] = [:]
        for _ in 0..<300 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0 where believed.count < 7:
                assignment.join(next)
                (believed[next], asked[next]) = ([], [])
                next += 1
            case 1 where believed.count > 1:
                guard let member = believed.keys.sorted().randomElement(using: &random) else { continue }
                assignment.leave(member)
                (believed[member], asked[member]) = (nil, nil)
            default:
                guard let member = believed.keys.sorted().randomElement(using: &random) else { continue }
                if Bool.random(using: &random), let wanted = asked[member], !wanted.isEmpty {
                    #expect(Set(assignment.release(wanted.sorted(), by: member)) == wanted)
                    believed[member]?.subtract(wanted)
                    asked[member] = []
                }
                switch assignment.takeNews(for: member) {
                case .some(.assigned(let partitions)): believed[member]?.formUnion(partitions)
                case .some(.revoked(let partitions)): asked[member]?.formUnion(partitions)
                case .none: break
                }
            }
            for partition in Partition.all {
                let owners = believed.filter { $0.value.contains(partition) }
                #expect(owners.count <= 1, "seed \(seed)")
                let takers = believed.keys.filter { assignment.mayTake($0, partition) }
                #expect(takers.count <= 1 && takers.allSatisfy { believed[$0]?.contains(partition) == true })
            }
        }
        for (member, partitions) in asked { _ = assignment.release(partitions.sorted(), by: member) }
        settle(&assignment)
        let shares = assignment.members.map { assignment.partitions(of: $0).count }
        #expect(shares.reduce(0, +) == Partition.count, "seed \(seed)")
        #expect((shares.max() ?? 0) - (shares.min() ?? 0) <= 1, "seed \(seed): \(shares)")
    }

    @Test func neighbouringKeysUseAllPartitions() {
        var counts: [Partition: Int] = [:]
        for key in UInt64(1)...64_000 { counts[.of(key), default: 0] += 1 }
        #expect(counts.count == Partition.count)
        #expect((counts.values.min() ?? 0) > 850 && (counts.values.max() ?? 0) < 1150)
    }

    /// Delivers the news to every member, and lets it release, until there is none left.
    private func settle(_ assignment: inout PartitionAssignment) {
        var goesOn = true
        while goesOn {
            goesOn = false
            for member in assignment.members {
                while let news = assignment.takeNews(for: member) {
                    goesOn = true
                    if case .revoked(let partitions) = news { _ = assignment.release(partitions, by: member) }
                }
            }
        }
    }
}
