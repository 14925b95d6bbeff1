import Base
import Testing

@Suite struct BackoffTests {
    @Test(
        "pauses double up to the limit",
        arguments: [
            (0, 100), (1, 100), (2, 200), (3, 400), (6, 3200), (7, 5000), (8, 5000), (1000, 5000), (.max, 5000),
        ] as [(Int, Int64)]
    )
    func pauses(_ attempts: Int, _ milliseconds: Int64) {
        #expect(Backoff.standard.delay(after: attempts) == .milliseconds(milliseconds))
    }

    @Test func limitBelowTheFirstPauseApplies() {
        #expect(Backoff(first: .seconds(9), limit: .seconds(2)).delay(after: 1) == .seconds(2))
    }
}
