import Domain

/// The rules that wait to be evaluated, in order of arrival; no rule waits twice, or while it is being evaluated.
struct RuleQueue {
    private var waiting: [AlertRuleID] = []
    private var head = 0
    private var queued: Set<AlertRuleID> = []
    private(set) var running: Set<AlertRuleID> = []
    /// Rules to evaluate once more after the current evaluation.
    private var again: Set<AlertRuleID> = []
    private let limit: Int

    /// `limit` is how many are evaluated at once.
    init(limit: Int) { self.limit = limit }

    var isIdle: Bool { queued.isEmpty && running.isEmpty }

    /// Adds a rule whose slot has come; false when its previous evaluation is not finished.
    mutating func add(_ id: AlertRuleID) -> Bool {
        guard !running.contains(id), queued.insert(id).inserted else { return false }
        waiting.append(id)
        return true
    }

    /// Adds a rule that was changed; if it is being evaluated, it follows after that.
    mutating func addAgain(_ id: AlertRuleID) {
        if running.contains(id) { again.insert(id) } else { _ = add(id) }
    }

    /// The next rule to evaluate, which counts as running from now on; nil when none waits or enough are running.
    mutating func next() -> AlertRuleID? {
        guard running.count < limit, head < waiting.count else { return nil }
        let id = waiting[head]
        head += 1
        if head > 1024, head * 2 > waiting.count {
            waiting.removeFirst(head)
            head = 0
        }
        queued.remove(id)
        running.insert(id)
        return id
    }

    /// Notes that the evaluation of a rule is finished.
    mutating func finish(_ id: AlertRuleID) {
        running.remove(id)
        if again.remove(id) != nil { _ = add(id) }
    }

    /// Forgets all rules but the running ones.
    mutating func clear() { (waiting, head, queued, again) = ([], 0, [], []) }
}
