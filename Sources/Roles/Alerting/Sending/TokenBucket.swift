import Base

/// A rate limit: at most a number of operations at once, and a number per minute in the long run.
struct TokenBucket {
    private let capacity: Double
    private let perMillisecond: Double
    private var level: Double
    private var filledAt: Timestamp

    init(perMinute: Int, burst: Int, now: Timestamp) {
        (capacity, level) = (Double(burst), Double(burst))
        (perMillisecond, filledAt) = (Double(perMinute) / 60_000, now)
    }

    /// The whole tokens that are available at an instant.
    mutating func available(at now: Timestamp) -> Int {
        // A clock that was set back must not stop the refill until it has caught up.
        filledAt = min(filledAt, now)
        if now > filledAt {
            level = min(capacity, level + Double(now.milliseconds - filledAt.milliseconds) * perMillisecond)
            filledAt = now
        }
        return Int(level)
    }

    mutating func take(_ count: Int) { level = max(0, level - Double(count)) }

    /// When the next token is available.
    func next(after now: Timestamp) -> Timestamp {
        level >= 1 ? now : now + .milliseconds(Int64(((1 - level) / perMillisecond).rounded(.up)))
    }
}
