package import Base
package import Domain
package import Lease
package import SQL
package import Storage
package import Results

/// Stores changes of states in one transaction with what follows: incidents, their timelines and notifications.
package struct OutageWriter: Sendable {
    let incidents: IncidentRepository
    private let results: any ResultStore
    let planner: NotificationPlanner
    let regions: RegionNaming

    package init(
        incidents: IncidentRepository,
        results: any ResultStore,
        planner: NotificationPlanner,
        regions: RegionNaming
    ) {
        (self.incidents, self.results, self.planner, self.regions) = (incidents, results, planner, regions)
    }

    /// Stores the changes under the tokens of their partitions; what became of incidents.
    ///
    /// Throws `.fenced` when a token is not the newest of its lease, `.conflict` when another transaction got in the way,
    /// and otherwise the `SQLError` of the transaction, such as `.busy` or `.full`. Nothing is written then.
    package func write(
        _ changes: [VerdictChange],
        under fence: [FencingToken] = []
    ) async throws(SQLError) -> [IncidentChange] {
        let evidence = try await evidence(of: changes)
        let body: @Sendable (any SQLSession) async throws(SQLError) -> [IncidentChange] = { session throws(SQLError) in
            try await LeaseRepository.check(fence, session)
            var writing = OutageWriting(session: session, regions: regions, planner: planner)
            for change in changes { try await writing.write(change, evidence[change.id]) }
            try await planner.plan(writing.changes, session)
            try await writing.holdChildren()
            return writing.changes
        }
        // Many changes that conflict are divided: the same long transaction would conflict again.
        if changes.count > 1 { return try await incidents.database.attempt(body) }
        return try await incidents.database.transaction(body)
    }

    /// Reads what the store has of a result's check and of later ones.
    ///
    /// A check is made again when the word that it was made has got lost: then the result that is stored counts.
    ///
    /// Throws `.database` when the results cannot be read.
    func stored(like result: CheckResult) async throws(StorageError) -> StoredChecks {
        do throws(SQLError) {
            let same = try await results.result(result.monitorID, id: result.id)
            let window = ResultWindow(from: result.scheduledAt + .milliseconds(1))
            let newer = try await results.history(result.monitorID, in: window, limit: 64)
                .filter { $0.region == result.region }
            return StoredChecks(
                isAnother: same.map { $0.outcome.isSuccess != result.outcome.isSuccess },
                newer: Set(newer.map(\.scheduledAt))
            )
        } catch { throw StorageError(error) }
    }

    /// Ends the incidents of monitors that were deleted while no alerter ran.
    ///
    /// Throws the `SQLError` of the transaction, such as `.busy` or
    /// `.full`; nothing is written then.
    package func forgetDeleted(at now: Timestamp) async throws(SQLError) -> [IncidentChange] {
        try await incidents.database.transaction { session throws(SQLError) in
            var changes: [IncidentChange] = []
            for incident in try await IncidentStore(session).orphans() {
                changes.append(try await Self.end(incident, at: now, session))
            }
            try await planner.plan(changes, session)
            return changes
        }
    }

    private static func end(
        _ incident: Incident,
        at now: Timestamp,
        _ session: any SQLSession
    ) async throws(SQLError) -> IncidentChange {
        try await IncidentStore(session).resolve(incident, "deleted", "The monitor was deleted", at: now)
    }

    /// Ends the incident of a deleted monitor, under the token of its partition; other monitors may still show its
    /// certificates.
    ///
    /// Throws `.fenced` when the token is not the newest of its lease, and otherwise the `SQLError` of the transaction, such as `.busy` or `.full`. Nothing is written then.
    package func forget(
        _ monitor: MonitorID,
        under fence: [FencingToken] = [],
        at now: Timestamp
    ) async throws(SQLError) -> [IncidentChange] {
        try await incidents.database.transaction { session throws(SQLError) in
            try await LeaseRepository.check(fence, session)
            var changes: [IncidentChange] = []
            if let incident = try await IncidentStore(session).running(of: monitor) {
                changes.append(try await Self.end(incident, at: now, session))
            }
            try await planner.plan(changes, session)
            return changes
        }
    }

    /// The checks that led to the outages; read before the transaction, since the history has its own connection.
    private func evidence(of changes: [VerdictChange]) async throws(SQLError) -> [MonitorID: OutageEvidence] {
        let opening = changes.filter { $0.opening != nil }
        // A single outage gets a longer history than a thousand at once.
        let depth = opening.count > 50 ? 8 : 50
        var found: [MonitorID: OutageEvidence] = [:]
        for change in opening {
            // When an outage was held by maintenance or doubt, the deciding check is an older one.
            let before = change.result.map { ResultWindow(before: $0.id) } ?? .init()
            let history = change.ofItsRegions(try await results.history(change.id, in: before, limit: depth))
            guard let result = change.result ?? history.first else { continue }
            found[change.id] =
                change.opening == .degraded
                ? OutageEvidence(degraded: result, above: change.degradedAbove, history: history)
                : OutageEvidence(result, history: history)
        }
        return found
    }
}

