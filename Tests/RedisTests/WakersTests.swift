import Testing

@testable import RedisBroker

/// Tasks that wait for news of a consumer.
@Suite(.timeLimit(.minutes(1))) struct WakersTests {
    private actor Waiting {
        private var wakers = Wakers()

        func waitAfterNews() async {
            let id = wakers.makeID()
            wakers.wakeAll()
            await withCheckedContinuation { wakers.insert(id, $0) }
        }

        func waitUntilNews() async {
            let id = wakers.makeID()
            Task { wakers.wakeAll() }
            await withCheckedContinuation { wakers.insert(id, $0) }
        }
    }

    /// The loop may run something else between a task's last look and its wait.
    @Test func newsOnTheWayToTheWaitEndIt() async { await Waiting().waitAfterNews() }

    @Test func newsEndTheWait() async {
        let waiting = Waiting()
        await waiting.waitAfterNews()
        await waiting.waitUntilNews()
    }
}
