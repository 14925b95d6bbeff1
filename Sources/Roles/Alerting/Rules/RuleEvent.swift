package import Broker
package import Domain
package import Messages

/// What was changed by somebody, to be looked at again.
package enum RuleEvent: Sendable, Equatable {
    /// A rule was made, changed or deleted.
    case rule(AlertRuleID)
    /// A server was changed or deleted.
    case server(ServerID)
}

extension Topics {
    /// The API to the evaluator and to those who watch servers.
    package static let ruleEvents = Topic<RuleEvent>(name: "rule-events", capacity: 100_000, whenFull: .dropOldest)
}
