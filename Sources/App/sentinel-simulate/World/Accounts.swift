import Base
import Domain

/// How far the world was checked, and what was found until then.
struct Accounts {
    /// What follows from a monitor's results.
    struct Expected {
        var verdict = MonitorVerdict()
        /// When each outage began.
        var opened: [Timestamp] = []
        var closed = 0
        fileprivate var seen = 0
    }

    /// Slots and results before this were checked.
    var checkedUntil = Timestamp.distantPast
    /// Slots that were counted as missed, apart from those that the broker refused.
    var missed = 0
    /// Checks that workers counted as not made.
    var skipped = 0
    /// Incidents up to this number are over and were checked.
    var lastEnded: Int64 = 0
    private var expected: [MonitorID: Expected] = [:]

    mutating func begin(at time: Timestamp) { checkedUntil = time }

    /// Passes further results of a monitor through the pure machine, in the order in which they were published.
    mutating func replay(_ results: [CheckResult], from first: Int, of monitor: Monitor) -> Expected {
        var state = expected[monitor.id] ?? Expected(seen: first)
        for result in results[state.seen...] {
            let actions = state.verdict.apply(
                .checked(CheckSummary(result)),
                at: result.checkedAt,
                monitor.alerting.rule
            )
            for action in actions {
                switch action {
                case .opened(_, reopens: false): state.opened.append(result.checkedAt)
                case .closed: state.closed += 1
                case .opened, .escalated, .changed, .confirm, .confirmElsewhere: break
                }
            }
        }
        state.seen = results.count
        expected[monitor.id] = state
        return state
    }
}
