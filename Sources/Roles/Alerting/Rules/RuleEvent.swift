import Base
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

extension MessageCodec<RuleEvent> {
    package static let ruleEvents = MessageCodec { event in
        let object: JSONObject =
            switch event {
            case .rule(let id): JSONObject([("rule_id", .integer(id.rawValue))])
            case .server(let id): JSONObject([("server_id", .integer(id.rawValue))])
            }
        return Array(JSONValue.object(object).description.utf8)
    } decode: { bytes throws(MessageError) in
        guard let value = try? JSONValue(parsing: bytes) else { throw MessageError("the message is no JSON") }
        if let id = value["rule_id"]?.integerValue { return .rule(AlertRuleID(rawValue: id)) }
        if let id = value["server_id"]?.integerValue { return .server(ServerID(rawValue: id)) }
        throw MessageError("rule_id and server_id are missing")
    }
}