/// The work of one transaction.
struct OutageWriting {
    let session: any SQLSession
    let regions: RegionNaming
    let planner: NotificationPlanner
    var changes: [IncidentChange] = []

    init(session: any SQLSession, regions: RegionNaming, planner: NotificationPlanner) {
        (self.session, self.regions, self.planner) = (session, regions, planner)
    }

    var store: IncidentStore { IncidentStore(session) }

    mutating func write(_ change: VerdictChange, _ evidence: OutageEvidence?) async throws(SQLError) {
        let isWritten = try await StatusRepository.apply(change.status, at: change.at, in: session)
        // Written before with later ones, when the answer to the commit got lost: its incident may be over by now.
        if !isWritten, try await StatusRepository.state(of: change.id, session) != nil { return }
        var hasOpened = false
        for action in change.actions {
            switch action {
            case .opened(.down, let reopens):
                hasOpened = true
                try await open(change, reopens: reopens, evidence)
            case .opened(.degraded, let reopens): try await degrade(change, reopens: reopens, evidence)
            case .escalated:
                hasOpened = true
                try await escalate(change, evidence)
            case .closed(let closing): try await close(change, closing)
            case .changed(_, to: .maintenance) where change.entry.verdict.isOpen: try await hold(change)
            case .changed(from: .maintenance, _) where change.entry.verdict.isOpen: try await release(change)
            case .changed, .confirm, .confirmElsewhere: break
            }
        }
        if change.entry.verdict.state == .maintenance || change.before == .maintenance { try await settle(change) }
        if !hasOpened, change.entry.verdict.outage == .down, let result = change.result, !result.outcome.isSuccess {
            try await note(result, of: change)
        }
    }

    mutating func open(
        _ change: VerdictChange,
        reopens: Bool,
        _ evidence: OutageEvidence?
    ) async throws(SQLError) {
        // A message that is repeated after a crash between transaction and acknowledgement opens nothing new.
        guard try await store.running(of: change.id) == nil else { return }
        guard let about = try await MonitorBrief.read(change.id, session) else { return }
        let failure = (change.result ?? evidence?.failures.last)?.outcome.failure
        let message = change.words(failure)
        if reopens, var incident = try await store.latest(of: change.id) {
            // What was slow and is down now is worse: people are notified again.
            let isWorse = incident.isDegradation
            Self.reopen(&incident, keepingAcknowledgement: !isWorse)
            (incident.reason, incident.message) = (failure?.reason.description, message)
            incident.causedBy = try await planner.cause(of: about.alerting.dependsOn, session)
            incident.severity = about.alerting.severity
            incident.reopenings += 1
            incident.failures += evidence?.failures.count ?? 1
            incident.updatedAt = change.at
            try await store.update(incident)
            let line = IncidentEvent(.reopened, at: change.at, "Down again: \(message)")
            try await add((evidence?.events(regions) ?? []) + [line], to: incident)
            changes.append(IncidentChange(isWorse ? .escalated : .reopened, incident, facts: facts(change, evidence)))
            return
        }
        var opening = IncidentOpening(
            .monitor,
            subject: about.name,
            target: about.target,
            severity: about.alerting.severity,
            message: message,
            at: change.at
        )
        (opening.monitorID, opening.reason, opening.tags) = (change.id, failure?.reason.description, about.tags)
        opening.failures = evidence?.failures.count ?? 1
        opening.causedBy = try await planner.cause(of: about.alerting.dependsOn, session)
        let incident = try await store.open(opening)
        let line = IncidentEvent(.opened, at: change.at, "Down: \(message)")
        try await store.add((evidence?.events(regions) ?? []) + [line], to: incident.id)
        changes.append(IncidentChange(.opened, incident, facts: facts(change, evidence)))
    }

    /// Has an incident go on that was over: who sees to what recovered for a moment still does, but who paused the
    /// monitor was done with it.
    static func reopen(_ incident: inout Incident, keepingAcknowledgement: Bool) {
        if !keepingAcknowledgement || incident.resolution != MonitorVerdict.Closing.recovered.rawValue {
            (incident.acknowledgedAt, incident.acknowledgedBy) = (nil, nil)
        }
        incident.state = incident.acknowledgedAt == nil ? .open : .acknowledged
        (incident.resolvedAt, incident.resolution) = (nil, nil)
    }

