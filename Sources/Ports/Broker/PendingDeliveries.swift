/// The unacknowledged deliveries of a group, batch by batch; does not hold the messages.
struct PendingDeliveries {
    /// One delivered batch.
    struct Batch {
        let first: UInt64
        let count: Int
        let attempt: Int
        let member: Int
        let deadline: Duration
        var left: Int
        /// One bit per message, set when it was acknowledged.
        var acknowledged: [UInt64]

        func isAcknowledged(_ index: Int) -> Bool { acknowledged[index >> 6] >> UInt64(index & 63) & 1 == 1 }
    }

    /// In the order of their ids, which is also that of their deadlines.
    private(set) var batches: [Batch] = []
    private(set) var count = 0
    private var nextID: UInt64 = 1

    /// Adds a batch and returns the id of its first message.
    mutating func add(_ count: Int, attempt: Int, member: Int, deadline: Duration) -> UInt64 {
        let first = nextID
        nextID += UInt64(count)
        self.count += count
        batches.append(
            Batch(
                first: first,
                count: count,
                attempt: attempt,
                member: member,
                deadline: deadline,
                left: count,
                acknowledged: Array(repeating: 0, count: (count + 63) / 64)
            )
        )
        return first
    }

    /// Notes acknowledgements; returns the batches that are completely acknowledged.
    ///
    /// Unknown ids are ignored.
    mutating func acknowledge(_ ids: [DeliveryID]) -> [UInt64] {
        var done: [UInt64] = []
        var position = 0
        for id in ids {
            if position >= batches.count || !contains(id.rawValue, at: position) {
                guard let found = find(id.rawValue) else { continue }
                position = found
            }
            let index = Int(id.rawValue - batches[position].first)
            guard !batches[position].isAcknowledged(index) else { continue }
            batches[position].acknowledged[index >> 6] |= 1 << UInt64(index & 63)
            batches[position].left -= 1
            count -= 1
            if batches[position].left == 0 {
                done.append(batches[position].first)
                batches.remove(at: position)
            }
        }
        return done
    }

    /// Removes and returns the batches whose deadline has passed.
    mutating func expire(now: Duration) -> [Batch] { remove { $0.deadline <= now } }

    /// Removes and returns the batches of one member.
    mutating func release(member: Int) -> [Batch] { remove { $0.member == member } }

    /// The batches of one member, oldest first.
    func batches(of member: Int) -> [Batch] { batches.filter { $0.member == member } }

    /// The first id of a message's batch, and the message's place in it; nil when it is not pending.
    func locate(_ id: DeliveryID) -> (first: UInt64, index: Int)? {
        guard let position = find(id.rawValue) else { return nil }
        let index = Int(id.rawValue - batches[position].first)
        return batches[position].isAcknowledged(index) ? nil : (batches[position].first, index)
    }

    /// When the next batch is due again.
    var nextDeadline: Duration? { batches.first?.deadline }

    private mutating func remove(_ condition: (Batch) -> Bool) -> [Batch] {
        guard batches.contains(where: condition) else { return [] }
        let removed = batches.filter(condition)
        batches.removeAll(where: condition)
        count -= removed.reduce(0) { $0 + $1.left }
        return removed
    }

    private func contains(_ id: UInt64, at position: Int) -> Bool {
        id >= batches[position].first && id - batches[position].first < UInt64(batches[position].count)
    }

    private func find(_ id: UInt64) -> Int? {
        var low = 0
        var high = batches.count
        while low < high {
            let middle = (low + high) / 2
            if batches[middle].first <= id { low = middle + 1 } else { high = middle }
        }
        return low > 0 && contains(id, at: low - 1) ? low - 1 : nil
    }
}
