import Base
import Broker
import Domain
import Live
import Messages
import Runtime
import SQL
import Storage

/// Input of the alerter besides results: changes of monitors, maintenance, canaries.
extension Alerter {
    func begin() async {
        await follower?.begin()
        maintained = await maintenance?.prepare() ?? []
        let writer = writer
        let isLost = await retrying { () async throws(StorageError) in try await writer.isConnectivityLost() }
        states.isDoubted = isLost ?? false
        connectivity = ConnectivityWatch(isDoubting: states.isDoubted)
    }

    func isUp(_ id: MonitorID) -> Bool {
        let state = states[id]?.verdict.state
        return state == .up || state == .degraded
    }

    func apply(canaries count: Int, lost: Int) async {
        await lock.withLock {
            let change = connectivity.observe(canaries: count, lost: lost)
            await share(isNews: change != nil)
            if let change { await apply(change) }
        }
    }

    /// Takes what another alerter sees.
    func apply(_ report: ConnectivityGuard.Report) async {
        guard report.process != ownership.holder else { return }
        await lock.withLock {
            if let change = connectivity.observe(report, at: now()) { await apply(change) }
        }
    }

    /// Tells other alerters every few seconds what this one sees, and at once what has changed.
    func share(isNews: Bool) async {
        let time = now()
        guard !ownership.isSole, isNews || time < sharedAt || time - sharedAt >= Self.sharingInterval else { return }
        sharedAt = time
        await broker.broadcast(connectivity.report(from: ownership.holder, at: time), on: Topics.connectivity)
    }

    func apply(_ change: ConnectivityGuard.Change) async {
        switch change {
        case .suspected:
            states.isSuspecting = true
            await requestChecks(of: connectivity.witnesses)
        case .cleared: await storeAndPublish(states.endSuspicion(at: now()))
        case .doubted: await doubt(true)
        case .trusted: await doubt(false)
        }
    }

    private func doubt(_ isLost: Bool) async {
        states.isDoubted = isLost
        if states.isSuspecting { await storeAndPublish(states.endSuspicion(at: now())) }
        let changes = await store { () async throws(SQLError) in
            try await writer.write(connectivityIsLost: isLost, connectivity.words, at: now())
        }
        publish(LiveBatch(changes ?? []))
        guard !isLost else { return }
        // A monitor whose outage was held back opens its incident with its next check: no need to wait for its slot.
        await requestChecks(of: states.held)
    }

    /// Requests again the checks that the previous process requested: the requests were lost with it.
    func confirmRestored() async {
        guard !states.unsettled.isEmpty else { return }
        // The scheduler has to read the monitors first.
        try? await clock.sleep(for: .seconds(5))
        guard !Task.isCancelled else { return }
        for (place, id) in states.unsettled.enumerated() {
            // A failure that comes sooner than the retry interval confirms nothing.
            let interval = states.alerting(of: id).rule.retryInterval ?? .zero
            let earliest = (states[id]?.scheduledAt ?? now()) + interval
            let wanted = max(now() + .milliseconds(min(30_000, place * 5)), earliest)
            await broker.broadcast(Confirmation(monitorID: id, at: wanted), on: Topics.confirmations)
        }
    }

    func requestChecks(of ids: [MonitorID]) async {
        for (place, id) in ids.enumerated() {
            let delay = Duration.milliseconds(min(30_000, place * 5))
            await broker.broadcast(Confirmation(monitorID: id, at: now() + delay), on: Topics.confirmations)
        }
    }

    /// Reads changes from the store whose broadcasts were missed.
    func catchUp() async {
        // A change that cannot be read now is read in the follower's next round.
        try? await follower?.refresh { await self.apply($0) }
    }

    func apply(_ event: MonitorEvent) async {
        await lock.withLock {
            guard follower?.admits(event) ?? true else { return }
            switch event {
            case .deleted(let id):
                if ownership.isLoading { deleted.insert(id) }
                states.remove(id)
                maintained.remove(id)
                guard ownership.owns(id) else { return }
                let fence = ownership.tokens(of: [id])
                let ended = await store { () async throws(SQLError) in
                    try await writer.forget(id, under: fence, at: now())
                }
                publish(LiveBatch(ended ?? []))
                await write(certificates.forget(id))
            case .changed(let monitor):
                guard ownership.owns(monitor.id), await load([monitor.id]) else { return }
                states.set(monitor.judgement, of: monitor.id)
                await storeAndPublish(await leaveRegions(monitor.id) + pausing(monitor.id, !monitor.isActive))
                watchSilence(of: monitor.id)
            }
            noteCounts()
        }
    }

    /// Moves monitors into maintenance and out of it, a transaction for each thousand.
    func maintain(_ change: MaintenanceChange) async {
        for part in change.parts(of: 1000) {
            await lock.withLock {
                maintained.formUnion(part.began)
                maintained.subtract(part.ended)
                let part = part.filter { ownership.owns($0) }
                guard await load(part.began + part.ended) else { return }
                let began = part.began.compactMap { states.apply(.maintenanceBegan, to: $0, at: now()) }
                let ended = part.ended.compactMap { states.apply(.maintenanceEnded, to: $0, at: now()) }
                noteCounts()
                await storeAndPublish(began + ended)
            }
        }
    }

    func pausing(_ id: MonitorID, _ isPaused: Bool) -> [VerdictChange] {
        states.apply(isPaused ? .paused : .resumed, to: id, at: now()).map { [$0] } ?? []
    }

    /// Requests the next checks of monitors whose state is not confirmed yet.
    func confirm(_ changes: [VerdictChange]) async {
        for change in changes where change.actions.contains(.confirm) {
            let alerting = states.alerting(of: change.id)
            guard let due = change.result?.scheduledAt, let interval = alerting.rule.retryInterval else { continue }
            let confirmation = Confirmation(
                monitorID: change.id,
                at: max(due + interval, now()),
                // The others have nothing to confirm.
                regions: alerting.regions.isEmpty ? [] : (change.result?.regionName).map { [$0] } ?? []
            )
            await broker.broadcast(confirmation, on: Topics.confirmations)
        }
        await requestRounds(of: changes)
        await requestDependencyChecks(of: changes)
    }

    /// Requests checks of what a failing monitor depends on, so that the cause is found before people are notified.
    private func requestDependencyChecks(of changes: [VerdictChange]) async {
        var wanted: Set<MonitorID> = []
        for change in changes where change.result?.outcome.isSuccess == false && change.before != .down {
            wanted.formUnion(states.alerting(of: change.id).dependsOn)
        }
        for id in wanted.sorted() where states[id].map({ $0.verdict.state != .down }) ?? true {
            await broker.broadcast(Confirmation(monitorID: id, at: now()), on: Topics.confirmations)
        }
    }
}
