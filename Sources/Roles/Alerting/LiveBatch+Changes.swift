import Domain
package import Live

extension VerdictChange {
    /// The live event of the change; nil when the state is the same as before.
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
    /// Changes of incidents that no check caused.
    package init(_ changes: [IncidentChange]) { self.init(incidents: changes.map(\.live)) }
}

extension IncidentChange {
    /// The live event of the change.
    var live: LiveIncident { LiveIncident(event: kind.rawValue, incident) }
}
