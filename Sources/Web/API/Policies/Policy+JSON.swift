import Base
import Domain

extension Policy {
    /// The policy of `/api/v1/policies`.
    var json: JSONValue {
        [
            "id": .integer(id),
            "name": .string(name),
            "position": .integer(Int64(position)),
            "enabled": .bool(isEnabled),
            "matchers": .array(matchers.map { .string($0.description) }),
            "channels": .array(channels.map { .integer($0.rawValue) }),
            "continue": .bool(continues),
            "delay": .integer(delay.components.seconds),
            "group_by": .array(groupBy.map { .string($0) }),
            "group_interval": .integer(groupInterval.components.seconds),
            "repeat_interval": .number(of: repeatInterval?.components.seconds),
        ]
    }

    /// Takes over the members of a body in the schema's normal form; what it leaves out stays.
    mutating func apply(_ body: JSONValue) {
        if let name = body["name"]?.stringValue { self.name = name }
        if let position = body["position"]?.integerValue { self.position = Int(position) }
        if let isEnabled = body["enabled"]?.boolValue { self.isEnabled = isEnabled }
        if let matchers = body.matchers { self.matchers = matchers }
        if let channels = body["channels"]?.arrayValue {
            self.channels = channels.compactMap(\.integerValue).map(ChannelID.init(rawValue:))
        }
        if let continues = body["continue"]?.boolValue { self.continues = continues }
        if let delay = body["delay"]?.integerValue { self.delay = .seconds(delay) }
        if let groupBy = body["group_by"]?.arrayValue { self.groupBy = groupBy.compactMap(\.stringValue) }
        if let interval = body["group_interval"]?.integerValue { groupInterval = .seconds(interval) }
        if let interval = body["repeat_interval"] {
            repeatInterval = interval.integerValue.map { .seconds($0) }
        }
    }
}

extension JSONValue {
    /// The matchers of a checked body; nil when it has no such member.
    var matchers: [LabelMatcher]? {
        self["matchers"]?.arrayValue?.flatMap { value in value.stringValue.flatMap { try? LabelMatcher.list($0) } ?? []
        }
    }
}
