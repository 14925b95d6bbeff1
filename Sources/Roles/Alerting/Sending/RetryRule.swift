import Base
import Storage

/// When a notification that did not go through is tried again, and when it is given up.
struct RetryRule {
    var first = Duration.seconds(5)
    var longest = Duration.seconds(600)
    /// The longest that a receiver's own wish is followed.
    var longestWish = Duration.seconds(3600)
    /// More than a day of the longest pauses: what a receiver that is away overnight must hear is not given up before.
    var attempts = 200
    var age = Duration.seconds(86_400)
    /// What is old without having been tried so often is not given up: nobody was there to try it.
    var fewest = 10

    /// The next time after so many tries; nil to give up.
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
