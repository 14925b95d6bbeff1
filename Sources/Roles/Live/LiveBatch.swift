package import Base
package import Domain

/// Events that happened together, as published by the services that cause them.
///
/// A batch is cheap to create: it is encoded only when somebody listens.
package struct LiveBatch: Sendable {
    package var results: [CheckResult]
    package var states: [LiveState]
    package var incidents: [LiveIncident]
    /// Events that another process has encoded, in order.
    var encoded: [LiveDraft] = []

    package init(results: [CheckResult] = [], states: [LiveState] = [], incidents: [LiveIncident] = []) {
        (self.results, self.states, self.incidents) = (results, states, incidents)
    }

    /// Events that another process has encoded.
    init(encoded: [LiveDraft]) {
        self.init()
        self.encoded = encoded
    }

    package var isEmpty: Bool { results.isEmpty && states.isEmpty && incidents.isEmpty && encoded.isEmpty }

    /// How many events of a topic there are.
    func count(_ topic: LiveTopic) -> Int {
        let own =
            switch topic {
            case .monitor: states.count
            case .result: results.count
            case .incident: incidents.count
            }
        return own + encoded.count { $0.topic == topic }
    }
}

/// A monitor's change of state.
package struct LiveState: Sendable, Equatable {
    package var monitorID: MonitorID
    package var state: MonitorState
    package var previous: MonitorState
    package var since: Timestamp
    /// The failure reason of the check that caused it, such as `http_status`; nil for none.
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
    /// The incident after the event.
    package var incident: Incident

    package init(event: String, _ incident: Incident) { (self.event, self.incident) = (event, incident) }
}
