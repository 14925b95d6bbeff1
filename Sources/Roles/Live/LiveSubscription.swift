import Base

/// One reader's place in the hub; releasing it ends the subscription.
package final class LiveSubscription: Sendable {
    private let hub: LiveHub
    private let id: Int
    private let current: Locked<LiveFilter>
    /// The id at the beginning: a reader that has received no event resumes from it.
    package let startID: UInt64

    init(_ hub: LiveHub, _ id: Int, _ filter: LiveFilter, from startID: UInt64) {
        (self.hub, self.id, self.startID) = (hub, id, startID)
        current = Locked(filter)
    }

    deinit { hub.leave(id) }

    /// The events that the reader wants.
    package var filter: LiveFilter { current.withLock { $0 } }

    /// Waits for the next delivery; only one task may wait at a time.
    ///
    /// All events since the last call are returned together. Cancellation ends the wait with `.cancelled`.
    package func next() async -> LiveDelivery { await hub.next(id) }

    /// Ends the current or the next wait of `next()` with `.woken` when there is no event; from any thread.
    package func wake() { hub.wake(id) }

    /// Changes the filter from now on; false, without a change, when the filters of all readers are too long.
    package func change(_ filter: LiveFilter) -> Bool {
        guard hub.change(id, filter) else { return false }
        current.withLock { $0 = filter }
        return true
    }
}
