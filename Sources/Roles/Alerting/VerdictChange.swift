package import Base
package import Domain
package import Storage

/// What an event made of a monitor, to be written down.
package struct VerdictChange: Equatable {
    package let id: MonitorID
    package let before: MonitorState
    package let entry: MonitorStates.Entry
    package let actions: [MonitorVerdict.Action]
    package let at: Timestamp
    /// The check that brought it about; nil for what people and the clock did.
    package var result: CheckResult?
    /// Above which time a success was slow; nil when none is.
    private(set) var degradedAbove: Duration?
    /// Whether the monitor is down, also within maintenance.
    private(set) var isDown = false
    /// How many of how many checks failed, where that is why it is down.
    private(set) var flapping: Flapping?

    struct Flapping: Equatable {
        let failures: Int
        let checks: Int
    }

    /// Notes what the monitor's rule makes of it.
    mutating func note(_ rule: VerdictRule) {
        degradedAbove = rule.degradedAbove
        isDown = entry.verdict.isDown(rule)
        if let share = rule.failures, let count = entry.verdict.flapping(rule) {
            flapping = Flapping(failures: count, checks: share.of)
        }
    }

    /// The checks of the regions that see an outage; those of the others are no evidence.
    func ofItsRegions(_ history: [CheckResult]) -> [CheckResult] {
        guard entry.verdict.knownRegions.count > 1 else { return history }
        let down = Set(entry.verdict.downRegions + (result.map { [$0.region] } ?? []))
        return history.filter { down.contains($0.region) }
    }

    /// What a failure is called in messages: `3 of the last 10 checks failed: status 500` for one that flaps.
    func words(_ failure: Outcome.Failure?) -> String {
        let words = failure?.message ?? "down"
        guard let flapping else { return words }
        return "\(flapping.failures) of the last \(flapping.checks) checks failed: \(words)"
    }

    /// The outage that it opens, or makes worse.
    var opening: MonitorVerdict.Outage? {
        for action in actions {
            switch action {
            case .opened(let outage, reopens: _): return outage
            case .escalated: return .down
            case .changed, .closed, .confirm, .confirmElsewhere: break
            }
        }
        return nil
    }

    /// The row of the state.
    package var status: MonitorStatus {
        MonitorStatus(
            monitorID: id,
            state: entry.verdict.state,
            since: entry.since,
            scheduledAt: entry.scheduledAt,
            reason: result?.outcome.failure?.reason,
            verdict: entry.verdict.stored
        )
    }
}
