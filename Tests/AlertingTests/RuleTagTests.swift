import Results
import Base
import Domain
import Storage
import TestSupport
import Testing

@testable import Alerting

/// Incidents of rules on Sentinel's own results.
@Suite(.timeLimit(.minutes(10))) struct RuleTagTests {
    @Test func policiesOfAMonitorsTagsAreReached() async throws {
        let bench = try await RuleBench(hasPrometheus: false)
        let base = bench.base
        try await base.addChannel("other")
        let web = try await base.addChannel("web") { $0.isDefault = false }
        var policy = Policy(id: 0, name: "web", channels: [web.id])
        policy.matchers = [try LabelMatcher("tag=web"), try LabelMatcher("kind=rule")]
        _ = try await base.policies.insert(policy)
        base.sender.channelsChanged()
        let monitor = try await base.add("shop", tags: ["eu", "web"]) { $0.rule.retries = 20 }
        _ = try await base.results.append([base.result(monitor, up: false)])
        _ = try await bench.add(try ThresholdRule(.less, 0.5), query: "success_ratio(5m)") {
            ($0.source, $0.serverID) = (.sentinel, nil)
        }
        await bench.pass(.seconds(60))
        let incident = try #require(try await base.incidentList().first)
        #expect(incident.labels["tag"] == ["eu", "web"] && incident.labels["series.name"] == ["shop"])
        #expect(incident.labels["rule"] == ["\(incident.ruleID ?? 0)"])
        await eventually { !base.receiver.log.isEmpty }
        #expect(base.receiver.messages.map(\.channel) == ["web"])
        try await bench.stop()
    }
}
