import Base

/// One reader's place in the hub; letting go of it leaves.
package final class LiveSubscription: Sendable {
    private let hub: LiveHub
    private let id: Int
    private let current: Locked<LiveFilter>
    /// The id from which it goes on: what a reader that gets nothing may come back with.
    package let startID: UInt64

    init(_ hub: LiveHub, _ id: Int, _ filter: LiveFilter, from startID: UInt64) {
        (self.hub, self.id, self.startID) = (hub, id, startID)
        current = Locked(filter)
    }

    deinit { hub.leave(id) }

    /// What it wants.
    package var filter: LiveFilter { current.withLock { $0 } }

    /// Waits for what comes next; one task may wait at a time.
    ///
    /// Everything that came since the last call is returned together. Cancellation ends the wait with `.cancelled`.
    package func next() async -> LiveDelivery { await hub.next(id) }

    /// Ends a wait of `next()`, or the next one, with `.woken` when there is nothing else; from any thread.
    package func wake() { hub.wake(id) }

    /// Changes what it wants, from now on; false, and nothing changes, when the filters of all readers are too long.
    package func change(_ filter: LiveFilter) -> Bool {
        guard hub.change(id, filter) else { return false }
        current.withLock { $0 = filter }
        return true
    }
}
