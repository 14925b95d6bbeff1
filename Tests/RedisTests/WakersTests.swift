import Testing

@testable import RedisBroker

/// Tasks that wait for news of a consumer.
@Suite(.timeLimit(.minutes(10))) struct WakersTests {
    private actor Waiting {
        private var wakers = Wakers()

        /// Whether nobody waits any more after it.
        func waitAfterNews() async -> Bool {
            let id = wakers.makeID()
            wakers.wakeAll()
            await withCheckedContinuation { wakers.insert(id, $0) }
            return wakers.isEmpty
        }

        func waitUntilNews() async -> Bool {
            let id = wakers.makeID()
            Task { wakers.wakeAll() }
            await withCheckedContinuation { wakers.insert(id, $0) }
            return wakers.isEmpty
        }
    }

    /// The loop may run something else between a task's last look and its wait.
    @Test func newsOnTheWayToTheWaitEndIt() async { #expect(await Waiting().waitAfterNews()) }

    @Test func newsEndTheWait() async {
        let waiting = Waiting()
        #expect(await waiting.waitAfterNews())
        #expect(await waiting.waitUntilNews())
    }
}
