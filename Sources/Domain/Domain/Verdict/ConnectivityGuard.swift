package import Base

/// Distinguishes an outage of this end from outages of targets: if nearly everything fails at once, the local network
/// failed.
///
/// Counts hosts, not monitors: a thousand monitors of one host count once. Pure; costs one look-up for each check, and
/// remembers a bounded number of hosts.
package struct ConnectivityGuard: Sendable {
    package struct Rule: Sendable, Equatable {
        /// How long an observation of a host counts.
        package var window: Duration = .seconds(60)
        /// With fewer observed hosts, they decide nothing; at least 1.
        package var minimumHosts = 5
        /// The most remembered hosts; further ones are ignored.
        package var hostLimit = 10_000
        /// How long a host must have been without a failure to count as well before.
        package var quietTime: Duration = .seconds(300)

        package init() {}
    }

    /// What a check shows about the way to its target.
    package enum Sight: Sendable, Equatable {
        /// Something answered, even if with an error.
        case reached
        case lost

        package init(_ reason: Reason?) { self = reason?.isOfNetwork == true ? .lost : .reached }
    }

    package enum Change: Sendable, Equatable {
        /// Nearly everything fails: failures now say little about the targets.
        case doubted
        case trusted
    }

    /// The number of counted hosts, and how many of them fail.
    package struct Tally: Sendable, Equatable {
        package var seen = 0
        package var lost = 0
        /// The lost hosts that were well before.
        var fallen = 0

        static func += (left: inout Tally, right: Tally) {
            left.seen += right.seen
            left.lost += right.lost
            left.fallen += right.fallen
        }
    }

    private struct Host {
        var sight: Sight?
        var lostAt: Timestamp?
        /// Whether it was well before it was lost.
        var isFallen = false
        /// The time slice of its last observation.
        var slice: Int64

        var tally: Tally {
            Tally(seen: 1, lost: sight == .lost ? 1 : 0, fallen: sight == .lost && isFallen ? 1 : 0)
        }
    }

    private static let sliceCount = 12

    package private(set) var isDoubting = false
    private let rule: Rule
    private var hosts: [String: Host] = [:]
    /// The hosts of each slice of the window, the newest at `slice % sliceCount`.
    private var slices = Array(repeating: Tally(), count: sliceCount)
    private var slice = Int64.min
    private var sweptAt = Int64.min
    private var canaries: (count: Int, lost: Int) = (0, 0)

    package init(_ rule: Rule = Rule(), isDoubting: Bool = false) { (self.rule, self.isDoubting) = (rule, isDoubting) }

    /// The counts within the window.
    package var tally: Tally { slices.reduce(into: Tally()) { $0 += $1 } }

    /// Handles what a check shows about a host; `wasReached` is the known state of a host without observations yet.
    package mutating func observe(_ host: String, _ sight: Sight, at time: Timestamp, wasReached: Bool = false) {
        advance(to: time)
        if hosts[host] == nil, hosts.count >= rule.hostLimit, !sweep() { return }
        var known = hosts[host] ?? Host(sight: wasReached ? .reached : nil, slice: .min)
        if slice - Int64(Self.sliceCount) < known.slice { subtract(known) }
        switch sight {
        case .reached: known.isFallen = false
        case .lost:
            if known.sight != .lost {
                let isQuiet = known.lostAt.map { time - $0 >= rule.quietTime } ?? true
                known.isFallen = known.sight == .reached && isQuiet
            }
            if !isDoubting { known.lostAt = time }
        }
        (known.sight, known.slice) = (sight, slice)
        slices[index(slice)] += known.tally
        hosts[host] = known
    }

    /// Handles the number of canaries, and how many of them cannot be reached.
    package mutating func observe(canaries count: Int, lost: Int) { canaries = (count, lost) }

    /// The change that follows from all observations; nil when there is none.
    package mutating func conclude() -> Change? {
        let isDoubting = isDoubting ? !canBeTrusted : mustBeDoubted
        guard isDoubting != self.isDoubting else { return nil }
        self.isDoubting = isDoubting
        guard isDoubting else { return .trusted }
        // It was not the hosts' fault: they count as well before if the same happens again soon.
        for (host, known) in hosts where known.isFallen { hosts[host]?.lostAt = nil }
        return .doubted
    }

    private var mustBeDoubted: Bool {
        if canaries.count > 0 {
            // Canaries alone are sufficient: while most of them are reached, failures of targets decide nothing.
            if canaries.lost == canaries.count { return true }
            if canaries.lost * 2 < canaries.count { return false }
        }
        // The newest part of the window is sufficient if twice as many hosts were observed: otherwise every host would
        // have to be checked once more before the outage is detected.
        var tally = Tally()
        for age in 0..<Int64(Self.sliceCount) where slice != .min {
            tally += slices[index(slice - age)]
            let isWhole = age == Int64(Self.sliceCount) - 1
            guard tally.seen >= rule.minimumHosts * (isWhole ? 1 : 2) else { continue }
            if tally.lost * 10 >= tally.seen * 9, tally.fallen * 2 >= tally.lost { return true }
        }
        return false
    }

    private var canBeTrusted: Bool {
        let tally = tally
        if canaries.count > 0 {
            if canaries.lost == canaries.count { return false }
            // If half of the canaries are lost, the hosts decide, as they do when doubt begins.
            if canaries.lost * 2 < canaries.count || tally.seen == 0 { return true }
        }
        return tally.seen > 0 && tally.lost * 2 < tally.seen
    }

    // MARK: Time

    private func index(_ slice: Int64) -> Int { Int(slice.flooredDivision(by: Int64(Self.sliceCount)).remainder) }

    /// Removes observations that have left the window.
    ///
    /// A late observation counts as current, unless the clock was set back.
    private mutating func advance(to time: Timestamp) {
        let length = max(1, rule.window.wholeMilliseconds / Int64(Self.sliceCount))
        let new = time.milliseconds.flooredDivision(by: length).quotient
        let count = Int64(Self.sliceCount)
        if slice == .min || new >= slice + count || new + count < slice {
            slices = Array(repeating: Tally(), count: Self.sliceCount)
            if new < slice { for host in hosts.keys { hosts[host]?.slice = .min } }
            slice = new
        } else {
            while slice < new {
                slice += 1
                slices[index(slice)] = Tally()
            }
        }
    }

    private mutating func subtract(_ host: Host) {
        let tally = host.tally
        slices[index(host.slice)].seen -= tally.seen
        slices[index(host.slice)].lost -= tally.lost
        slices[index(host.slice)].fallen -= tally.fallen
    }

    /// Makes room by forgetting hosts outside of the window, once in a slice; false when there are none.
    private mutating func sweep() -> Bool {
        guard sweptAt != slice else { return false }
        sweptAt = slice
        let oldest = slice - Int64(Self.sliceCount)
        hosts = hosts.filter { $0.value.slice > oldest }
        return hosts.count < rule.hostLimit
    }
}

extension Reason {
    /// Whether this end's network may have failed: no answer of any kind came from the target.
    package var isOfNetwork: Bool {
        switch self {
        case .dnsNXDomain, .dnsNoAddress, .dnsServfail, .dnsRefused, .dnsTimeout: true
        case .connectTimeout, .connectUnreachable, .tlsTimeout, .timeoutFirstByte, .timeoutTransfer: true
        default: false
        }
    }
}
