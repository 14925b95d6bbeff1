import Base
import Runtime
import TestSupport
import Testing

/// One task inside at a time, in the order of arrival, and none waits forever.
@Suite struct AsyncLockTests {
    /// Records how many tasks are inside at one time.
    private final class Room: Sendable {
        struct State {
            var inside = 0
            var most = 0
            var visits = 0
        }
        let state = Locked(State())

        func enter() {
            state.withLock { state in
                state.inside += 1
                state.visits += 1
                state.most = max(state.most, state.inside)
            }
        }
        func leave() { state.withLock { $0.inside -= 1 } }
        var now: State { state.withLock { $0 } }
    }

    private final class Order: Sendable {
        private let list = Locked<[Int]>([])
        func add(_ visitor: Int) { list.withLock { $0.append(visitor) } }
        var visitors: [Int] { list.withLock { $0 } }
    }

    @Test func everyWaiterGetsTheLock() async throws {
        let lock = AsyncLock()
        let room = Room()
        let loops = [try EventLoop(name: "lock-a"), try EventLoop(name: "lock-b")]
        await withTaskGroup(of: Void.self) { group in
            for visitor in 0..<64 {
                let visit: @Sendable () async -> Void = {
                    for round in 0..<200 {
                        await lock.withLock {
                            room.enter()
                            if (visitor + round) % 3 == 0 { await Task.yield() }
                            room.leave()
                        }
                    }
                }
                // Some from the pool, some from their own threads.
                if visitor % 4 < 2 {
                    group.addTask(executorPreference: loops[visitor % 2]) { await visit() }
                } else {
                    group.addTask { await visit() }
                }
            }
        }
        #expect(room.now.visits == 64 * 200)
        #expect(room.now.most == 1 && room.now.inside == 0)
        for loop in loops { loop.shutdown() }
    }

    @Test func lockIsGrantedInOrder() async {
        let lock = AsyncLock()
        let order = Order()
        await lock.enter()
        var visits: [Task<Void, Never>] = []
        for visitor in 0..<20 {
            visits.append(Task { await lock.withLock { order.add(visitor) } })
            await eventually { lock.waitingCount == visitor + 1 }
        }
        lock.leave()
        for visit in visits { await visit.value }
        #expect(order.visitors == Array(0..<20))
    }

    @Test func errorReleasesTheLock() async throws {
        struct Fault: Error {}
        let lock = AsyncLock()
        var isThrown = false
        do { try await lock.withLock { throw Fault() } } catch { isThrown = true }
        #expect(isThrown)
        #expect(await lock.withLock { true })
    }
}
