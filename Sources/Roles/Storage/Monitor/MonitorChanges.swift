package import Domain
package import SQL

/// Monitors in ascending order of ids, without those that cannot be read.
package struct ActivePage: Sendable {
    package let monitors: [Monitor]
    /// Of the rows that cannot be read.
    package let faults: [RowFault]
    /// Where the next page goes on, also after a row that cannot be read; nil at the end.
    package let next: MonitorID?
}

/// What changed after a revision; of a monitor's changes only the newest is kept.
package struct MonitorChanges: Sendable {
    /// Created or changed, in the order of revisions.
    package internal(set) var changed: [Monitor] = []
    package internal(set) var removed: [MonitorID] = []
    /// Of changed monitors that cannot be read: what is known of them is the best that there is.
    package internal(set) var faults: [RowFault] = []
    /// Where the next read goes on.
    package internal(set) var next: Int64
    /// Whether there is more to read now.
    package internal(set) var hasMore = false

    init(next: Int64) { self.next = next }

    /// One after another.
    package var events: [MonitorEvent] { changed.map { .changed($0) } + removed.map { .deleted($0) } }
}
