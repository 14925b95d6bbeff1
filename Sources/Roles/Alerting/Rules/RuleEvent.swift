package import Broker
package import Domain
package import Messages

/// A change by a person, after which rules are read again.
package enum RuleEvent: Sendable, Equatable {
    /// A rule was created, changed or deleted.
    case rule(AlertRuleID)
    /// A server was changed or deleted.
    case server(ServerID)
}

extension Topics {
    /// From the API to the evaluator and to those who watch servers.
    package static let ruleEvents = Topic<RuleEvent>(name: "rule-events", capacity: 100_000, whenFull: .dropOldest)
}
