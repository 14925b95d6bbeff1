/// What a live event is about.
package enum LiveTopic: String, Sendable, CaseIterable {
    /// A monitor's state has changed.
    case monitor
    /// A check was made.
    case result
    /// Something happened to an incident.
    case incident
}

/// A set of topics.
package struct LiveTopics: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let monitor = LiveTopics(.monitor)
    package static let result = LiveTopics(.result)
    package static let incident = LiveTopics(.incident)
    /// The topics of a reader that names none.
    package static let standard: LiveTopics = [.monitor, .incident]

    package init(_ topic: LiveTopic) {
        switch topic {
        case .monitor: rawValue = 1
        case .result: rawValue = 2
        case .incident: rawValue = 4
        }
    }

    package func contains(_ topic: LiveTopic) -> Bool { contains(LiveTopics(topic)) }

    /// The topics in it, in the order of their declaration.
    package var topics: [LiveTopic] { LiveTopic.allCases.filter(contains) }
}
