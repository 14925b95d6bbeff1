import Base
import Domain
import Live
import TestSupport
import Testing

/// Many concurrent publishers and readers, from seeds.
@Suite(.timeLimit(.minutes(10))) struct LiveConcurrencyTests {
    /// Each reader gets every event that matches its filter once and in order, also when it leaves and resumes.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func concurrentReadersLoseAndRepeatNothing(seed: UInt64) async throws {
        var limits = LiveLimits()
        (limits.waitingEvents, limits.replayedEvents, limits.scannedEvents) = (1_000_000, 50, 120)
        let hub = LiveHub(limits: limits, lastID: 0)
        let total = 4000
        let witness = try hub.subscribe(LiveFilter())
        await withTaskGroup(of: Void.self) { group in
            for publisher in 0..<4 {
                group.addTask {
                    var random = SeededGenerator(seed: seed &* 31 &+ UInt64(publisher))
                    var left = total / 4
                    while left > 0 {
                        let count = min(left, Int.random(in: 1...20, using: &random))
                        let monitor = Int64.random(in: 1...3, using: &random)
                        hub.publish(LiveFixtures.states(count, of: monitor))
                        left -= count
                        if Bool.random(using: &random) { await Task.yield() }
                    }
                }
            }
            for reader in 0..<6 {
                group.addTask { await read(hub, total, seed: seed &+ UInt64(reader), filtered: reader % 2 == 1) }
            }
        }
        let all = await witness.events(total)
        #expect(all.map(\.id) == (1...UInt64(total)).map { $0 })
        #expect(hub.droppedCount == 0)
    }

    /// Reads everything with a reader that sometimes leaves and resumes with its last id.
    private func read(_ hub: LiveHub, _ total: Int, seed: UInt64, filtered: Bool) async {
        var random = SeededGenerator(seed: seed)
        let filter = LiveFilter(monitors: filtered ? [2, 3] : nil)
        var last: UInt64 = 0
        var ids: [UInt64] = []
        guard var reader = try? hub.subscribe(filter, resume: 0) else { return }
        // The witness's log shows when everything was published; the last events may be filtered out.
        while true {
            if hub.lastID == UInt64(total), let rest = try? hub.subscribe(filter, resume: last) {
                let task = Task { await rest.next() }
                task.cancel()
                guard case .events(let events) = await task.value else { break }
                ids += events.map(\.id)
                last = ids.last ?? last
                continue
            }
            let pending = Task { [reader] in await reader.next() }
            await Task.yield()
            if Int.random(in: 0..<4, using: &random) == 0 { pending.cancel() }
            if hub.lastID == UInt64(total) { pending.cancel() }
            if case .events(let events) = await pending.value {
                ids += events.map(\.id)
                last = ids.last ?? last
            }
            if Int.random(in: 0..<3, using: &random) == 0, let again = try? hub.subscribe(filter, resume: last) {
                reader = again
            }
        }
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
        if !filtered { #expect(ids.count == total) }
    }
}
