/// How many checks are needed to change the state of a monitor.
package struct VerdictRule: Sendable, Equatable {
    /// A number of the last checks.
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

    /// How many of the fresh regions must see a monitor down.
    package enum Quorum: Sendable, Equatable {
        case any
        /// More than half of the regions that check.
        case majority
        case all
        case atLeast(Int)
        /// This share of the regions, from 1 to 100.
        case percent(Int)

        /// The number needed of all regions; never more than there are, so that a lost region cannot hide an outage.
        package func needed(of count: Int) -> Int {
            switch self {
            case .any: 1
            case .majority: count / 2 + 1
            case .all: count
            case .atLeast(let wanted): max(1, min(wanted, count))
            case .percent(let share): max(1, min((count * share + 99) / 100, count))
            }
        }
    }

    /// The failures in a row that are checked again before the next one counts; with 0 the first counts.
    package var retries = 0
    /// The time from a failure to its confirmation; nil uses the monitor's own interval.
    package var retryInterval: Duration?
    /// The successes in a row after which a monitor that is down counts as up; at least 1.
    package var recoveries = 1
    /// The failures in a window that mean down even if they are not in a row: flapping.
    package var failures: Share?
    /// A success that takes longer counts as degraded.
    package var degradedAbove: Duration?
    /// Whether a degraded monitor opens an incident; nil means yes if `degradedAbove` is set.
    package var alertOnDegraded: Bool?
    /// How the regions' views are combined.
    package var quorum = Quorum.majority
    /// With fewer fresh regions nothing is known; at least 1.
    package var minimumFresh = 1
    /// How long the newest result of a region counts; nil where silence says nothing.
    package var freshness: Duration?
    /// How many regions are to check.
    package var regions = 1
    /// A failure within this time after an outage's end reopens the outage.
    package var settleTime = Duration.zero

    package init() {}

    /// Whether a degraded monitor opens an incident.
    package var alertsOnDegraded: Bool { alertOnDegraded ?? (degradedAbove != nil) }

    /// The checks that `failures` considers, one bit each.
    var window: UInt64 {
        guard let failures else { return 0 }
        return failures.of == 64 ? .max : 1 << UInt64(failures.of) - 1
    }
}
