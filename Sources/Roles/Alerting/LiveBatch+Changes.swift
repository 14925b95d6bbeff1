import Domain
package import Live

extension VerdictChange {
    /// What readers of live events are told; nil when the state is the same as before.
    var live: LiveState? {
        guard before != entry.verdict.state else { return nil }
        return LiveState(
            monitorID: id,
            state: entry.verdict.state,
            previous: before,
            since: entry.since,
            reason: result?.outcome.failure?.reason.description
        )
    }
}

extension LiveBatch {
    /// What happened to incidents without a check.
    package init(_ changes: [IncidentChange]) { self.init(incidents: changes.map(\.live)) }
}

extension IncidentChange {
    /// What readers of live events are told.
    var live: LiveIncident { LiveIncident(event: kind.rawValue, incident) }
}
