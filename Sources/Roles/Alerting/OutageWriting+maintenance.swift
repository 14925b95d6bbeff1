import Base
import Domain
import SQL
import Storage

/// Monitors that are down within maintenance, and those that depend on them.
extension OutageWriting {
    /// Holds the incidents of what depends on a monitor that went down within maintenance, and lets them go when it is
    /// well or its maintenance is over.
    ///
    /// Where it is down when its maintenance ends its own incident explains them, as any other does.
    func settle(_ change: VerdictChange) async throws(SQLError) {
        let explanations = Explanations(session)
        let isDown = change.entry.verdict.state == .maintenance && change.isDown
        if !isDown, change.opening == .down { return }
        for child in try await store.running(dependingOn: change.id) {
            if isDown {
                guard let about = try await MonitorBrief.read(change.id, session) else { return }
                try await explanations.hold(child.id, because: about.name, at: change.at)
            } else {
                let due = change.at + NotificationPlanner.returnTime
                let words = "The monitor that it depends on is not down within maintenance any more"
                try await explanations.release(child, words, due: due, at: change.at)
            }
        }
    }

    /// Holds what was planned for the incidents of this transaction whose monitors depend on one that is down within
    /// maintenance; call when it has been planned.
    func holdChildren() async throws(SQLError) {
        for change in changes where [.opened, .reopened, .escalated].contains(change.kind) {
            guard change.incident.causedBy == nil, let monitor = change.incident.monitorID,
                let parents = try await MonitorBrief.read(monitor, session)?.alerting.dependsOn, !parents.isEmpty,
                let parent = try await Explanations(session).maintained(among: parents)
            else { continue }
            let explanations = Explanations(session)
            try await explanations.hold(change.incident.id, because: parent.name, at: change.incident.updatedAt)
        }
    }
}
