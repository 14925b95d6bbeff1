import Base
import Broker
import Domain

/// What the store has of the check that a result is of, and of later ones in its region.
struct StoredChecks: Sendable {
    /// Whether another result of the check is stored, with another outcome; nil when none is.
    let isAnother: Bool?
    /// When the newer ones were due.
    let newer: Set<Timestamp>
}

/// Results of which it is not known yet whether they come too late to count.
///
/// An alerter that has taken a monitor over does not know its newest check, which is stored only with a change. Where a
/// result would change the state, and the store has newer ones of the monitor, the last owner may have judged those: then
/// the result is late. Or nobody has judged them, and they follow in the topic, which keeps their order. So the result is
/// held back until the newest of them, or an even newer one, has come. It counts if none of those in between is lacking.
struct HeldResults {
    private struct Key: Hashable {
        let monitor: MonitorID
        let region: RegionID
    }
    private struct Entry {
        var results: [(result: CheckResult, delivery: DeliveryID)]
        /// When the newer stored results were due, and which of them have not come.
        let newest: Timestamp
        var lacking: Set<Timestamp>
        let until: Timestamp
    }
    private var entries: [Key: Entry] = [:]
    /// Deliveries that are no longer held, and can be acknowledged.
    private var settled: [DeliveryID] = []

    /// Less than the time after which an unacknowledged result is delivered again.
    static let patience: Duration = .seconds(240)

    var isEmpty: Bool { entries.isEmpty }

    private static func key(_ result: CheckResult) -> Key { Key(monitor: result.monitorID, region: result.region) }

    /// Holds a result back; `newer` is when stored results after it were due, at least one.
    mutating func hold(_ result: CheckResult, _ delivery: DeliveryID, for newer: Set<Timestamp>, now: Timestamp) {
        guard let newest = newer.max() else { return }
        entries[Self.key(result)] = Entry(
            results: [(result, delivery)],
            newest: newest,
            lacking: newer,
            until: now + Self.patience
        )
    }

    /// The results that count now that this one has come, in order; nil when nothing is held of its monitor.
    mutating func take(_ result: CheckResult, _ delivery: DeliveryID, now: Timestamp) -> [CheckResult]? {
        let key = Self.key(result)
        guard let entry = entries[key] else { return nil }
        entries[key]?.lacking.remove(result.scheduledAt)
        if result.scheduledAt < entry.newest, now < entry.until {
            entries[key]?.results.append((result, delivery))
            return []
        }
        entries[key] = nil
        settled += entry.results.map(\.delivery)
        let last = entry.lacking.filter { $0 < result.scheduledAt }.max() ?? .distantPast
        return entry.results.map(\.result).filter { $0.scheduledAt > last } + [result]
    }

    /// Whether a delivery must not be acknowledged yet.
    func holds(_ delivery: DeliveryID, of result: CheckResult) -> Bool {
        entries[Self.key(result)]?.results.contains { $0.delivery == delivery } ?? false
    }

    /// Forgets the results of monitors that somebody else judges from now on; they are delivered there.
    mutating func remove(where isGone: (MonitorID) -> Bool) {
        entries = entries.filter { !isGone($0.key.monitor) }
    }

    /// The deliveries that need not be held any longer since the last call.
    mutating func takeSettled() -> [DeliveryID] {
        defer { settled = [] }
        return settled
    }
}