    /// Reminders of what went wrong before wait for the end of maintenance.
    private func hold(_ change: VerdictChange) async throws(SQLError) {
        guard let incident = try await store.running(of: change.id) else { return }
        try await OutboxStore(session).hold(incident.id)
        try await add([IncidentEvent(.suppressed, at: change.at, "Kept back: maintenance began")], to: incident)
    }

    private func release(_ change: VerdictChange) async throws(SQLError) {
        guard let incident = try await store.running(of: change.id) else { return }
        try await Explanations(session).release(incident, due: change.at, at: change.at)
        try await add([IncidentEvent(.changed, at: change.at, "Maintenance ended")], to: incident)
    }

    private mutating func close(_ change: VerdictChange, _ closing: MonitorVerdict.Closing) async throws(SQLError) {
        guard let incident = try await store.running(of: change.id) else { return }
        let words =
            switch closing {
            case .recovered: change.entry.verdict.state == .degraded ? "Up again, but degraded" : "Up again"
            case .paused: "The monitor was paused"
            case .settingChanged: "Nobody is notified of degraded monitors here any more"
            }
        changes.append(try await store.resolve(incident, closing.rawValue, words, at: change.at))
    }

    /// A failure for another reason than the previous one is added to the timeline.
    private mutating func note(_ result: CheckResult, of change: VerdictChange) async throws(SQLError) {
        guard var incident = try await store.running(of: change.id), let failure = result.outcome.failure else {
            return
        }
        let isNew = incident.reason != failure.reason.description
        if isNew { incident.failures += 1 }
        (incident.reason, incident.message) = (failure.reason.description, change.words(failure))
        incident.updatedAt = result.checkedAt
        try await store.update(incident)
        guard isNew else { return }
        try await add([OutageEvidence.event(result, regions)], to: incident)
        changes.append(IncidentChange(.updated, incident))
    }

    /// From where a monitor is down, for one that is checked elsewhere than in the default region alone.
    func place(_ change: VerdictChange) -> String? {
        let verdict = change.entry.verdict
        let (count, down) = (verdict.regionCounts, verdict.downRegions)
        let silent = verdict.heardRegions.count { !$0.isFresh }
        guard count.all > 1 || silent > 0 || down.contains(where: { $0 != .local }) else { return nil }
        let names = down.map { regions.name(of: $0) }.joined(separator: ", ")
        guard count.all > 1 || silent > 0 else { return names }
        return "\(count.down) of \(count.all + silent) regions" + (names.isEmpty ? "" : ": \(names)")
            + (silent == 0 ? "" : "; silent: \(silent)")
    }

    func add(_ events: [IncidentEvent], to incident: Incident) async throws(SQLError) {
        guard try await store.eventCount(of: incident.id) + events.count <= IncidentStore.eventLimit else { return }
        try await store.add(events, to: incident.id)
    }

    func facts(_ change: VerdictChange, _ evidence: OutageEvidence?) -> [AlertMessage.Fact] {
        var facts: [AlertMessage.Fact] = []
        if let place = place(change) { facts.append(.init("From", place)) }
        guard let evidence else { return facts }
        if let first = evidence.failures.first, evidence.failures.count > 1 {
            facts.append(.init("Failing since", "\(first.checkedAt), \(evidence.failures.count) checks"))
        }
        if let address = evidence.failures.last?.outcome.remoteAddress { facts.append(.init("Address", address)) }
        if let good = evidence.lastGoodAt { facts.append(.init("Last good check", "\(good)")) }
        for difference in evidence.differences.prefix(5) {
            facts.append(
                .init("Changed: \(difference.name)", "\(difference.before ?? "none") → \(difference.after ?? "none")")
            )
        }
        return facts
    }
}

extension IncidentStore {
    /// Ends an incident; at its beginning where clocks were set back behind that since.
    ///
    /// What follows is sent now all the same.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package func resolve(
        _ incident: Incident,
        _ resolution: String,
        _ words: String,
        by author: String? = nil,
        at now: Timestamp
    ) async throws(SQLError) -> IncidentChange {
        var incident = incident
        let end = max(now, incident.openedAt)
        (incident.state, incident.resolvedAt, incident.resolution) = (.resolved, end, resolution)
        incident.updatedAt = now
        try await update(incident)
        try await add([IncidentEvent(.resolved, at: end, author: author, words)], to: incident.id)
        return IncidentChange(.resolved, incident)
    }
}
