import Base

/// Where the results lie that were appended and not folded into `results` yet.
///
/// A result that goes straight to its monitor's place dirties a page of its own, which costs more than all the rest of
/// storing it. So results are appended in the order in which they come, each with the sequence number of its monitor's
/// previous one; many at a time are folded later. This index, which only says where each chain begins, is in memory
/// and read back at start.
struct RecentIndex: Sendable {
    /// The end of a monitor's chain.
    struct Head: Sendable, Equatable {
        /// Of the newest appended row; 0 when none is in the recent table.
        var sequence: Int64
        /// When the newest known result of the monitor was due, milliseconds.
        var scheduledAt: Int64
    }

    /// The greatest number that is ever given out; what lies beyond it, or below 1, is damage.
    static let lastSequence: Int64 = 1 << 60

    private(set) var heads: [Int64: Head] = [:]
    private(set) var nextSequence: Int64 = 1
    /// How many rows wait to be folded.
    private(set) var count = 0
    private(set) var isLoaded = false

    /// Takes up what a former process left.
    mutating func load(_ found: [Int64: Head], count: Int, next: Int64) {
        guard !isLoaded else { return }
        (heads, self.count, nextSequence, isLoaded) = (found, count, next, true)
    }

    /// Notes appended rows; `next` is the first number that nobody had when they were.
    mutating func note(_ changed: [Int64: Head], appended: Int, next: Int64) {
        guard next > nextSequence else { return }
        heads.merge(changed) { old, new in new.sequence >= old.sequence ? new : old }
        count += appended
        nextSequence = next
    }

    /// Forgets the rows up to a sequence number, which were folded.
    mutating func forget(through sequence: Int64, removed: Int) {
        heads = heads.filter { $0.value.sequence > sequence }
        count = max(0, count - removed)
    }

    /// Whether folding pays: enough rows of each monitor have gathered that they share pages.
    var isFull: Bool { count >= min(500_000, max(20_000, 16 * heads.count)) }
}
