package import Base
package import Domain
package import Storage

/// The states of all known monitors, in memory.
package struct MonitorStates {
    /// What is known of a monitor.
    package struct Entry: Equatable {
        package var verdict: MonitorVerdict
        /// When the state began.
        package var since: Timestamp
        /// When the newest applied check was due.
        package var scheduledAt: Timestamp

        package init(_ verdict: MonitorVerdict, since: Timestamp, scheduledAt: Timestamp) {
            (self.verdict, self.since, self.scheduledAt) = (verdict, since, scheduledAt)
        }
    }

    private var entries = DenseTable<MonitorID, Entry>()
    /// Settings that differ from the default.
    private var settings: [MonitorID: MonitorAlerting] = [:]
    private static let standard = MonitorAlerting()
    /// Since when monitors are known of which no later check was seen: what changed nothing before is not stored.
    private var restored: [MonitorID: Timestamp] = [:]
    /// The latest failure reason of each monitor with an open outage.
    private var reasons: [MonitorID: Reason] = [:]

    /// How many monitors are in each state.
    package private(set) var counts: [MonitorState: Int] = [:]
    /// Of how many monitors each region's newest result counts, and of how many it is too old; without monitors that
    /// the default region checks alone.
    package private(set) var regionCounts: [RegionID: RegionCount] = [:]

    package struct RegionCount: Equatable {
        package internal(set) var fresh = 0
        package internal(set) var silent = 0
    }

    /// Whether failures are probably caused by this server's own connectivity and not by the targets.
    ///
    /// Costs nothing to change: doubt reaches a monitor before whatever happens to it next, trust only with its next
    /// check, so that a monitor that nobody has looked at since is not taken for down.
    package var isDoubted = false

    /// Whether outages wait for what other hosts say: a suspicion of seconds, unlike doubt.
    package var isSuspecting = false
    /// What was looked at meanwhile and failed.
    private var suspects: Set<MonitorID> = []

    package init() {}

    package subscript(id: MonitorID) -> Entry? { entries[id] }
    package func alerting(of id: MonitorID) -> MonitorAlerting { settings[id] ?? Self.standard }

    /// Adds a stored state; an entry that is known already is newer and stays.
    ///
    /// Throws `MonitorVerdict.Unreadable` when the stored verdict cannot be read; its settings are applied all the
    /// same.
    package mutating func restore(_ stored: StoredVerdict) throws(MonitorVerdict.Unreadable) {
        let status = stored.status
        guard entries[status.monitorID] == nil else { return }
        set(stored.alerting, of: status.monitorID)
        let verdict = try MonitorVerdict(status.state, scheduledAt: status.scheduledAt, stored: status.verdict)
        entries[status.monitorID] = Entry(verdict, since: status.since, scheduledAt: status.scheduledAt)
        counts[verdict.state, default: 0] += 1
        countRegions(of: verdict, 1)
    }

    private mutating func countRegions(of verdict: MonitorVerdict, _ change: Int) {
        for (region, isFresh) in verdict.heardRegions {
            if isFresh {
                regionCounts[region, default: RegionCount()].fresh += change
            } else {
                regionCounts[region, default: RegionCount()].silent += change
            }
        }
    }

    /// Notes when a monitor was restored.
    mutating func noteRestored(_ id: MonitorID, at now: Timestamp) { restored[id] = now }

    /// When a monitor was restored; nil once a check of it is known that was due since.
    func restoredAt(_ id: MonitorID) -> Timestamp? { restored[id] }

    /// Whether a check would change a restored monitor of which no check is known that was due since.
    ///
    /// It may be one that is repeated, and that changed nothing before: its time is not stored.
    func mayRepeat(_ result: CheckResult) -> Bool {
        let id = result.monitorID
        guard restored[id] != nil, let before = entries[id]?.verdict else { return false }
        var verdict = before
        let actions = verdict.apply(.checked(CheckSummary(result)), at: result.checkedAt, alerting(of: id).rule)
        return !actions.isEmpty || !verdict.remembers(theSameAs: before)
    }

    package mutating func set(_ alerting: MonitorAlerting, of id: MonitorID) {
        settings[id] = alerting == Self.standard ? nil : alerting
    }

    package mutating func remove(_ id: MonitorID) {
        if let entry = entries.removeValue(forKey: id) {
            counts[entry.verdict.state, default: 0] -= 1
            countRegions(of: entry.verdict, -1)
        }
        (settings[id], reasons[id]) = (nil, nil)
        restored[id] = nil
    }

    /// Forgets monitors that somebody else judges from now on.
    package mutating func remove(where isGone: (MonitorID) -> Bool) {
        for id in entries.keys.filter(isGone) { remove(id) }
    }

    /// Whether a check that was applied failed in another way than the last one of the same outage.
    package mutating func isNews(_ result: CheckResult) -> Bool {
        let id = result.monitorID
        guard let entry = entries[id], entry.verdict.outage == .down else {
            if !reasons.isEmpty { reasons[id] = nil }
            return false
        }
        guard let reason = result.outcome.failure?.reason, entry.scheduledAt == result.scheduledAt else { return false }
        return reasons.updateValue(reason, forKey: id) != reason
    }

    /// A monitor as it is, to be written down though nothing follows.
    package func snapshot(of id: MonitorID, at time: Timestamp) -> VerdictChange? {
        entries[id].map { entry in
            var change = VerdictChange(id: id, before: entry.verdict.state, entry: entry, actions: [], at: time)
            change.note(alerting(of: id).rule)
            return change
        }
    }

    /// Lets a check count as the newest although the latest one lies in the future: the clock was set back since.
    ///
    /// Without this nothing would be seen until the clock has caught up.
    package mutating func rewind(_ id: MonitorID, for check: Timestamp, at now: Timestamp) {
        guard var entry = entries[id], entry.scheduledAt > now + Self.lead, check <= now + Self.lead else { return }
        entry.scheduledAt = check - .milliseconds(1)
        entry.verdict.rewind(to: entry.scheduledAt)
        entries[id] = entry
    }

    /// How far a check's time may lie ahead of the clock.
    static let lead: Duration = .seconds(60)

    /// Applies an event to a known monitor; returns the change, nil when there is none.
    package mutating func apply(
        _ event: MonitorVerdict.Event,
        to id: MonitorID,
        at now: Timestamp
    ) -> VerdictChange? {
        guard var entry = entries[id] else { return nil }
        let before = entry.verdict
        let rule = alerting(of: id).rule
        var actions: [MonitorVerdict.Action] = []
        if isDoubted || isSuspecting, !before.isDoubted {
            actions += entry.verdict.apply(.doubted, at: now, rule)
        }
        actions += entry.verdict.apply(event, at: now, rule)
        if case .checked(let check) = event {
            let isNew = entry.verdict.scheduledAt != before.scheduledAt
            if !check.isSuccess, isSuspecting { suspects.insert(id) }
            if !isDoubted, !isSuspecting, before.isDoubted, isNew {
                actions += entry.verdict.apply(.trusted, at: now, rule)
            }
            entry.scheduledAt = max(entry.scheduledAt, check.scheduledAt)
            if let time = restored[id], (entry.verdict.heardUntil ?? entry.scheduledAt) >= time { restored[id] = nil }
        }
        let hasChanged = before.state != entry.verdict.state
        if hasChanged {
            entry.since = now
            counts[before.state, default: 0] -= 1
            counts[entry.verdict.state, default: 0] += 1
        }
        entries[id] = entry
        countRegions(of: before, -1)
        countRegions(of: entry.verdict, 1)
        if actions.isEmpty, entry.verdict.remembers(theSameAs: before) { return nil }
        var change = VerdictChange(id: id, before: before.state, entry: entry, actions: actions, at: now)
        change.note(rule)
        return change
    }

    /// Whether a failed check would open the outage of a monitor that is down, or make one worse.
    package func opens(_ result: CheckResult) -> Bool {
        guard !result.outcome.isSuccess, var verdict = entries[result.monitorID]?.verdict else { return false }
        let rule = alerting(of: result.monitorID).rule
        return verdict.apply(.checked(CheckSummary(result)), at: result.checkedAt, rule).contains { action in
            switch action {
            case .opened(.down, reopens: _), .escalated: true
            default: false
            }
        }
    }

    /// Ends a suspicion: what it held back counts now, unless it has become doubt; what follows.
    package mutating func endSuspicion(at now: Timestamp) -> [VerdictChange] {
        isSuspecting = false
        defer { suspects = [] }
        if isDoubted { return [] }
        return suspects.sorted().compactMap { apply(.trusted, to: $0, at: now) }
    }

    /// What is down without an incident because of doubt, ascending.
    package var held: [MonitorID] {
        entries.filter { $1.verdict.isDoubted && $1.verdict.isDownUnnoticed }
            .map(\.key).sorted()
    }

    /// Monitors whose next check is needed to confirm a state or to decide about a notification; ascending.
    package var unsettled: [MonitorID] {
        entries.filter { id, entry in
            guard alerting(of: id).rule.retryInterval != nil else { return false }
            return entry.verdict.isConfirming || entry.verdict.isDownUnnoticed
        }
        .map(\.key).sorted()
    }

    /// The numbers of all monitors in a state.
    package func monitors(where isWanted: (MonitorState) -> Bool) -> [MonitorID] {
        entries.filter { isWanted($1.verdict.state) }.map(\.key).sorted()
    }
}
