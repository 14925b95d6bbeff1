package import Base
package import Domain

/// What happened together, as the roles that decide it tell it.
///
/// Making one costs next to nothing: it is encoded only when somebody listens.
package struct LiveBatch: Sendable {
    package var results: [CheckResult]
    package var states: [LiveState]
    package var incidents: [LiveIncident]

    package init(results: [CheckResult] = [], states: [LiveState] = [], incidents: [LiveIncident] = []) {
        (self.results, self.states, self.incidents) = (results, states, incidents)
    }

    package var isEmpty: Bool { results.isEmpty && states.isEmpty && incidents.isEmpty }

    /// How many events of a topic there are.
    func count(_ topic: LiveTopic) -> Int {
        switch topic {
        case .monitor: states.count
        case .result: results.count
        case .incident: incidents.count
        }
    }
}

/// A monitor's change of state.
package struct LiveState: Sendable, Equatable {
    package var monitorID: MonitorID
    package var state: MonitorState
    package var previous: MonitorState
    package var since: Timestamp
    /// The reason of the check that brought it about: `http_status`; nil for none.
    package var reason: String?

    package init(
        monitorID: MonitorID,
        state: MonitorState,
        previous: MonitorState,
        since: Timestamp,
        reason: String? = nil
    ) {
        (self.monitorID, self.state, self.previous) = (monitorID, state, previous)
        (self.since, self.reason) = (since, reason)
    }
}

/// What happened to an incident.
package struct LiveIncident: Sendable, Equatable {
    /// `opened`, `reopened`, `acknowledged`, `updated` or `resolved`.
    package var event: String
    /// As it is afterwards.
    package var incident: Incident

    package init(event: String, _ incident: Incident) { (self.event, self.incident) = (event, incident) }
}
