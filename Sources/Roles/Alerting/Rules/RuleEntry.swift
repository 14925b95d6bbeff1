import Domain
import Base
import Storage

/// A rule that is being evaluated.
struct RuleEntry {
    /// The rule as the last evaluation left it.
    var current: StoredRule
    /// The rule as it is stored.
    var saved: StoredRule
    var serverName: String?
    let threshold: ThresholdRule

    init(_ runnable: RunnableRule, interval: Duration) {
        (current, saved, serverName) = (runnable.stored, runnable.stored, runnable.serverName)
        threshold = runnable.stored.rule.threshold(every: interval)
    }

    /// Applies an answer to the rule; nil means that there is no data source.
    func step(
        _ answer: OwnMetricReader.Answer?,
        at time: Timestamp
    ) -> (next: StoredRule, actions: [RuleAction], mustStore: Bool) {
        var next = current
        guard let answer else {
            let words = "no Prometheus is configured: set PROMETHEUS_URL"
            next.health = current.health.then(.noPrometheus, words, at: time)
            return (next, [], next.health != saved.health)
        }
        let actions = next.machine.apply(answer.result, at: time, threshold)
        next.health = current.health.after(
            answer.result,
            threshold,
            isOverflowing: next.machine.isOverflowing,
            excess: answer.excess,
            at: time
        )
        let hasMoved = next.health != saved.health || next.machine.isWorthStoring(over: saved.machine, threshold)
        return (next, actions, hasMoved || !actions.isEmpty)
    }
}
