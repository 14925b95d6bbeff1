import Base
import Domain

/// Remembers recent changes of monitors, so that jobs made before a change are recognized.
struct RevisionMemory {
    private var current: [MonitorID: Int64] = [:]
    private var previous: [MonitorID: Int64] = [:]
    private var generationBeganAt: Timestamp?
    /// Jobs are published seconds before they are due; the scheduler has applied older changes itself.
    private static let generation: Duration = .seconds(600)

    mutating func note(_ event: MonitorEvent, now: Timestamp) {
        if let generationBeganAt, now - generationBeganAt > Self.generation {
            previous = current
            current = [:]
            self.generationBeganAt = now
        }
        if generationBeganAt == nil { generationBeganAt = now }
        switch event {
        // A pause too: jobs scheduled before it are older, and those after the monitor was resumed are not.
        case .changed(let monitor): current[monitor.id] = monitor.revision
        case .deleted(let id): current[id] = .max
        }
    }

    func isStale(_ job: CheckJob) -> Bool {
        guard let revision = current[job.monitorID] ?? previous[job.monitorID] else { return false }
        return job.revision < revision
    }
}
