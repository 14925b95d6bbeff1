/// Tasks of one actor that wait for news; confined to it.
///
/// A task takes an id before it looks whether it has to wait. On the way to its continuation the actor may run something
/// else: news that came meanwhile end the wait at once.
struct Wakers {
    private var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    private var nextID = 0
    /// The newest id that `wakeAll` has woken.
    private var woken = 0

    var isEmpty: Bool { waiting.isEmpty }

    mutating func makeID() -> Int {
        nextID += 1
        return nextID
    }

    mutating func insert(_ id: Int, _ continuation: CheckedContinuation<Void, Never>) {
        if id <= woken { continuation.resume() } else { waiting[id] = continuation }
    }

    mutating func wake(_ id: Int) { waiting.removeValue(forKey: id)?.resume() }

    mutating func wakeAll() {
        let all = waiting
        (waiting, woken) = ([:], nextID)
        for waiter in all.values { waiter.resume() }
    }
}
