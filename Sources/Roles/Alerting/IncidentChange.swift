package import Domain

/// What happened to an incident; stored together with the change of state that caused it.
package struct IncidentChange: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case opened, reopened, acknowledged, resolved, updated
        /// It goes on, and the notified channels want a reminder.
        case reminded
        /// It has become worse, which is notified like a beginning.
        case escalated
    }

    package let kind: Kind
    /// The incident after the change.
    package let incident: Incident
    /// What differs from the last good check, as text for messages.
    package var facts: [AlertMessage.Fact] = []

    package init(_ kind: Kind, _ incident: Incident, facts: [AlertMessage.Fact] = []) {
        (self.kind, self.incident, self.facts) = (kind, incident, facts)
    }
}
