package import Base
package import Domain
import SQL
package import Storage

/// What people do to incidents.
///
/// The timeline and the notifications of a command are written in the same transaction.
package struct IncidentCommands: Sendable {
    /// Why a command had no effect.
    package enum CommandError: Error, Sendable, Equatable {
        case notFound
        /// It is over already.
        case resolved
        /// The incident's monitor is still down or degraded: the incident ends when the monitor is up or paused.
        case stillDown
        /// The incident ends only by itself, when its cause has ended.
        case endsByItself
        /// The timeline is full.
        case full
        case store(StorageError)
    }

    private let incidents: IncidentRepository
    private let planner: NotificationPlanner
    private let metrics: AlertingMetrics
    private let now: @Sendable () -> Timestamp
    private let wake: @Sendable ([IncidentChange]) -> Void

    /// `wake` is called after each commit with the changes.
    package init(
        incidents: IncidentRepository,
        planner: NotificationPlanner,
        metrics: AlertingMetrics,
        now: @escaping @Sendable () -> Timestamp = { .now },
        wake: @escaping @Sendable ([IncidentChange]) -> Void
    ) {
        (self.incidents, self.planner, self.metrics) = (incidents, planner, metrics)
        (self.now, self.wake) = (now, wake)
    }

    /// Comments are refused once a timeline has this many lines.
    package static let timelineLimit = 5000

    /// Notes that somebody works on an incident; no reminders are sent from then on.
    ///
    /// Does nothing when it is acknowledged already. Throws `.notFound` when there is none, `.resolved` when it is
    /// over.
    package func acknowledge(
        _ id: IncidentID,
        by author: String? = nil,
        comment: String? = nil
    ) async throws(CommandError) -> Incident {
        try await change(id) { incident, work throws(SQLError) in
            switch incident.state {
            case .resolved: return .refused(.resolved)
            case .acknowledged: return .done(incident, nil)
            case .open: break
            }
            var incident = incident
            // Clocks may have been set back since it began; what follows is sent now all the same.
            let time = max(work.now, incident.openedAt)
            incident.acknowledgedAt = time
            (incident.state, incident.acknowledgedBy) = (.acknowledged, author)
            incident.updatedAt = work.now
            try await work.store.update(incident)
            let line = IncidentEvent(.acknowledged, at: time, author: author, comment ?? "Acknowledged")
            try await work.store.add([line], to: id)
            return .done(incident, IncidentChange(.acknowledged, incident))
        }
    }

    /// Adds a comment to the timeline, also when the incident is over.
    ///
    /// Throws `.notFound` or `.full`.
    package func comment(
        _ id: IncidentID,
        _ text: String,
        by author: String? = nil
    ) async throws(CommandError) -> Incident {
        try await change(id) { incident, work throws(SQLError) in
            guard try await work.store.eventCount(of: id) < Self.timelineLimit else { return .refused(.full) }
            var incident = incident
            incident.updatedAt = work.now
            try await work.store.update(incident)
            try await work.store.add([IncidentEvent(.commented, at: work.now, author: author, text)], to: id)
            return .noted(incident)
        }
    }

    /// Ends an incident that does not end by itself.
    ///
    /// Throws `.notFound`, `.resolved`, `.stillDown` when its monitor is down or degraded, or `.endsByItself` for an
    /// incident of a rule or of this server's connectivity, which ends only with its cause.
    package func resolve(
        _ id: IncidentID,
        by author: String? = nil,
        comment: String? = nil
    ) async throws(CommandError) -> Incident {
        try await change(id) { incident, work throws(SQLError) in
            if incident.state == .resolved { return .refused(.resolved) }
            switch incident.kind {
            case .rule, .connectivity: return .refused(.endsByItself)
            case .certificate: break
            case .monitor:
                // During maintenance, or before it is confirmed, the outage is still open as well.
                if let monitor = incident.monitorID,
                    let state = try await StatusRepository.state(of: monitor, work.session),
                    ![.up, .unknown, .paused].contains(state), state != .degraded || incident.isDegradation
                {
                    return .refused(.stillDown)
                }
            }
            let words = comment ?? "Resolved by hand"
            let change = try await work.store.resolve(incident, "manual", words, by: author, at: work.now)
            return .done(change.incident, change)
        }
    }

    /// What a command can use within its transaction.
    private struct Work {
        let store: IncidentStore
        let session: any SQLSession
        let now: Timestamp
    }

    private enum Step: Sendable {
        /// The incident as it is now, and the change to notify.
        case done(Incident, IncidentChange?)
        /// The incident with one more line in its timeline; nobody is notified.
        case noted(Incident)
        case refused(CommandError)
    }

    private func change(
        _ id: IncidentID,
        _ body: @Sendable (Incident, Work) async throws(SQLError) -> Step
    ) async throws(CommandError) -> Incident {
        let (planner, time) = (planner, now())
        let step: Step?
        do throws(StorageError) {
            step = try await incidents.change(id) { incident, store, session throws(SQLError) in
                let work = Work(store: store, session: session, now: time)
                let step = try await body(incident, work)
                if case .done(_, let change?) = step { try await planner.plan([change], session) }
                return step
            }
        } catch { throw .store(error) }
        switch step {
        case nil: throw .notFound
        case .refused(let fault)?: throw fault
        case .done(let incident, let change)?:
            if let change {
                metrics.count([change])
                wake([change])
            }
            return incident
        case .noted(let incident)?:
            wake([IncidentChange(.updated, incident)])
            return incident
        }
    }
}
