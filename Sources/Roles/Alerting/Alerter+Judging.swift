import Base
import Broker
import Domain
import Live
import Messages
import Runtime
import SQL
import Storage

/// Results and the partitions that they come from.
extension Alerter {
    /// Takes results and partitions until the broker ends, or the task is cancelled and nothing is left, or no time.
    func consume(_ results: any PartitionSubscription<CheckResult>) async {
        while !isOverdue {
            silence.waitingSince = now()
            let next = await results.next(upTo: Self.batchSize)
            silence.waitingSince = nil
            switch next {
            case .end: return
            case .assigned(let partitions): await lock.withLock { await take(partitions) }
            case .revoked(let partitions):
                await lock.withLock { disown(Set(partitions)) }
                await results.release(partitions)
            case .messages(let deliveries):
                // Results that could not be applied are not acknowledged, so the broker delivers them again.
                let began = now()
                let processed = await lock.withLock {
                    let processed = await process(deliveries)
                    silence.read(
                        deliveries.messages,
                        isFull: deliveries.count >= Self.batchSize,
                        began: began,
                        at: now()
                    )
                    return processed
                }
                await giveUpLost(to: results)
                guard let processed else { continue }
                do throws(BrokerError) { try await results.acknowledge(processed) } catch {
                    // The broker delivers them again, and they change nothing then.
                    metrics.failures.increment()
                }
            }
        }
    }

    private static var batchSize: Int { 1000 }

    /// Releases partitions whose leases belong to other processes; the next owners get their unacknowledged results.
    private func giveUpLost(to results: any PartitionSubscription<CheckResult>) async {
        let lost = ownership.takeLost()
        guard !lost.isEmpty else { return }
        logger.warning("partitions belong to another alerter by now", ["count": "\(lost.count)"])
        await lock.withLock { disown(lost) }
        await results.release(lost.sorted())
    }

    /// Applies results; returns what can be acknowledged.
    ///
    /// nil when the program stops while the stored states cannot be read or the changes not written.
    private func process(_ deliveries: Deliveries<CheckResult>) async -> [DeliveryID]? {
        let owned = zip(deliveries.messages, deliveries.ids).filter { ownership.owns($0.0.monitorID) }
        let batch = owned.map(\.0)
        guard await load(batch.map(\.monitorID)) else { return nil }
        let time = now()
        let lost = lostRegions(of: batch, at: time)
        let change = connectivity.observe(
            // What a region sees that is offline itself says nothing about this end.
            lost.isEmpty ? batch : batch.filter { !isFromLost($0, lost) },
            wasUp: { isUp($0) },
            opens: { states.opens($0) }
        )
        await share(isNews: change != nil)
        if let change { await apply(change) }
        var changes: [VerdictChange] = []
        for (arrived, delivery) in owned where isJudged(arrived) {
            if isFromLost(arrived, lost) {
                if let change = states.apply(.regionLost(arrived.region), to: arrived.monitorID, at: arrived.checkedAt)
                {
                    changes.append(change)
                }
                continue
            }
            for result in await counting(arrived, delivery, at: time) {
                if let change = judge(result, at: time) { changes.append(change) }
            }
        }
        noteCounts()
        countRegions(of: batch)
        await confirm(changes)
        let incidents = await write(changes)
        publish(LiveBatch(results: batch, states: changes.compactMap(\.live), incidents: incidents.map(\.live)))
        var notices = certificates.sweep(at: now())
        for result in batch where states[result.monitorID] != nil { notices += certificates.see(result) }
        await write(notices)
        if hasGivenUp { return nil }
        return owned.filter { !held.holds($1, of: $0) }.map(\.1) + held.takeSettled()
    }

    private func judge(_ result: CheckResult, at time: Timestamp) -> VerdictChange? {
        states.rewind(result.monitorID, for: result.scheduledAt, at: time)
        let change = states.apply(.checked(CheckSummary(result)), to: result.monitorID, at: result.checkedAt)
        let isNews = states.isNews(result)
        watchSilence(of: result.monitorID)
        var noted = change ?? (isNews ? states.snapshot(of: result.monitorID, at: result.checkedAt) : nil)
        noted?.result = result
        return noted
    }

    /// The results that count now that this one has come: none, itself, or those that were held back before it too.
    private func counting(_ result: CheckResult, _ delivery: DeliveryID, at time: Timestamp) async -> [CheckResult] {
        if !held.isEmpty, let released = held.take(result, delivery, now: time) { return released }
        guard states.mayRepeat(result) else { return [result] }
        let stored = await stored(like: result)
        // Another result of the same check counts, which was applied before this process had the monitor.
        if stored?.isAnother == true { return [] }
        // Those that lie ahead of the clock were made before that was set back.
        if let newer = stored?.newer.filter({ $0 <= time + MonitorStates.lead }), !newer.isEmpty {
            held.hold(result, delivery, for: newer, now: time)
            return []
        }
        return [result]
    }

    /// What the store has of a check that may be repeated.
    ///
    /// Until the processors have stored its result, nobody knows whether they have got another one of it before: the
    /// last owner may have judged that.
    private func stored(like result: CheckResult) async -> StoredChecks? {
        let writer = writer
        while true {
            let stored = await retrying { () async throws(StorageError) in try await writer.stored(like: result) }
            guard let stored, stored.isAnother == nil, stored.newer.isEmpty,
                let restored = states.restoredAt(result.monitorID), result.scheduledAt <= restored,
                now() < restored + processorPatience, !Task.isCancelled
            else { return stored }
            try? await clock.sleep(for: .milliseconds(100))
        }
    }
}
