/// How many checks it takes to change one's mind about a monitor.
package struct VerdictRule: Sendable, Equatable {
    /// So many of the last so many checks.
    package struct Share: Sendable, Equatable {
        package let count: Int
        /// At most 64.
        package let of: Int

        /// Nil unless `1 ≤ count ≤ of ≤ 64`.
        package init?(_ count: Int, of: Int) {
            guard (1...64).contains(of), (1...of).contains(count) else { return nil }
            (self.count, self.of) = (count, of)
        }
    }

    /// How many regions must see a monitor down before it is.
    package enum Quorum: Sendable, Equatable {
        case any
        /// More than half of those that look.
        case majority
        case all
        case atLeast(Int)

        /// The number needed of so many; never more than there are, so that a lost region cannot hide an outage.
        func needed(of count: Int) -> Int {
            switch self {
            case .any: 1
            case .majority: count / 2 + 1
            case .all: count
            case .atLeast(let wanted): max(1, min(wanted, count))
            }
        }
    }

    /// Failures in a row that are checked again before the next one counts: 0 believes the first.
    package var retries = 0
    /// From a failure to its confirmation; nil for the monitor's own interval.
    package var retryInterval: Duration?
    /// Successes in a row after which a monitor that is down counts as up; at least 1.
    package var recoveries = 1
    /// Failures in a window that mean down also when they are not in a row: flapping.
    package var failures: Share?
    /// A success that takes longer counts as degraded.
    package var degradedAbove: Duration?
    /// Whether a degraded monitor opens an incident; nil when one that says what is slow does.
    package var alertOnDegraded: Bool?
    /// How the regions' views are put together.
    package var quorum = Quorum.majority
    /// An outage that comes back within this time after its end is the same one.
    package var settleTime = Duration.zero

    package init() {}

    /// Whether a degraded monitor opens an incident.
    package var alertsOnDegraded: Bool { alertOnDegraded ?? (degradedAbove != nil) }

    /// The checks that `failures` looks at, a bit each.
    var window: UInt64 {
        guard let failures else { return 0 }
        return failures.of == 64 ? .max : 1 << UInt64(failures.of) - 1
    }
}
