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
    /// Takes results and partitions until the broker ends, or the task is cancelled and nothing is left.
    func consume(_ results: any PartitionSubscription<CheckResult>) async {
        while true {
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
                let isProcessed = await lock.withLock {
                    let isProcessed = await process(deliveries.messages)
                    silence.read(
                        deliveries.messages,
                        isFull: deliveries.count >= Self.batchSize,
                        began: began,
                        at: now()
                    )
                    return isProcessed
                }
                await giveUpLost(to: results)
                guard isProcessed else { continue }
                do throws(BrokerError) { try await results.acknowledge(deliveries.ids) } catch {
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

    /// Applies results; false when the program stops while the stored states cannot be read or the changes not written.
    private func process(_ batch: [CheckResult]) async -> Bool {
        let batch = batch.filter { ownership.owns($0.monitorID) }
        guard await load(batch.map(\.monitorID)) else { return false }
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
        for result in batch {
            guard isJudged(result) else { continue }
            if isFromLost(result, lost) {
                if let change = states.apply(.regionLost(result.region), to: result.monitorID, at: result.checkedAt) {
                    changes.append(change)
                }
                continue
            }
            if await isRepeated(result) { continue }
            states.rewind(result.monitorID, for: result.scheduledAt, at: time)
            let change = states.apply(.checked(CheckSummary(result)), to: result.monitorID, at: result.checkedAt)
            let isNews = states.isNews(result)
            watchSilence(of: result.monitorID)
            guard var change = change ?? (isNews ? states.snapshot(of: result.monitorID, at: result.checkedAt) : nil)
            else { continue }
            change.result = result
            changes.append(change)
        }
        noteCounts()
        countRegions(of: batch)
        await confirm(changes)
        let incidents = await write(changes)
        publish(LiveBatch(results: batch, states: changes.compactMap(\.live), incidents: incidents.map(\.live)))
        var notices = certificates.sweep(at: now())
        for result in batch where states[result.monitorID] != nil { notices += certificates.see(result) }
        await write(notices)
        return !hasGivenUp
    }

    /// Whether another result of the same check counts, which was applied before this process had the monitor.
    private func isRepeated(_ result: CheckResult) async -> Bool {
        guard states.mayRepeat(result) else { return false }
        let writer = writer
        return await retrying { () async throws(StorageError) in try await writer.isRepeated(result) } ?? false
    }
}
