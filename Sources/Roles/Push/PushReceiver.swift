import Base
package import Broker

/// Takes pings; what the API's routes hand them to.
package protocol PushReceiver: Sendable {
    /// Whether a ping of that address is taken; counts against its allowance. `isPost` says how it came.
    func admit(_ token: String, isPost: Bool) async -> PushAdmission
    /// Takes a ping that was admitted; false when its monitor has gone since.
    ///
    /// Throws when its result cannot be handed on.
    func take(_ ping: PushPing, for token: String) async throws(BrokerError) -> Bool
}

/// Whether a ping is taken.
package enum PushAdmission: Sendable, Equatable {
    case accepted
    /// No active monitor has the address.
    case unknown
    /// The monitor takes POST alone.
    case wrongMethod
    /// Too many pings; again after so many seconds.
    case limited(retryAfter: Int)
    /// Not every monitor is known yet.
    case loading
}

/// How many pings an address may send: some at once, and one a second in the long run.
struct PushAllowance {
    static let burst = 60
    private var level = PushAllowance.burst
    private var filledAt: Timestamp

    init(now: Timestamp) { filledAt = now }

    /// Takes one; false when there is none left.
    mutating func take(now: Timestamp) -> Bool {
        // A clock that was set back must not stop the filling until it has caught up.
        filledAt = min(filledAt, now)
        let seconds = (now.milliseconds - filledAt.milliseconds) / 1000
        level = min(Self.burst, level + Int(min(seconds, Int64(Self.burst))))
        filledAt = Timestamp(milliseconds: filledAt.milliseconds + seconds * 1000)
        guard level > 0 else { return false }
        level -= 1
        return true
    }
}
