/// How long to wait before the next try of what failed: twice as long each time, up to a limit.
package struct Backoff: Sendable {
    private let first: Duration
    private let limit: Duration

    package init(first: Duration = .milliseconds(100), limit: Duration = .seconds(5)) {
        (self.first, self.limit) = (first, limit)
    }

    /// For stores and brokers of one's own: from a tenth of a second up to five seconds.
    package static let standard = Backoff()

    /// The pause after so many failed tries, from 1.
    package func delay(after attempts: Int) -> Duration {
        var delay = first
        for _ in 1..<max(2, min(attempts, 64)) where attempts > 1 && delay < limit { delay = delay * 2 }
        return min(delay, limit)
    }
}
