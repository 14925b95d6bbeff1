import Base

/// Which messages of one partition are done: what may be committed is the end of the unbroken run of done ones.
struct OffsetTracker {
    private var outstanding = RingBuffer<Int64>()
    private var done: Set<Int64> = []
    private var next: Int64?
    /// How often the topic was made anew before: messages of an earlier one have the same offsets.
    var generation: UInt32 = 0
    /// Where a new owner would go on; nil before the first message was done.
    private(set) var committable: Int64?
    /// What the broker has noted.
    var committed: Int64?

    /// How many messages are between the first that is not done and the last that was received.
    var count: Int { outstanding.count }
    var hasNews: Bool { committable != nil && committable != committed }

    /// Whether a message is the first of a topic that was made anew, after messages of the old one.
    func isAnew(_ offset: Int64) -> Bool { offset == 0 && next != nil }

    /// Notes a received message; false for one that was received before.
    mutating func receive(_ offset: Int64) -> Bool {
        if let next, offset < next { return false }
        next = offset + 1
        outstanding.append(offset)
        return true
    }

    /// Notes that a message is done; unknown and repeated offsets change nothing.
    mutating func finish(_ offset: Int64) {
        guard let first = outstanding.first, offset >= first, let next, offset < next else { return }
        done.insert(offset)
        while let first = outstanding.first, done.remove(first) != nil {
            _ = outstanding.popFirst()
            committable = first + 1
        }
    }
}
