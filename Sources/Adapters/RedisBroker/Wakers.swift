/// Tasks of one actor that wait for news; confined to it.
struct Wakers {
    private var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    private var nextID = 0

    var isEmpty: Bool { waiting.isEmpty }

    mutating func makeID() -> Int {
        nextID += 1
        return nextID
    }

    mutating func insert(_ id: Int, _ continuation: CheckedContinuation<Void, Never>) { waiting[id] = continuation }

    mutating func wake(_ id: Int) { waiting.removeValue(forKey: id)?.resume() }

    mutating func wakeAll() {
        let all = waiting
        waiting = [:]
        for waiter in all.values { waiter.resume() }
    }
}
