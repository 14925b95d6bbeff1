/// Which member of a group owns which partition: at most one owner at a time, and equal shares in the end.
///
/// A partition moves in two steps. Its owner is asked to give it up, finishes what it has begun and releases it; only
/// then does the next owner get it. No clock, no messages.
struct PartitionAssignment {
    private struct Holding {
        let owner: Int
        var isRevoked = false
    }

    /// Ascending, which is the order in which they joined.
    private(set) var members: [Int] = []
    private var holdings: [Partition: Holding] = [:]
    /// What a member was not told yet.
    private var assigned: [Int: [Partition]] = [:]
    private var revoked: [Int: [Partition]] = [:]

    /// Whether a member may get messages of a partition: it owns it, knows that it does, and was not asked for it.
    func mayTake(_ member: Int, _ partition: Partition) -> Bool {
        guard let holding = holdings[partition], holding.owner == member, !holding.isRevoked else { return false }
        return assigned[member]?.contains(partition) != true
    }

    /// The partitions of a member, also those that it was asked to give up; ascending.
    func partitions(of member: Int) -> [Partition] {
        holdings.filter { $0.value.owner == member }.map(\.key).sorted()
    }

    /// Whether one member owns everything and knows it.
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

    /// Frees everything that a member owns, whether it finished or not.
    mutating func leave(_ member: Int) {
        members.removeAll { $0 == member }
        (assigned[member], revoked[member]) = (nil, nil)
        holdings = holdings.filter { $0.value.owner != member }
        rebalance()
    }

    /// Frees partitions that their owner was asked to give up, or gives up by itself; others are passed over.
    mutating func release(_ partitions: [Partition], by member: Int) -> [Partition] {
        let freed = partitions.filter { holdings[$0]?.owner == member }
        for partition in freed { holdings[partition] = nil }
        assigned[member]?.removeAll(where: freed.contains)
        revoked[member]?.removeAll(where: freed.contains)
        if !freed.isEmpty { rebalance() }
        return freed
    }

    /// What a member has to be told next, once: first what it gives up, then what it gets.
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

    /// Gives free partitions to those with the least, and asks for partitions back where somebody has too many.
    private mutating func rebalance() {
        guard !members.isEmpty else { return }
        let (share, rest) = Partition.count.quotientAndRemainder(dividingBy: members.count)
        var counts: [Int: Int] = [:]
        for holding in holdings.values where !holding.isRevoked { counts[holding.owner, default: 0] += 1 }
        var larger = rest
        for member in members {
            // The first to have one more than the others keep it.
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
                // Nobody has worked on it yet: it can go at once.
                assigned[member]?.remove(at: index)
                holdings[partition] = nil
            } else {
                holdings[partition]?.isRevoked = true
                revoked[member, default: []].append(partition)
            }
        }
    }
}
