import Domain

/// The rules that wait for their turn, first come first served; none waits twice or while it is being evaluated.
struct RuleQueue {
    private var waiting: [AlertRuleID] = []
    private var head = 0
    private var queued: Set<AlertRuleID> = []
    private(set) var running: Set<AlertRuleID> = []
    /// To be evaluated once more after the evaluation that runs.
    private var again: Set<AlertRuleID> = []
    private let limit: Int

    /// `limit` is how many are evaluated at once.
    init(limit: Int) { self.limit = limit }

    var isIdle: Bool { queued.isEmpty && running.isEmpty }

    /// Puts a slot's rule in line; false when the evaluation before is not done.
    mutating func add(_ id: AlertRuleID) -> Bool {
        guard !running.contains(id), queued.insert(id).inserted else { return false }
        waiting.append(id)
        return true
    }

    /// Puts a rule that was changed in line, if need be for after the evaluation that runs.
    mutating func addAgain(_ id: AlertRuleID) {
        if running.contains(id) { again.insert(id) } else { _ = add(id) }
    }

    /// The next rule to evaluate, which runs from now on; nil when none waits or enough are running.
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

    /// The evaluation of a rule is done.
    mutating func finish(_ id: AlertRuleID) {
        running.remove(id)
        if again.remove(id) != nil { _ = add(id) }
    }

    /// Forgets everything but what runs.
    mutating func clear() { (waiting, head, queued, again) = ([], 0, [], []) }
}
