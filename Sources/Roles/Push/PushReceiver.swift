import Base
package import Storage

/// Receives pings from the API's routes.
package protocol PushReceiver: Sendable {
    /// Whether a ping for a token is accepted; counts against its allowance.
    ///
    /// `isPost` says whether it was a POST request.
    func admit(_ token: String, isPost: Bool) async -> PushAdmission
    /// Takes an accepted ping; false when its monitor was deleted since.
    ///
    /// Returns once its result is stored. Throws `.database` when it cannot be: then the ping does not count.
    func take(_ ping: PushPing, for token: String) async throws(StorageError) -> Bool
}

/// Whether a ping is accepted.
package enum PushAdmission: Sendable, Equatable {
    case accepted
    /// No active monitor has the token.
    case unknown
    /// The monitor accepts only POST.
    case wrongMethod
    /// Too many pings; try again after this many seconds.
    case limited(retryAfter: Int)
    /// Not all monitors are loaded yet.
    case loading
}

/// The rate limit of a token: some pings at once, and one a second in the long run.
struct PushAllowance {
    static let burst = 60
    private var level = PushAllowance.burst
    private var filledAt: Timestamp

    init(now: Timestamp) { filledAt = now }

    /// Takes one token from the allowance; false when there is none left.
    mutating func take(now: Timestamp) -> Bool {
        // A clock that was set back must not stop the refill until it has caught up.
        filledAt = min(filledAt, now)
        let seconds = (now.milliseconds - filledAt.milliseconds) / 1000
        level = min(Self.burst, level + Int(min(seconds, Int64(Self.burst))))
        filledAt = Timestamp(milliseconds: filledAt.milliseconds + seconds * 1000)
        guard level > 0 else { return false }
        level -= 1
        return true
    }
}
