package import Base
package import Domain

/// The evidence for an outage when it begins: the failed checks, and what differs from the last good one.
package struct OutageEvidence: Sendable, Equatable {
    /// The check that decided.
    package let deciding: CheckResult
    /// Failed checks, the newest last; contains the deciding one, unless that was a slow success.
    package private(set) var failures: [CheckResult]
    package private(set) var differences: [ResultDifference]
    /// When the last good check was made; nil when there is none in the history that was read.
    package private(set) var lastGoodAt: Timestamp?

    /// The most failed checks that a timeline begins with.
    private static let failureLimit = 20
    /// The most bytes of a body that a timeline shows.
    private static let excerpt = 1024

    /// From the check that decided and the history before it, newest first.
    package init(_ deciding: CheckResult, history: [CheckResult]) {
        self.deciding = deciding
        let earlier = history.filter { $0.id < deciding.id }
        let failed = earlier.prefix { !$0.outcome.isSuccess }
        failures = failed.prefix(Self.failureLimit - 1).reversed() + [deciding]
        let good = earlier.first { $0.outcome.isSuccess }
        lastGoodAt = good?.checkedAt
        differences = good.map { ResultDifference.between(good: $0, bad: deciding) } ?? []
    }

    /// From the slow check that decided and the history before it, newest first; a check is good when it was not slow.
    package init(degraded deciding: CheckResult, above: Duration?, history: [CheckResult]) {
        self.deciding = deciding
        failures = []
        let good = history.first { check in
            check.id < deciding.id && check.outcome.isSuccess && above.map { check.outcome.latency <= $0 } ?? true
        }
        lastGoodAt = good?.checkedAt
        differences = good.map { ResultDifference.between(good: $0, bad: deciding) } ?? []
    }

    /// The timeline's first lines.
    package func events(_ regions: RegionNaming) -> [IncidentEvent] {
        var events = failures.map { Self.event($0, regions) }
        if !differences.isEmpty {
            let list = differences.map { difference -> JSONValue in
                [
                    "name": .string(difference.name), "before": .text(difference.before),
                    "after": .text(difference.after),
                ]
            }
            let words = differences.map { "\($0.name): \($0.before ?? "none") → \($0.after ?? "none")" }
            events.append(
                IncidentEvent(
                    .differs,
                    at: deciding.checkedAt,
                    "Otherwise than in the last good check: \(words.joined(separator: "; "))",
                    detail: ["last_good_at": .text(lastGoodAt?.description), "differences": .array(list)]
                )
            )
        }
        return events
    }

    /// A failed check as a line of a timeline.
    package static func event(_ result: CheckResult, _ regions: RegionNaming) -> IncidentEvent {
        let failure = result.outcome.failure
        var text = failure.map { "\($0.reason) in phase \($0.phase): \($0.message)" } ?? "the check succeeded"
        if result.region != .local { text += " (from \(regions.name(of: result)))" }
        return IncidentEvent(.failed, at: result.checkedAt, text, detail: detail(result, regions))
    }

    /// A check as the detail of a line.
    static func detail(_ result: CheckResult, _ regions: RegionNaming) -> JSONValue {
        var shown = result
        if let body = shown.outcome.evidence?.body, body.count > excerpt {
            shown.outcome.evidence?.body = Array(body.prefix(excerpt))
        }
        return shown.json(region: regions.name(of: result), url: result.url ?? "")
    }
}

extension JSONValue {
    static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
}
