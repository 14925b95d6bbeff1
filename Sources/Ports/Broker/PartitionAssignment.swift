/// Which member of a group owns which partition: at most one owner at a time, with equal shares.
///
/// A partition moves in two steps. Its owner is asked to release it, finishes its work and releases it; only then does
/// the next owner get it. Has neither a clock nor messages.
struct PartitionAssignment {
    private struct Holding {
        let owner: Int
        var isRevoked = false
    }

    /// Ascending, in the order in which they joined.
    private(set) var members: [Int] = []
    private var holdings: [Partition: Holding] = [:]
    /// The partitions that a member was not notified of yet.
    private var assigned: [Int: [Partition]] = [:]
    private var revoked: [Int: [Partition]] = [:]

    /// Whether a member may get messages of a partition: it owns it, was notified, and was not asked to release it.
    func mayTake(_ member: Int, _ partition: Partition) -> Bool {
        guard let holding = holdings[partition], holding.owner == member, !holding.isRevoked else { return false }
        return assigned[member]?.contains(partition) != true
    }

    /// The partitions of a member, including those that it was asked to release; ascending.
    func partitions(of member: Int) -> [Partition] {
        holdings.filter { $0.value.owner == member }.map(\.key).sorted()
    }

    /// Whether one member owns all partitions and was notified.
    func isSole(_ member: Int) -> Bool {
        members.count == 1 && members[0] == member && assigned[member] == nil
            && !holdings.values.contains(where: \.isRevoked)
    }

    func contains(_ member: Int) -> Bool { members.contains(member) }

    mutating func join(_ member: Int) {
        members.append(member)
        members.sort()
        rebalance()
    }

    /// Frees all partitions of a member, whether it has finished or not.
    mutating func leave(_ member: Int) {
        members.removeAll { $0 == member }
        (assigned[member], revoked[member]) = (nil, nil)
        holdings = holdings.filter { $0.value.owner != member }
        rebalance()
    }

    /// Frees partitions of a member, whether it was asked for them or not; others are ignored.
    mutating func release(_ partitions: [Partition], by member: Int) -> [Partition] {
        let freed = partitions.filter { holdings[$0]?.owner == member }
        for partition in freed { holdings[partition] = nil }
        assigned[member]?.removeAll(where: freed.contains)
        revoked[member]?.removeAll(where: freed.contains)
        if !freed.isEmpty { rebalance() }
        return freed
    }

    /// The next notification for a member: first the partitions to release, then the new ones.
    mutating func takeNews(for member: Int) -> News? {
        if let partitions = revoked.removeValue(forKey: member), !partitions.isEmpty { return .revoked(partitions) }
        if let partitions = assigned.removeValue(forKey: member), !partitions.isEmpty { return .assigned(partitions) }
        return nil
    }

    func hasNews(for member: Int) -> Bool {
        revoked[member]?.isEmpty == false || assigned[member]?.isEmpty == false
    }

    enum News: Equatable {
        case assigned([Partition])
        case revoked([Partition])
    }

    /// Gives free partitions to the members with the fewest, and asks members with too many to release some.
    private mutating func rebalance() {
        guard !members.isEmpty else { return }
        let (share, rest) = Partition.count.quotientAndRemainder(dividingBy: members.count)
        var counts: [Int: Int] = [:]
        for holding in holdings.values where !holding.isRevoked { counts[holding.owner, default: 0] += 1 }
        var larger = rest
        for member in members {
            // The first members to have one more than the others keep it.
            let quota = share + (larger > 0 && counts[member, default: 0] > share ? 1 : 0)
            if quota > share { larger -= 1 }
            let excess = counts[member, default: 0] - quota
            if excess > 0 { revoke(excess, from: member, &counts) }
        }
        for partition in Partition.all where holdings[partition] == nil {
            guard let least = members.min(by: { counts[$0, default: 0] < counts[$1, default: 0] }) else { return }
            holdings[partition] = Holding(owner: least)
            counts[least, default: 0] += 1
            assigned[least, default: []].append(partition)
        }
    }

    private mutating func revoke(_ count: Int, from member: Int, _ counts: inout [Int: Int]) {
        let held = holdings.filter { $0.value.owner == member && !$0.value.isRevoked }.map(\.key).sorted()
        for partition in held.suffix(count) {
            counts[member, default: 0] -= 1
            if let index = assigned[member]?.firstIndex(of: partition) {
                // The member was not notified of it yet: it can move at once.
                assigned[member]?.remove(at: index)
                holdings[partition] = nil
            } else {
                holdings[partition]?.isRevoked = true
                revoked[member, default: []].append(partition)
            }
        }
    }
}
