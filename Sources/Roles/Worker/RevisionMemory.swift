import Base
import Domain

/// Remembers for a while which monitors changed, so that jobs made before the change can be told.
struct RevisionMemory {
    private var current: [MonitorID: Int64] = [:]
    private var previous: [MonitorID: Int64] = [:]
    private var turnedAt: Timestamp?
    /// Jobs are handed out seconds before they are due; what is older than this was told by the scheduler already.
    private static let generation: Duration = .seconds(600)

    mutating func note(_ event: MonitorEvent, now: Timestamp) {
        if let turnedAt, now - turnedAt > Self.generation {
            previous = current
            current = [:]
            self.turnedAt = now
        }
        if turnedAt == nil { turnedAt = now }
        switch event {
        // Also of a pause: what was scheduled before it is older, and what comes after it was resumed is not.
        case .changed(let monitor): current[monitor.id] = monitor.revision
        case .deleted(let id): current[id] = .max
        }
    }

    func isStale(_ job: CheckJob) -> Bool {
        guard let revision = current[job.monitorID] ?? previous[job.monitorID] else { return false }
        return job.revision < revision
    }
}
