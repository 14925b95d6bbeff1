/// Time as the in-process broker sees it, so that a test can move it by hand.
protocol BrokerClock: Sendable {
    /// Since the broker was made.
    var elapsed: Duration { get }
    /// Returns then, or when the task is cancelled.
    func sleep(until elapsed: Duration) async
}

/// Any clock of the standard library as a broker's.
struct ElapsedClock<C: Clock>: BrokerClock where C.Duration == Duration {
    private let clock: C
    private let start: C.Instant

    init(_ clock: C) {
        self.clock = clock
        start = clock.now
    }

    var elapsed: Duration { start.duration(to: clock.now) }

    func sleep(until elapsed: Duration) async {
        // Cancellation ends the wait early, which is all that the caller needs to know.
        try? await clock.sleep(until: start.advanced(by: elapsed), tolerance: nil)
    }
}
