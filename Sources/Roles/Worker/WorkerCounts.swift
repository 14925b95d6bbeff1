/// What a worker does now, and has done since its start.
package struct WorkerCounts: Sendable, Equatable {
    /// Checks that run.
    package var active = 0
    /// Due checks that wait for a place.
    package var waiting = 0
    /// Checks that were made.
    package var made = 0
    /// Those of them that found their target down.
    package var failed = 0

    package init() {}

    static func + (left: WorkerCounts, right: WorkerCounts) -> WorkerCounts {
        var sum = left
        sum.active += right.active
        sum.waiting += right.waiting
        sum.made += right.made
        sum.failed += right.failed
        return sum
    }
}
