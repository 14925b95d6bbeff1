import Base
import Domain
import Testing

/// Which channels an incident goes to.
@Suite struct RouteTests {
    private func channel(_ id: Int64, _ change: (inout Channel) -> Void = { _ in }) -> Channel {
        var channel = Channel(
            id: ChannelID(rawValue: id),
            name: "c\(id)",
            kind: "webhook",
            settings: [:],
            createdAt: Timestamp(milliseconds: 0)
        )
        change(&channel)
        return channel
    }

    private func policy(_ id: Int64, _ channels: [Int64], _ matchers: String...) throws -> Policy {
        var policy = Policy(id: id, name: "p\(id)", channels: channels.map(ChannelID.init(rawValue:)))
        policy.matchers = try matchers.map { text throws(LabelMatcher.ParseError) in try LabelMatcher(text) }
        return policy
    }

    private func routed(_ policies: [Policy], _ channels: [Channel]) -> [Int64] {
        Route.routes(for: ["tag": ["shop"]], policies, channels).map(\.channel.rawValue)
    }

    @Test func firstMatchingPolicyDecidesUnlessItContinues() throws {
        let channels = [channel(1), channel(2), channel(3) { $0.isDefault = false }]
        var first = try policy(1, [3], "tag=shop")
        let second = try policy(2, [1], "tag=shop")
        #expect(routed([first, second], channels) == [3])
        first.continues = true
        #expect(routed([first, second], channels) == [3, 1])
        first.position = 5
        #expect(routed([first, second], channels) == [1], "positions go before numbers")
        #expect(routed([try policy(1, [3], "tag=other")], channels) == [1, 2], "defaults take what nobody routes")
    }

    @Test func channelOfTwoPoliciesUsesTheShorterDelay() throws {
        for delays in [[600, 0, 60], [60, 0], [0, 600]] {
            let policies = try delays.enumerated().map { index, delay in
                var policy = try policy(Int64(index + 1), [1], "tag=shop")
                (policy.delay, policy.continues) = (.seconds(delay), true)
                return policy
            }
            let routes = Route.routes(for: ["tag": ["shop"]], policies, [channel(1)])
            #expect(routes.map(\.delay) == [.zero])
        }
    }

    @Test func policyWithoutChannelsNotifiesNobody() throws {
        #expect(routed([try policy(1, [], "tag=shop")], [channel(1)]) == [])
    }

    @Test func policyWithDeletedChannelsIsSkipped() throws {
        let gone = try policy(1, [7, 8], "tag=shop")
        #expect(routed([gone], [channel(1)]) == [1])
        #expect(routed([gone, try policy(2, [2])], [channel(1), channel(2)]) == [2])
        let partly = try policy(1, [7, 2], "tag=shop")
        #expect(routed([partly], [channel(1), channel(2)]) == [2])
    }

    @Test func policyWithDisabledChannelsNotifiesNobody() throws {
        let channels = [channel(1), channel(2) { $0.isEnabled = false }]
        #expect(routed([try policy(1, [2], "tag=shop")], channels) == [])
    }

    @Test func unreachedChannelsAreNamed() throws {
        let labels = ["tag": ["shop"]]
        let (ops, off) = (channel(1), channel(2) { $0.isEnabled = false })
        let offID = Routing.Gap.disabled(off.id)
        #expect(Routing(for: labels, [], []).gaps == [.noChannel])
        #expect(Routing(for: labels, [], [channel(1) { $0.isDefault = false }]).gaps == [.noDefault])
        #expect(Routing(for: labels, [], [ops, off]).gaps == [offID])
        #expect(Routing(for: labels, [try policy(1, [])], [ops]).gaps == [.noChannels(policy: "p1")])
        #expect(Routing(for: labels, [try policy(1, [1, 2])], [ops, off]).gaps == [offID])
        #expect(Routing(for: labels, [try policy(1, [1])], [ops, off]).gaps == [])
        let preferred = Routing(for: labels, [], [ops, off], preferred: "c2")
        #expect(preferred.gaps == [offID] && preferred.routes.map(\.channel) == [ops.id])
    }
}
