import Base

/// The unfinished runs of a job by their ids; bounded, the oldest is dropped first.
struct PushRuns: Sendable {
    static let limit = 8
    private var started: [(run: String?, at: Timestamp)] = []

    /// When the oldest run began.
    var oldest: Timestamp? { started.lazy.map(\.at).min() }

    mutating func start(_ run: String?, at time: Timestamp) {
        started.removeAll { $0.run == run }
        if started.count == Self.limit { started.removeFirst() }
        started.append((run, time))
    }

    /// Ends a run and returns when it began; a ping without an id ends the run without one.
    mutating func end(_ run: String?) -> Timestamp? {
        guard let index = started.firstIndex(where: { $0.run == run }) else { return nil }
        return started.remove(at: index).at
    }

    /// Begins an ended run again, unless one with its id began since.
    mutating func resume(_ run: String?, begunAt time: Timestamp) {
        guard !started.contains(where: { $0.run == run }) else { return }
        start(run, at: time)
    }

    /// Drops runs that began by then; returns whether there were any.
    mutating func dropUnfinished(before time: Timestamp) -> Bool {
        let count = started.count
        started.removeAll { $0.at <= time }
        return started.count < count
    }
}
