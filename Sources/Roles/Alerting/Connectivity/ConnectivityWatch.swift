import Base
import Domain

/// Feeds the connectivity guard with results and returns what it concludes.
struct ConnectivityWatch {
    private var state: ConnectivityGuard

    init(isDoubting: Bool = false) { state = ConnectivityGuard(isDoubting: isDoubting) }

    /// The current observation as text.
    var words: String {
        let tally = state.tally
        let hosts = "\(tally.lost) of \(tally.seen) hosts cannot be reached"
        guard canaries.count > 0 else { return hosts }
        return hosts + "; \(canaries.lost) of \(canaries.count) canaries cannot be reached"
    }
    private var canaries: (count: Int, lost: Int) = (0, 0)

    /// The monitors to check at once when something is suspected.
    var witnesses: [MonitorID] { state.witnesses }

    /// Takes a batch of results together: what fails at once is judged at once.
    ///
    /// `wasUp` says of a monitor whether it was well before, as far as that is stored: after a restart the hosts are new.
    /// `opens` says of a failed check whether it would open an outage; where none does nothing is suspected.
    mutating func observe(
        _ results: [CheckResult],
        wasUp: (MonitorID) -> Bool = { _ in false },
        opens: (CheckResult) -> Bool = { _ in false }
    ) -> ConnectivityGuard.Change? {
        var deciding: [(host: String, begunAt: Timestamp)] = []
        for result in results {
            guard let host = result.url.flatMap(Self.host) else { continue }
            let end = result.checkedAt + result.outcome.latency
            let sight = ConnectivityGuard.Sight(result.outcome.failure?.reason)
            let wasReached = sight == .lost && wasUp(result.monitorID)
            state.observe(host, sight, at: end, wasReached: wasReached, by: result.monitorID)
            if sight == .lost, opens(result) { deciding.append((host, result.checkedAt)) }
        }
        for (host, start) in deciding { state.suspect(host, begunAt: start) }
        return state.conclude()
    }

    mutating func observe(canaries count: Int, lost: Int) -> ConnectivityGuard.Change? {
        canaries = (count, lost)
        state.observe(canaries: count, lost: lost)
        return state.conclude()
    }

    /// Takes what another alerter sees.
    mutating func observe(_ report: ConnectivityGuard.Report, at now: Timestamp) -> ConnectivityGuard.Change? {
        state.take(report, at: now)
        return state.conclude()
    }

    /// What this alerter sees, for the others.
    mutating func report(from process: String, at now: Timestamp) -> ConnectivityGuard.Report {
        state.report(from: process, at: now)
    }

    /// The host of a URL in the form that monitors have.
    static func host(_ url: String) -> String? {
        let bytes = url.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let rest = bytes[colon...].dropFirst()
        guard rest.starts(with: "//".utf8) else { return nil }
        let name = rest.dropFirst(2)
        if name.first == UInt8(ascii: "["), let end = name.firstIndex(of: UInt8(ascii: "]")) {
            return String(Substring(name[...end]))
        }
        let host = name.prefix { ![UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "?"), 35].contains($0) }
        return host.isEmpty ? nil : String(Substring(host))
    }
}
