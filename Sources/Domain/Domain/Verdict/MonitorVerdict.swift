package import Base

/// Decides over the life of a monitor what it is, and when an outage begins and ends.
///
/// An outage is opened and closed by what the monitor *is*, never by a pair of neighbouring results: a recovery is told
/// however the monitor got there, through confirmation, maintenance or a pause. Pure: no clock, no I/O; may be replayed
/// over stored history.
package struct MonitorVerdict: Sendable, Equatable {
    /// What happens to a monitor.
    package enum Event: Sendable, Equatable {
        case checked(CheckSummary)
        case maintenanceBegan
        case maintenanceEnded
        case paused
        case resumed
        /// Nearly everything fails at once: what is seen says more about this end than about the targets.
        case doubted
        case trusted
        /// A region no longer looks at the monitor.
        case regionLeft(RegionID)
    }

    /// What is to be done about it.
    package enum Action: Sendable, Equatable {
        /// The state that people see has changed.
        case changed(from: MonitorState, to: MonitorState)
        /// An outage begins; `reopens` when the last one has ended within the settle time.
        case opened(reopens: Bool)
        /// The outage is over: the monitor is well again, or nobody watches it any more.
        case closed(Closing)
        /// The next check is wanted after the rule's retry interval.
        case confirm
    }

    /// Why an outage is over.
    package enum Closing: String, Sendable {
        case recovered
        case paused
    }

    /// The state that people see.
    package internal(set) var state = MonitorState.unknown
    /// Whether an outage is open.
    package internal(set) var isOpen = false
    var regions = RegionVerdicts()
    var closedAt: Timestamp?
    var isPaused = false
    package internal(set) var isInMaintenance = false
    package internal(set) var isDoubted = false

    package init() {}

    /// What a region makes of the monitor.
    package func view(of region: RegionID) -> RegionVerdict.View { regions[region].view }

    /// Whether the next check is wanted soon: a failure or a recovery is being confirmed.
    package var isConfirming: Bool { !isPaused && regions.all.contains(where: \.isConfirming) }

    /// Takes checks that were due after an instant for due then: clocks were set back, and what is seen now is newer.
    package mutating func turnBack(to time: Timestamp) { regions.turnBack(to: time) }

    /// Takes an event at a time and gives what follows from it, in order; nothing when the event says nothing new.
    package mutating func apply(_ event: Event, at now: Timestamp, _ rule: VerdictRule) -> [Action] {
        var actions: [Action] = []
        switch event {
        case .checked(let check):
            guard !isPaused, regions[check.region].apply(check, rule) else { return [] }
            if regions[check.region].wantsConfirmation, rule.retryInterval != nil { actions.append(.confirm) }
        case .maintenanceBegan: isInMaintenance = true
        case .maintenanceEnded: isInMaintenance = false
        case .doubted: isDoubted = true
        case .trusted: isDoubted = false
        case .regionLeft(let region): regions.remove(region)
        case .paused: (isPaused, regions) = (true, RegionVerdicts())
        case .resumed: isPaused = false
        }
        return settle(at: now, rule) + actions
    }

    private mutating func settle(at now: Timestamp, _ rule: VerdictRule) -> [Action] {
        var actions: [Action] = []
        let health = health(rule)
        let shown = isPaused ? .paused : isInMaintenance ? .maintenance : health
        if shown != state {
            actions.append(.changed(from: state, to: shown))
            state = shown
        }
        if isOpen {
            if isPaused || health == .up || health == .degraded {
                (isOpen, closedAt) = (false, rule.settleTime > .zero ? now : nil)
                actions.append(.closed(isPaused ? .paused : .recovered))
            }
        } else if shown == .down, !isDoubted {
            isOpen = true
            let reopens = closedAt.map { now - $0 < rule.settleTime } ?? false
            actions.append(.opened(reopens: reopens))
        }
        return actions
    }

    /// The regions' views together: down by quorum, degraded when only some see it down.
    private func health(_ rule: VerdictRule) -> MonitorState {
        if let only = regions.only { return MonitorState(only.view) }
        let views = regions.all.map(\.view).filter { $0 != .unknown }
        guard !views.isEmpty else { return .unknown }
        let down = views.count { $0 == .down }
        if down >= rule.quorum.needed(of: views.count) { return .down }
        if views.contains(.pending) { return .pending }
        return down > 0 || views.contains(.degraded) ? .degraded : .up
    }
}

extension MonitorVerdict {
    /// The regions from which another success that is not slow changes nothing but the time of the latest check; none
    /// while anything is open or being counted.
    var calmRegions: [RegionID] {
        guard state == .up, !isOpen, !isInMaintenance, !isDoubted else { return [] }
        let known = regions.sorted
        return known.allSatisfy { $0.verdict.isCalm } ? known.map(\.region) : []
    }
}
