import Base
import Broker
import Domain
import Live
import Messages
import Runtime
import SQL
import Storage

/// What the alerter reads from the store and writes to it.
extension Alerter {
    /// Loads the stored states of monitors that are not known; false when that fails and the program stops.
    func load(_ ids: [MonitorID]) async -> Bool {
        let missing = Set(ids.filter { states[$0] == nil })
        guard !missing.isEmpty else { return true }
        let found = await retrying { () async throws(StorageError) in
            try await statuses.verdicts(of: missing.sorted())
        }
        guard let found else { return false }
        await take(found)
        return true
    }

    func take(_ verdicts: [StoredVerdict]) async {
        var changes: [VerdictChange] = []
        for verdict in verdicts {
            let id = verdict.status.monitorID
            guard states[id] == nil else { continue }
            if let fault = verdict.fault {
                logger.error(
                    "the stored alerting data of a monitor cannot be read; starting without it",
                    ["monitor": "\(id)", "error": "\(fault)"]
                )
            }
            do throws(MonitorVerdict.Unreadable) {
                try states.restore(verdict)
            } catch {
                logger.error(
                    "a stored verdict cannot be read; starting without it",
                    ["monitor": "\(id)", "error": "\(error)"]
                )
                var plain = verdict
                plain.status.verdict = nil
                try? states.restore(plain)
            }
            states.noteRestored(id, at: now())
            // The monitor was paused or resumed while no alerter ran.
            if (verdict.status.state == .paused) == verdict.isActive { changes += pausing(id, !verdict.isActive) }
            // Maintenance is not stored; it may have ended meanwhile.
            if maintained.contains(id) {
                changes += states.apply(.maintenanceBegan, to: id, at: now()).map { [$0] } ?? []
            } else if verdict.status.state == .maintenance {
                changes += states.apply(.maintenanceEnded, to: id, at: now()).map { [$0] } ?? []
            }
        }
        for verdict in verdicts where !verdict.alerting.regions.isEmpty {
            changes += await leaveRegions(verdict.status.monitorID)
            watchSilence(of: verdict.status.monitorID)
        }
        await storeAndPublish(changes)
    }

    /// Stores and publishes changes that no result caused.
    func storeAndPublish(_ changes: [VerdictChange]) async {
        let incidents = await write(changes)
        publish(LiveBatch(states: changes.compactMap(\.live), incidents: incidents.map(\.live)))
    }

    func write(_ changes: [VerdictChange]) async -> [IncidentChange] {
        guard !changes.isEmpty else { return [] }
        if changes.count > writeSize {
            var incidents: [IncidentChange] = []
            // Each write may change `writeSize`.
            let size = writeSize
            for start in stride(from: 0, to: changes.count, by: size) {
                incidents += await write(Array(changes[start..<min(start + size, changes.count)]))
            }
            return incidents
        }
        let (start, began) = (MonotonicTime.now, clock.now)
        let fence = ownership.tokens(of: changes.map(\.id))
        let incidents = await store(divides: changes.count > 1) { () async throws(SQLError) in
            try await writer.write(changes, under: fence)
        }
        metrics.writeTime.observe((MonotonicTime.now - start).inSeconds)
        if let incidents {
            // Short transactions seldom conflict with others, and somebody waits for what they say.
            let seconds = max(began.duration(to: clock.now).inSeconds, 0.001)
            writeSize = max(
                1,
                Int(min(Double(changes.count) * Self.writeGoal.inSeconds / seconds, Double(Self.pageSize)))
            )
            return incidents
        }
        // A change that can never be stored must not take the others with it.
        guard changes.count > 1 else {
            // What is stored is the truth: the next result is judged by it, and not by what was never written.
            states.remove(changes[0].id)
            return []
        }
        let middle = changes.count / 2
        let first = await write(Array(changes[..<middle]))
        return first + (await write(Array(changes[middle...])))
    }

    func write(_ notices: [CertificateWatch.Event]) async {
        guard !notices.isEmpty else { return }
        let fence = ownership.tokens(of: notices.compactMap(\.monitor))
        let incidents = await store { () async throws(SQLError) in
            try await writer.write(notices, under: fence, at: now())
        }
        if let incidents { return publish(LiveBatch(incidents)) }
        // A notice that is refused must not take the others with it.
        guard notices.count > 1 else { return }
        let middle = notices.count / 2
        await write(Array(notices[..<middle]))
        await write(Array(notices[middle...]))
    }

    /// Writes, trying until it works or the program stops; logs and returns nil for what can never be written.
    ///
    /// With `divides`, also for what conflicts with others: the caller tries again with less.
    func store(
        divides: Bool = false,
        _ body: () async throws(SQLError) -> [IncidentChange]
    ) async -> [IncidentChange]? {
        var attempt = 0
        while true {
            do throws(SQLError) {
                let incidents = try await body()
                if attempt > 0 { health?.set("alerter", .ok) }
                metrics.count(incidents)
                if !incidents.isEmpty { wake(incidents) }
                return incidents
            } catch {
                if divides, error == .conflict { return nil }
                attempt += 1
                metrics.failures.increment()
                if case .fenced(let lease) = error {
                    ownership.lose(lease)
                    return nil
                }
                if attempt == 1 { logger.error("verdicts cannot be stored", ["error": "\(error)"]) }
                if !error.isTransient { return nil }
                health?.set("alerter", .failing("verdicts cannot be stored: \(error)"))
                if Task.isCancelled, attempt > 3 || isOverdue {
                    hasGivenUp = true
                    return []
                }
                try? await clock.sleep(for: Backoff.standard.delay(after: attempt))
            }
        }
    }

    func retrying<R>(_ body: () async throws(StorageError) -> R) async -> R? {
        var attempt = 0
        while true {
            do throws(StorageError) {
                let found = try await body()
                if attempt > 0 { health?.set("alerter", .ok) }
                return found
            } catch {
                attempt += 1
                metrics.failures.increment()
                if attempt == 1 { logger.error("stored verdicts cannot be read", ["error": "\(error)"]) }
                if error.isTransient { health?.set("alerter", .failing("stored verdicts cannot be read: \(error)")) }
                if !error.isTransient || Task.isCancelled && (attempt > 3 || isOverdue) { return nil }
                try? await clock.sleep(for: Backoff.standard.delay(after: attempt))
            }
        }
    }
}
