/// Lets the tasks of one actor in by turns, in the order of their coming, also while the one inside waits for others.
final class Turn {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Runs a body when everybody who came before is done.
    func take<R>(_ body: () async -> R) async -> R {
        if isTaken { await withCheckedContinuation { waiting.append($0) } }
        isTaken = true
        let result = await body()
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
        return result
    }
}
