package import Base

/// Decides the state of a monitor, and when its outages begin and end.
///
/// The monitor's *state* opens and closes outages, never a pair of neighbouring results. So a recovery is reported
/// however the monitor got there: through confirmation, maintenance or a pause. Pure: no clock, no I/O; it can be
/// replayed over stored history.
package struct MonitorVerdict: Sendable, Equatable {
    /// An event of a monitor.
    package enum Event: Sendable, Equatable {
        case checked(CheckSummary)
        case maintenanceBegan
        case maintenanceEnded
        case paused
        case resumed
        /// Nearly everything fails at once: results say more about this end than about the targets.
        case doubted
        case trusted
        /// Nothing but time: regions that were not heard for too long do not count any more.
        case timePassed
        /// A region cannot reach the network: what it sees does not count until it sees something again.
        case regionLost(RegionID)
        /// A region no longer checks the monitor.
        case regionLeft(RegionID)
    }

    /// An action that follows from an event.
    package enum Action: Sendable, Equatable {
        /// The visible state has changed.
        case changed(from: MonitorState, to: MonitorState)
        /// An outage begins; `reopens` when the last one ended within the settle time.
        case opened(Outage, reopens: Bool)
        /// A degraded monitor is down: the same outage, but worse.
        case escalated
        /// The outage is over: the monitor is up again, or no longer monitored.
        case closed(Closing)
        /// The next check should run after the rule's retry interval.
        case confirm
        /// The first region sees a failure: the other ones should check now.
        case confirmElsewhere
    }

    /// The kind of an outage.
    package enum Outage: UInt8, Sendable {
        /// Slow, or down from some regions only.
        case degraded
        case down
    }

    /// Why an outage is over.
    package enum Closing: String, Sendable {
        case recovered
        case paused
        /// The monitor is still degraded, but its setting no longer opens incidents for that.
        case settingChanged = "setting_changed"
    }

    /// The visible state.
    package internal(set) var state = MonitorState.unknown
    /// The open outage; nil when there is none.
    package internal(set) var outage: Outage?
    var regions = RegionVerdicts()
    /// Since when each region sees what it sees; empty where regions are not named.
    var sinces: [RegionID: Timestamp] = [:]
    /// What speaks for the end of an outage that several regions have decided; nil without such a one.
    var recovery: Recovery?
    var closedAt: Timestamp?
    /// The kind of the last outage; meaningless without `closedAt`.
    var closed = Outage.down
    var isPaused = false
    package internal(set) var isInMaintenance = false
    package internal(set) var isDoubted = false

    /// The rounds in a row in which too few regions failed for the outage to go on.
    struct Recovery: Sendable, Equatable {
        /// The due time of the checks of the current round.
        var round: Timestamp
        /// How many rounds there were before the current one, and how many with it.
        var before: UInt8
        var rounds: UInt8
    }

    package init() {}

    /// Whether an outage is open.
    package var isOpen: Bool { outage != nil }

    /// How many of a region's latest checks failed, of the most that do, where it is down for that alone: flapping.
    package func flapping(_ rule: VerdictRule) -> Int? {
        regions.all.filter { $0.view == .down }.compactMap { $0.flapping(rule) }.max()
    }

    /// Whether it is down, whatever people see.
    package func isDown(_ rule: VerdictRule) -> Bool { health(rule) == .down }

    /// Whether it is down and no outage says so: doubt held that back.
    package var isDownUnnoticed: Bool { state == .down && outage != .down }

    /// How many of the fresh regions see it down, and how many those are.
    package var regionCounts: (down: Int, all: Int) {
        let fresh = regions.all.filter(\.isFresh)
        return (fresh.count { $0.view == .down }, fresh.count)
    }

    /// A region's view of the monitor.
    package func view(of region: RegionID) -> RegionVerdict.View { regions[region].view }

    /// What a region sees; nil before its first check.
    package func verdict(of region: RegionID) -> RegionVerdict? {
        regions[region].view == .unknown ? nil : regions[region]
    }

    /// Since when a region sees what it sees; nil where that is not known.
    package func since(of region: RegionID) -> Timestamp? { sinces[region] }

    /// The regions that have checked, in ascending order.
    package var knownRegions: [RegionID] { regions.sorted.map(\.region) }

    /// The regions that have checked, and whether each counts; empty where the default region checks alone.
    package var heardRegions: [(region: RegionID, isFresh: Bool)] {
        if regions.only != nil, regions[.local].view != .unknown || knownRegions.isEmpty { return [] }
        return regions.sorted.filter { $0.verdict.view != .unknown }.map { ($0.region, $0.verdict.isFresh) }
    }

    /// The fresh regions that see it down, in ascending order.
    package var downRegions: [RegionID] {
        regions.sorted.filter { $0.verdict.isFresh && $0.verdict.view == .down }.map(\.region)
    }

    /// Up to when all regions were heard that count; nil without one.
    package var heardUntil: Timestamp? { regions.all.lazy.filter(\.isFresh).compactMap(\.scheduledAt).min() }

    /// When the next region goes silent if nothing is heard; nil when none can.
    package func silence(_ rule: VerdictRule) -> Timestamp? {
        guard let freshness = rule.freshness, !isPaused else { return nil }
        return heardUntil.map { $0 + freshness }
    }

    /// Whether the next check should run soon, to confirm a failure or a recovery.
    package var isConfirming: Bool { !isPaused && regions.all.contains(where: \.isConfirming) }

    /// Takes checks that were due after an instant for due then: clocks were set back, and what is seen now is newer.
    package mutating func rewind(to time: Timestamp) {
        regions.rewind(to: time)
        if let round = recovery?.round { recovery?.round = min(round, time) }
    }

    /// Handles an event at a time and returns the actions in order; none when the event changes nothing.
    package mutating func apply(_ event: Event, at now: Timestamp, _ rule: VerdictRule) -> [Action] {
        var actions: [Action] = []
        switch event {
        case .checked(let check):
            let isFirst = outage == nil && !regions.all.contains { $0.isFresh && $0.isFailing }
            let view = regions[check.region].view
            guard !isPaused, regions[check.region].apply(check, rule) else { return [] }
            if rule.freshness != nil, regions[check.region].view != view { sinces[check.region] = now }
            // A late result does not speak for the region as it is now.
            let age = max(now, regions.newest ?? now) - check.scheduledAt
            regions[check.region].isSilent = rule.freshness.map { age > $0 } ?? false
            countRound(check, rule)
            guard rule.retryInterval != nil else { break }
            if regions[check.region].wantsConfirmation { actions.append(.confirm) }
            if isFirst, rule.regions > 1, !isDoubted, regions[check.region].isFailing {
                actions.append(.confirmElsewhere)
            }
        case .timePassed: if let freshness = rule.freshness { regions.noteSilence(freshness, at: now) }
        case .maintenanceBegan: isInMaintenance = true
        case .maintenanceEnded: isInMaintenance = false
        case .doubted: isDoubted = true
        case .trusted: isDoubted = false
        case .regionLost(let region):
            guard rule.freshness != nil, regions[region].isFresh else { return [] }
            regions[region].isSilent = true
        case .regionLeft(let region):
            regions.remove(region)
            sinces[region] = nil
        case .paused:
            (isPaused, recovery) = (true, nil)
            (regions, sinces) = (RegionVerdicts(), [:])
        case .resumed: isPaused = false
        }
        return settle(at: now, rule) + actions
    }

    /// Counts rounds in which too few regions fail; the checks of one due time are one round, whatever their order.
    private mutating func countRound(_ check: CheckSummary, _ rule: VerdictRule) {
        guard outage == .down, rule.recoveries > 1, regions.only == nil else { return recovery = nil }
        var counted = recovery ?? Recovery(round: check.scheduledAt, before: 0, rounds: 0)
        if counted.round < check.scheduledAt {
            (counted.round, counted.before) = (check.scheduledAt, counted.rounds)
        }
        let fresh = regions.all.filter(\.isFresh)
        let failing = fresh.count { $0.isFailing }
        let isOver = fresh.count >= rule.minimumFresh && failing < rule.quorum.needed(of: fresh.count)
        counted.rounds = isOver ? min(counted.before, 200) + 1 : 0
        recovery = counted
    }

    private mutating func settle(at now: Timestamp, _ rule: VerdictRule) -> [Action] {
        var actions: [Action] = []
        let health = health(rule)
        let shown = isPaused ? .paused : isInMaintenance ? .maintenance : health
        if shown != state {
            actions.append(.changed(from: state, to: shown))
            state = shown
        }
        if let outage, let closing = closing(of: outage, health, rule) {
            closed = outage
            self.outage = nil
            recovery = nil
            closedAt = rule.settleTime > .zero ? now : nil
            actions.append(.closed(closing))
        }
        if let wanted = wanted(shown, rule), !isDoubted {
            if outage == nil {
                outage = wanted
                actions.append(.opened(wanted, reopens: reopens(wanted, at: now, rule)))
            } else if outage == .degraded, wanted == .down {
                outage = .down
                actions.append(.escalated)
            }
        }
        return actions
    }

    /// Why an open outage is over; nil while it continues.
    ///
    /// The outage of a monitor that was down ends when it answers, however slowly: slowness is another outage.
    private func closing(of outage: Outage, _ health: MonitorState, _ rule: VerdictRule) -> Closing? {
        if isPaused { return .paused }
        switch health {
        case .up: return .recovered
        case .degraded where outage == .down: return .recovered
        case .degraded where !rule.alertsOnDegraded: return .settingChanged
        default: return nil
        }
    }

    /// The outage that a state should open.
    private func wanted(_ state: MonitorState, _ rule: VerdictRule) -> Outage? {
        switch state {
        case .down: .down
        case .degraded where rule.alertsOnDegraded: .degraded
        default: nil
        }
    }

    /// Whether an outage continues the last one; slowness after being down does not.
    private func reopens(_ outage: Outage, at now: Timestamp, _ rule: VerdictRule) -> Bool {
        guard let closedAt, now - closedAt < rule.settleTime else { return false }
        return outage == .down || closed == .degraded
    }

    /// The views of the fresh regions combined: down by quorum, degraded when only some see it down, unknown when they
    /// are too few.
    ///
    /// Where several regions check, an outage ends only after as many rounds as successes end it in one: a region that
    /// falls silent and comes back does not end it by that.
    private func health(_ rule: VerdictRule) -> MonitorState {
        if let only = regions.only, !only.isSilent, rule.freshness == nil || rule.minimumFresh <= 1 {
            return MonitorState(only.view)
        }
        let views = regions.all.filter(\.isFresh).map(\.view)
        guard views.count >= max(1, rule.minimumFresh) else { return .unknown }
        let down = views.count { $0 == .down }
        if down >= rule.quorum.needed(of: views.count) { return .down }
        if let recovery, outage == .down, Int(recovery.rounds) < rule.recoveries { return .down }
        if views.contains(.pending) { return .pending }
        return down > 0 || views.contains(.degraded) ? .degraded : .up
    }
}

extension MonitorVerdict {
    /// The regions from which a further fast success changes only the time of the latest check; none while an outage is
    /// open or checks are being counted.
    var calmRegions: [RegionID] {
        guard state == .up, !isOpen, !isInMaintenance, !isDoubted else { return [] }
        let known = regions.sorted
        return known.allSatisfy { $0.verdict.isCalm } ? known.map(\.region) : []
    }
}
