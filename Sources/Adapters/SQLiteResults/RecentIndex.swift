import Base

/// Where the appended results are that were not folded into `results` yet.
///
/// Inserting a result at its monitor's place in `results` dirties a page of its own, which costs more than everything
/// else about storing it. Therefore results are appended in the order of arrival, each with the sequence number of its
/// monitor's previous one, and many of them are folded together later. This index only holds the end of each chain; it
/// is kept in memory and read back at the start.
struct RecentIndex: Sendable {
    /// The end of a monitor's chain.
    struct Head: Sendable, Equatable {
        /// The number of the newest appended row; 0 when none is in the recent table.
        var sequence: Int64
        /// When the newest known result of the monitor was due, milliseconds.
        var scheduledAt: Int64
    }

    /// The greatest sequence number that is ever used; a greater one, or one below 1, is corrupt.
    static let lastSequence: Int64 = 1 << 60

    private(set) var heads: [Int64: Head] = [:]
    private(set) var nextSequence: Int64 = 1
    /// How many rows wait to be folded.
    private(set) var count = 0
    private(set) var isLoaded = false

    /// Loads what an earlier process left.
    mutating func load(_ found: [Int64: Head], count: Int, next: Int64) {
        guard !isLoaded else { return }
        (heads, self.count, nextSequence, isLoaded) = (found, count, next, true)
    }

    /// Notes that rows were appended; `next` is the first sequence number that was free then.
    mutating func note(_ changed: [Int64: Head], appended: Int, next: Int64) {
        guard next > nextSequence else { return }
        heads.merge(changed) { old, new in new.sequence >= old.sequence ? new : old }
        count += appended
        nextSequence = next
    }

    /// Forgets the rows up to a sequence number, after they were folded.
    mutating func forget(through sequence: Int64, removed: Int) {
        heads = heads.filter { $0.value.sequence > sequence }
        count = max(0, count - removed)
    }

    /// Whether folding is worthwhile: each monitor has enough rows that they share pages.
    var isFull: Bool { count >= min(500_000, max(20_000, 16 * heads.count)) }
}
