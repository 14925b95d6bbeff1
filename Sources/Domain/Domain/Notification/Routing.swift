/// Where an incident goes, and where it would go but does not.
package struct Routing: Sendable, Equatable {
    /// Why a channel, or nobody, is notified.
    package enum Gap: Sendable, Hashable {
        /// A channel that it would go to is disabled.
        case disabled(ChannelID)
        /// The policy with this name fits and names no channel.
        case noChannels(policy: String)
        /// No policy fits, and no channel takes what no policy routes.
        case noDefault
        /// There is no channel at all.
        case noChannel
    }

    package var routes: [Route] = []
    package private(set) var gaps: [Gap] = []

    /// Goes by the policies that fit, else to the channels of the preferred kind or name, else to those that take what
    /// nobody routes.
    ///
    /// A channel is notified once, as the first policy that names it says, and after the shortest delay of all. A policy
    /// whose channels are all gone says nothing: it must not swallow what others would take.
    package init(
        for labels: [String: [String]],
        _ policies: [Policy],
        _ channels: [Channel],
        preferred word: String? = nil
    ) {
        let usable = Set(channels.lazy.filter(\.isEnabled).map(\.id))
        let known = Set(channels.lazy.map(\.id))
        var isRouted = false
        for policy in policies.sorted(by: { ($0.position, $0.id) < ($1.position, $1.id) })
        where policy.isEnabled && policy.matchers.matches(labels) {
            guard policy.channels.isEmpty || !known.isDisjoint(with: policy.channels) else { continue }
            isRouted = true
            if policy.channels.isEmpty { gaps.append(.noChannels(policy: policy.name)) }
            for channel in policy.channels where known.contains(channel) {
                if usable.contains(channel) {
                    add(channel, policy, labels)
                } else if !gaps.contains(.disabled(channel)) {
                    gaps.append(.disabled(channel))
                }
            }
            if !policy.continues { break }
        }
        if isRouted { return }
        let preferred = channels.filter { word != nil && ($0.kind == word || $0.name == word) }
        let isPreferred = preferred.contains(where: \.isEnabled)
        let taken = isPreferred ? preferred : channels.filter(\.isDefault)
        routes = taken.filter(\.isEnabled).map { Route($0.id) }
        let missed = preferred + (isPreferred ? [] : taken.filter { !preferred.contains($0) })
        gaps = missed.filter { !$0.isEnabled }.map { .disabled($0.id) }
        if taken.isEmpty { gaps.append(channels.isEmpty ? .noChannel : .noDefault) }
    }

    private mutating func add(_ channel: ChannelID, _ policy: Policy, _ labels: [String: [String]]) {
        if let known = routes.firstIndex(where: { $0.channel == channel }) {
            routes[known].delay = min(routes[known].delay, policy.delay)
            return
        }
        var route = Route(channel)
        (route.delay, route.group) = (policy.delay, policy.group(of: labels))
        (route.groupInterval, route.repeatInterval) = (policy.groupInterval, policy.repeatInterval)
        if route.group != nil { route.groupWait = policy.groupWait }
        routes.append(route)
    }
}
