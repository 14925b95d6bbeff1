package import Domain
package import SQL

/// A page of monitors in ascending order of ids, without those that cannot be read.
package struct ActivePage: Sendable {
    package let monitors: [Monitor]
    /// The rows that cannot be read.
    package let faults: [RowFault]
    /// The id after which the next page begins, even if its row cannot be read; nil at the end.
    package let next: MonitorID?
}

/// The changes after a revision; only the newest change of each monitor.
package struct MonitorChanges: Sendable {
    /// Monitors that were created or changed, in the order of revisions.
    package internal(set) var changed: [Monitor] = []
    package internal(set) var removed: [MonitorID] = []
    /// Changed monitors that cannot be read: the known older state has to do.
    package internal(set) var faults: [RowFault] = []
    /// The revision after which the next read begins.
    package internal(set) var next: Int64
    /// Whether there are more changes to read now.
    package internal(set) var hasMore = false

    init(next: Int64) { self.next = next }

    /// The changes as events, one after another.
    package var events: [MonitorEvent] { changed.map { .changed($0) } + removed.map { .deleted($0) } }
}
