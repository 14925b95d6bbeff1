import Base

/// Who is told of which incidents, when and how often.
package struct Policy: Sendable, Equatable {
    package private(set) var id: Int64
    package var name: String
    /// Policies are asked in ascending order; the first that fits is the last, unless it continues.
    package var position: Int
    package var isEnabled: Bool
    /// All must fit; none fits everything.
    package var matchers: [LabelMatcher]
    /// Where to; empty tells nobody.
    package var channels: [ChannelID]
    /// Whether later policies are asked too.
    package var continues: Bool
    /// From the decision to the first notification; who recovers within it is not told of.
    package var delay: Duration
    /// Incidents with the same values of these labels go into one notification; empty keeps them apart.
    package var groupBy: [String]
    /// How long the first notification of a group waits for other incidents of it.
    package var groupWait: Duration
    /// The least time between two notifications of one group.
    package var groupInterval: Duration
    /// From one reminder to the next; nil reminds nobody, unless the monitor says so.
    package var repeatInterval: Duration?
    /// Stored members that this release does not know.
    package var unknown: UnknownMembers?

    package init(id: Int64, name: String, channels: [ChannelID]) {
        (self.id, self.name, self.channels) = (id, name, channels)
        (position, isEnabled, matchers, continues) = (0, true, [], false)
        (delay, groupBy, groupInterval, repeatInterval) = (.zero, [], .seconds(30), nil)
        groupWait = .zero
    }

    /// The same policy with the number that it got.
    package func numbered(_ id: Int64) -> Policy {
        var policy = self
        policy.id = id
        return policy
    }

    package static let positions: ClosedRange<Int> = 0...1_000_000
    package static let delays: ClosedRange<Duration> = .zero...(.seconds(86_400))
    package static let groupWaits: ClosedRange<Duration> = .zero...(.seconds(3600))
    package static let groupIntervals: ClosedRange<Duration> = .seconds(1)...(.seconds(86_400))

    /// What incidents of one group have in common; nil when they are kept apart.
    package func group(of labels: [String: [String]]) -> String? {
        guard !groupBy.isEmpty else { return nil }
        let parts = groupBy.map { "\($0)=\((labels[$0] ?? []).sorted().joined(separator: ","))" }
        return "\(id)|\(parts.joined(separator: "|"))"
    }
}

/// One channel's part in an incident.
package struct Route: Sendable, Equatable {
    package var channel: ChannelID
    package var delay = Duration.zero
    /// nil for an incident by itself.
    package var group: String?
    package var groupWait = Duration.zero
    package var groupInterval = Duration.zero
    package var repeatInterval: Duration?

    package init(_ channel: ChannelID) { self.channel = channel }

    /// Where an incident goes, as `Routing` decides it.
    package static func routes(
        for labels: [String: [String]],
        _ policies: [Policy],
        _ channels: [Channel],
        preferred word: String? = nil
    ) -> [Route] {
        Routing(for: labels, policies, channels, preferred: word).routes
    }
}
