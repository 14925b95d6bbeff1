/// The time of the in-process broker, which a test can set by hand.
protocol BrokerClock: Sendable {
    /// The time since the broker was created.
    var elapsed: Duration { get }
    /// Returns at that time, or when the task is cancelled.
    func sleep(until elapsed: Duration) async
}

/// Makes any clock of the standard library a broker's clock.
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
