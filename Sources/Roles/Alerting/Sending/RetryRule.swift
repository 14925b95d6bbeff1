import Base
import Storage

/// When a notification that could not be sent is tried again, and when it is given up.
struct RetryRule {
    var first = Duration.seconds(5)
    var longest = Duration.seconds(600)
    /// The longest delay that a receiver may ask for.
    var longestWish = Duration.seconds(3600)
    /// With the longest pauses more than a day, so that a receiver that is down overnight still gets its messages.
    var attempts = 200
    var age = Duration.seconds(86_400)
    /// An old notification that was tried less often is not given up: the program was not running to try it.
    var fewest = 10

    /// The time of the next attempt after the given number of attempts; nil to give up.
    ///
    /// `jitter` lies between 0 and 1.
    func next(_ notification: Notification, wish: Duration?, at now: Timestamp, jitter: Double) -> Timestamp? {
        guard notification.attempts < attempts else { return nil }
        var pause = first
        for _ in 1..<max(2, min(notification.attempts, 30)) where pause < longest { pause = min(pause * 2, longest) }
        if notification.attempts <= 1 { pause = first }
        pause = .milliseconds(Int64(Double(pause.wholeMilliseconds) * (0.8 + 0.4 * jitter)))
        if let wish { pause = max(pause, min(wish, longestWish)) }
        let next = now + pause
        return notification.attempts >= fewest && next - notification.createdAt > age ? nil : next
    }
}
