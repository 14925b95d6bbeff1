package import Base
package import Domain
package import SQL

/// What of other monitors keeps an incident's notifications back, within a transaction that somebody else holds.
///
/// A monitor that is down explains the incidents of those that depend on it by its own incident. One that is down within
/// maintenance has none: what depends on it is held all the same, until it is well or has an incident.
package struct Explanations {
    private let session: any SQLSession

    package init(_ session: any SQLSession) { self.session = session }

    private var incidents: IncidentStore { IncidentStore(session) }

    /// The first of these monitors that is down within maintenance; nil when none is.
    ///
    /// What cannot be read of one of them explains nothing. Throws the `SQLError` of the read, such as `.corrupt` or
    /// `.unavailable`.
    package func maintained(among parents: [MonitorID]) async throws(SQLError) -> MonitorBrief? {
        for parent in parents {
            let key: [SQLValue] = [.integer(parent.rawValue)]
            let sql = "SELECT verdict FROM monitor_status WHERE monitor_id = $1 AND state = 'maintenance'"
            guard let row = try await session.query(sql, key).first, let text = try? row.optionalText(0),
                let stored = try? JSONValue(parsing: text),
                let verdict = try? MonitorVerdict(.maintenance, scheduledAt: nil, stored: stored),
                let brief = try await MonitorBrief.read(parent, session), verdict.isDown(brief.alerting.rule)
            else { continue }
            return brief
        }
        return nil
    }

    /// Holds what is to be sent about an incident because of a monitor that is down within maintenance, and says so.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package func hold(_ incident: IncidentID, because parent: String, at now: Timestamp) async throws(SQLError) {
        let count = try await session.execute(
            "UPDATE outbox_items SET state = 'held' WHERE incident_id = $1 AND state IN ('queued', 'silenced')",
            [.integer(incident.rawValue)]
        )
        guard count > 0 else { return }
        let words = "Kept back: \(parent), on which this monitor depends, is down within maintenance"
        try await incidents.add([IncidentEvent(.suppressed, at: now, words)], to: incident)
    }

    /// Whether something keeps back what is to be sent about an incident: the maintenance of its monitor, an incident
    /// that explains it, or a monitor that it depends on and that is down within maintenance.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func isHeld(_ incident: Incident) async throws(SQLError) -> Bool {
        if let cause = incident.causedBy, let other = try await incidents.incident(cause), other.state != .resolved {
            return true
        }
        guard incident.kind == .monitor, let monitor = incident.monitorID else { return false }
        if try await StatusRepository.state(of: monitor, session) == .maintenance { return true }
        let parents = try await MonitorBrief.read(monitor, session)?.alerting.dependsOn ?? []
        return try await maintained(among: parents) != nil
    }

    /// Lets go what was held of an incident, not before `due`, unless something keeps it back still; says so in its
    /// timeline when there are `words`.
    ///
    /// Throws the `SQLError` of the transaction, such as `.busy` or `.full`.
    package func release(
        _ incident: Incident,
        _ words: String? = nil,
        due: Timestamp,
        at now: Timestamp
    ) async throws(SQLError) {
        guard try await !isHeld(incident) else { return }
        let count = try await session.execute(
            """
            UPDATE outbox_items SET state = 'queued', due_at = CASE WHEN due_at > $2 THEN due_at ELSE $2 END
            WHERE state = 'held' AND incident_id = $1
            """,
            [.integer(incident.id.rawValue), .integer(due.milliseconds)]
        )
        guard count > 0, let words else { return }
        try await incidents.add([IncidentEvent(.changed, at: now, words)], to: incident.id)
    }

    /// Looks anew what explains a monitor's incident, now that the monitor depends on others than before.
    ///
    /// Throws the `SQLError` of the transaction, such as `.busy` or `.full`.
    package func reconsider(_ monitor: MonitorID, _ parents: [MonitorID], at now: Timestamp) async throws(SQLError) {
        guard var incident = try await incidents.running(of: monitor) else { return }
        if let id = incident.causedBy, let cause = try await incidents.incident(id), cause.state != .resolved {
            if cause.monitorID.map(parents.contains) ?? true { return }
            incident.causedBy = try await self.cause(among: parents)
            incident.updatedAt = max(incident.updatedAt, now)
            try await incidents.update(incident)
            if let other = incident.causedBy {
                let line = IncidentEvent(.suppressed, at: now, "Explained by incident \(other) now")
                return try await incidents.add([line], to: incident.id)
            }
        }
        let words = "Not explained any more: the monitor depends on others now"
        try await release(incident, words, due: now, at: now)
    }

    private func cause(among parents: [MonitorID]) async throws(SQLError) -> IncidentID? {
        for parent in parents {
            if let incident = try await incidents.running(of: parent), !incident.isDegradation { return incident.id }
        }
        return nil
    }
}
