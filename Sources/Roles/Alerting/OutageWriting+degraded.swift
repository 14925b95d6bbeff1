import Base
import Domain
import SQL
import Storage

/// The incidents of monitors that are slow, or down from some regions only.
extension OutageWriting {
    /// Opens the incident of a degraded monitor, or reopens the last one.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    mutating func degrade(
        _ change: VerdictChange,
        reopens: Bool,
        _ evidence: OutageEvidence?
    ) async throws(SQLError) {
        // A repeated message opens nothing new.
        guard try await store.running(of: change.id) == nil else { return }
        guard let about = try await MonitorBrief.read(change.id, session) else { return }
        let message = Self.words(change, evidence?.deciding)
        let severity = min(.warning, about.alerting.severity)
        let cause = try await planner.cause(of: about.alerting.dependsOn, session)
        if reopens, var incident = try await store.latest(of: change.id) {
            Self.reopen(&incident, keepingAcknowledgement: true)
            (incident.severity, incident.reason, incident.message) = (severity, Incident.degraded, message)
            (incident.causedBy, incident.updatedAt) = (cause, change.at)
            incident.reopenings += 1
            try await store.update(incident)
            try await add(lines(.reopened, "Degraded again: \(message)", change, evidence), to: incident)
            changes.append(IncidentChange(.reopened, incident, facts: facts(change, evidence)))
            return
        }
        var opening = IncidentOpening(
            .monitor,
            subject: about.name,
            target: about.target,
            severity: severity,
            message: message,
            at: change.at
        )
        (opening.monitorID, opening.reason, opening.tags) = (change.id, Incident.degraded, about.tags)
        (opening.failures, opening.causedBy) = (evidence?.failures.count ?? 0, cause)
        let incident = try await store.open(opening)
        try await store.add(lines(.opened, "Degraded: \(message)", change, evidence), to: incident.id)
        changes.append(IncidentChange(.opened, incident, facts: facts(change, evidence)))
    }

    /// Turns the incident of a degraded monitor into one of a monitor that is down.
    ///
    /// An acknowledgement of the degraded state does not count for this. Throws the `SQLError` of the write, such as
    /// `.full` or `.readOnly`.
    mutating func escalate(_ change: VerdictChange, _ evidence: OutageEvidence?) async throws(SQLError) {
        guard var incident = try await store.running(of: change.id) else {
            // Somebody has resolved it by hand.
            return try await open(change, reopens: false, evidence)
        }
        // A repeated message changes nothing.
        guard incident.isDegradation, let about = try await MonitorBrief.read(change.id, session) else { return }
        let failure = (change.result ?? evidence?.deciding)?.outcome.failure
        let message = change.words(failure)
        (incident.state, incident.acknowledgedAt, incident.acknowledgedBy) = (.open, nil, nil)
        (incident.severity, incident.updatedAt) = (about.alerting.severity, change.at)
        (incident.reason, incident.message) = (failure?.reason.description, message)
        incident.causedBy = try await planner.cause(of: about.alerting.dependsOn, session)
        incident.failures += evidence?.failures.count ?? 1
        try await store.update(incident)
        let line = IncidentEvent(.changed, at: change.at, "Down: \(message)")
        try await add((evidence?.events(regions) ?? []) + [line], to: incident)
        changes.append(IncidentChange(.escalated, incident, facts: facts(change, evidence)))
    }

    private func lines(
        _ kind: IncidentEvent.Kind,
        _ text: String,
        _ change: VerdictChange,
        _ evidence: OutageEvidence?
    ) -> [IncidentEvent] {
        let detail = evidence.map { OutageEvidence.detail($0.deciding, regions) }
        return (evidence?.events(regions) ?? []) + [IncidentEvent(kind, at: change.at, text, detail: detail)]
    }

    /// Why a monitor is degraded, as text.
    private static func words(_ change: VerdictChange, _ check: CheckResult?) -> String {
        let regions = change.entry.verdict.regionCounts
        if regions.down > 0 {
            let failure = check?.outcome.failure.map { ": \($0.message)" } ?? ""
            return "down in \(regions.down) of \(regions.all) regions\(failure)"
        }
        guard let above = change.degradedAbove else { return "slow" }
        guard let latency = check?.outcome.latency, latency > above else { return "slower than \(above.messageText)" }
        return "slow: \(latency.messageText) > \(above.messageText)"
    }
}
