package import Base

/// Distinguishes an outage of this end from outages of targets: if nearly everything fails at once, the local network
/// failed.
///
/// Counts hosts, not monitors: a thousand monitors of one host count once. Where several processes judge monitors, each
/// counts what the others report too. Pure; costs one look-up for each check, and remembers a bounded number of hosts.
package struct ConnectivityGuard: Sendable {
    package struct Rule: Sendable, Equatable {
        /// How long an observation of a host counts.
        package var window: Duration = .seconds(60)
        /// With fewer observed hosts, they decide nothing; at least 1.
        package var minimumHosts = 5
        /// The most remembered hosts; further ones are ignored.
        package var hostLimit = 10_000
        /// How long a suspicion waits for what other hosts say: longer than a check takes to give up.
        package var suspicionTime: Duration = .seconds(20)
        /// The most hosts that are looked at for it.
        package var witnessLimit = 8
        /// How long a host must have gone without a failure to count as well before.
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
        /// An outage is about to begin and nothing was reached since: the witnesses are to be looked at before it does.
        case suspected
        /// Something was reached, or the witnesses say too little: what was held back counts.
        case cleared
    }

    /// What is being found out before an outage begins.
    private struct Suspicion {
        let since: Timestamp
        /// A monitor of each of the hosts that were well last.
        let witnesses: [MonitorID]
        var lost: Set<String>
        var isAnnounced = false
        var isCleared = false
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

    struct Host {
        var sight: Sight?
        var lostAt: Timestamp?
        /// Whether it was well before it was lost.
        var isFallen = false
        /// The time slice of its last observation.
        var slice: Int64
        /// A monitor that looks at it.
        var monitor: MonitorID?

        var tally: Tally {
            Tally(seen: 1, lost: sight == .lost ? 1 : 0, fallen: sight == .lost && isFallen ? 1 : 0)
        }
    }

    static let sliceCount = 12

    package private(set) var isDoubting = false
    private let rule: Rule
    private(set) var hosts: [String: Host] = [:]
    /// The hosts of each slice of the window, the newest at `slice % sliceCount`.
    private(set) var slices = Array(repeating: Tally(), count: sliceCount)
    private(set) var slice = Int64.min
    private var sweptAt = Int64.min
    private(set) var ownCanaries: (count: Int, lost: Int) = (0, 0)
    private var suspicion: Suspicion?
    /// When something was reached last, and when anything was seen.
    private(set) var reachedAt = Timestamp(milliseconds: .min)
    /// What other processes see, by their names.
    var others: [String: Report] = [:]
    /// What others reached in earlier slices than this one does not count any more.
    private(set) var trustedSince = Int64.min
    private var seenAt = Timestamp(milliseconds: .min)

    package init(_ rule: Rule = Rule(), isDoubting: Bool = false) { (self.rule, self.isDoubting) = (rule, isDoubting) }

    /// The counts within the window, of all processes.
    package var tally: Tally { (slices + othersByAge()).reduce(into: Tally()) { $0 += $1 } }

    /// Takes what a check at a time says about a host; `wasReached` is what is known of one that was not seen yet.
    package mutating func observe(
        _ host: String,
        _ sight: Sight,
        at time: Timestamp,
        wasReached: Bool = false,
        by monitor: MonitorID? = nil
    ) {
        advance(to: time)
        note(host, sight, at: time)
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
        (known.sight, known.slice, known.monitor) = (sight, slice, monitor ?? known.monitor)
        slices[index(slice)] += known.tally
        hosts[host] = known
    }

    /// Takes how many canaries there are and how many of them cannot be reached.
    package mutating func observe(canaries count: Int, lost: Int) {
        ownCanaries = (count, lost)
        if mostCanariesAreReached { suspicion?.isCleared = true }
    }

    /// Takes what another process sees, in place of what it saw before.
    package mutating func take(_ report: Report, at time: Timestamp) {
        advance(to: time)
        others[report.process] = report
        others = others.filter { slice - Int64(Self.sliceCount) < $0.value.newest }
        reachedAt = max(reachedAt, report.reachedAt)
        if let since = suspicion?.since, report.reachedAt >= since { suspicion?.isCleared = true }
        if mostCanariesAreReached { suspicion?.isCleared = true }
    }

    /// The canaries of all processes.
    var canaries: (count: Int, lost: Int) {
        others.values.reduce(ownCanaries) { ($0.count + $1.canaries, $0.lost + $1.lostCanaries) }
    }

    private var mostCanariesAreReached: Bool {
        let canaries = canaries
        return canaries.count > 0 && canaries.lost * 2 < canaries.count
    }

    /// The change that follows from all observations; nil when there is none.
    package mutating func conclude() -> Change? {
        let isConfirmed = suspicion.map { !$0.isCleared && $0.lost.count >= rule.minimumHosts } ?? false
        let isDoubting = isDoubting ? !canBeTrusted : mustBeDoubted || isConfirmed
        guard isDoubting != self.isDoubting else { return settleSuspicion() }
        self.isDoubting = isDoubting
        suspicion = nil
        guard isDoubting else { return .trusted }
        // What was reached before says nothing now, or the next look at all hosts would take the doubt back.
        if isConfirmed { forgetReached() }
        // It was not their fault: they count as well before when the same happens again soon.
        for (host, known) in hosts where known.isFallen { hosts[host]?.lostAt = nil }
        return .doubted
    }

    // MARK: Suspicion

    /// Takes that a check of a host, begun at a time, failed on the way and is about to open an outage.
    ///
    /// Suspects this end where nothing was reached since and enough other hosts were well before: these are looked at
    /// before the outage counts. Costs a look at all hosts, once for each suspicion.
    package mutating func suspect(_ host: String, begunAt start: Timestamp) {
        guard !isDoubting, suspicion == nil, !mostCanariesAreReached, reachedAt < start else { return }
        let others = hosts.filter { $0.key != host && $0.value.sight == .reached && $0.value.monitor != nil }
        guard others.count + 1 >= rule.minimumHosts else { return }
        let newest = others.sorted { ($0.value.slice, $1.key) > ($1.value.slice, $0.key) }.prefix(rule.witnessLimit)
        suspicion = Suspicion(since: seenAt, witnesses: newest.compactMap { $0.value.monitor }, lost: [host])
    }

    /// The monitors to look at for the suspicion that there is; empty without one.
    package var witnesses: [MonitorID] { suspicion?.witnesses ?? [] }

    private mutating func note(_ host: String, _ sight: Sight, at time: Timestamp) {
        seenAt = max(seenAt, time)
        switch sight {
        case .reached:
            reachedAt = max(reachedAt, time)
            if let since = suspicion?.since, time >= since { suspicion?.isCleared = true }
        case .lost: if let since = suspicion?.since, time >= since { suspicion?.lost.insert(host) }
        }
    }

    /// Says that a suspicion begins, or ends without doubt.
    private mutating func settleSuspicion() -> Change? {
        guard let current = suspicion else { return nil }
        if current.isCleared || seenAt - current.since >= rule.suspicionTime {
            suspicion = nil
            return current.isAnnounced ? .cleared : nil
        }
        suspicion?.isAnnounced = true
        return current.isAnnounced ? nil : .suspected
    }

    private mutating func forgetReached() {
        trustedSince = slice
        slices = Array(repeating: Tally(), count: Self.sliceCount)
        for (host, known) in hosts {
            let isSeen = known.sight == .lost && known.slice > slice - Int64(Self.sliceCount)
            if isSeen { slices[index(known.slice)] += known.tally } else { hosts[host]?.slice = .min }
        }
    }

    private var mustBeDoubted: Bool {
        let canaries = canaries
        if canaries.count > 0 {
            // Canaries alone are sufficient: while most of them are reached, failures of targets decide nothing.
            if canaries.lost == canaries.count { return true }
            if canaries.lost * 2 < canaries.count { return false }
        }
        // The newest part of the window is sufficient if twice as many hosts were observed: otherwise every host would
        // have to be checked once more before the outage is detected.
        var tally = Tally()
        let others = othersByAge()
        for age in 0..<Int64(Self.sliceCount) where slice != .min {
            tally += slices[index(slice - age)]
            if !others.isEmpty { tally += others[Int(age)] }
            let isWhole = age == Int64(Self.sliceCount) - 1
            guard tally.seen >= rule.minimumHosts * (isWhole ? 1 : 2) else { continue }
            if tally.lost * 10 >= tally.seen * 9, tally.fallen * 2 >= tally.lost { return true }
        }
        return false
    }

    private var canBeTrusted: Bool {
        let (tally, canaries) = (tally, canaries)
        if canaries.count > 0 {
            if canaries.lost == canaries.count { return false }
            // If half of the canaries are lost, the hosts decide, as they do when doubt begins.
            if canaries.lost * 2 < canaries.count || tally.seen == 0 { return true }
        }
        return tally.seen > 0 && tally.lost * 2 < tally.seen
    }

    // MARK: Time

    func index(_ slice: Int64) -> Int { Int(slice.flooredDivision(by: Int64(Self.sliceCount)).remainder) }

    /// Removes observations that have left the window.
    ///
    /// A late observation counts as current, unless the clock was set back.
    mutating func advance(to time: Timestamp) {
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
