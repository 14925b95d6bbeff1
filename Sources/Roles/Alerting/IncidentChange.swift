package import Domain

/// What happened to an incident; written down together with the state that it follows from.
package struct IncidentChange: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case opened, reopened, acknowledged, resolved, updated
        /// It goes on, and those who were told want to hear it again.
        case reminded
        /// It has become worse, which is told as a beginning is.
        case escalated
    }

    package let kind: Kind
    /// As it is afterwards.
    package let incident: Incident
    /// What differs from the last good check, in words; for messages.
    package var facts: [AlertMessage.Fact] = []

    package init(_ kind: Kind, _ incident: Incident, facts: [AlertMessage.Fact] = []) {
        (self.kind, self.incident, self.facts) = (kind, incident, facts)
    }
}
