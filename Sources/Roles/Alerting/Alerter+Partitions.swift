import Base
import Broker
import Domain
import Lease
import Live
import Messages
import Runtime
import SQL
import Storage

/// The partitions that this alerter owns.
extension Alerter {
    /// Takes partitions: claims their leases, and loads their monitors' states beside everything else.
    func take(_ partitions: [Partition]) async {
        let owner = ownership
        let tokens = await retrying { () async throws(StorageError) in
            do throws(SQLError) { return try await owner.claim(partitions) } catch { throw StorageError(error) }
        }
        if tokens == nil, Task.isCancelled {
            hasGivenUp = true
            return
        }
        if tokens == nil { logger.error("leases cannot be claimed; judging without them") }
        silence.listen(since: now())
        ownership.take(partitions, tokens ?? partitions.map { _ in .unfenced })
        await loadCertificates()
        // Monitors that were deleted while nobody owned their partition.
        let ended = await store { () async throws(SQLError) in try await writer.forgetDeleted(at: now()) }
        publish(LiveBatch(ended ?? []))
        ownership.loading += 1
        assignments.continuation.yield(Set(partitions))
    }

    /// Forgets the state of partitions, after all changes were written.
    func disown(_ partitions: Set<Partition>) {
        ownership.forget(partitions)
        states.remove { partitions.contains(.of(monitor: $0)) }
        held.remove { partitions.contains(.of(monitor: $0)) }
        certificates.disown { partitions.contains(.of(monitor: $0)) }
        noteCounts()
    }

    private func loadCertificates() async {
        let (writer, owned) = (writer, ownership)
        let found = await retrying { () async throws(StorageError) in
            try await writer.certificates { owned.owns($0) }
        }
        if let found { certificates = found }
    }

    /// Loads the monitors of partitions, page by page, as long as they are owned.
    func restore(_ partitions: Set<Partition>) async {
        var after: MonitorID?
        while !Task.isCancelled, ownership.ownsAny(of: partitions) {
            let page = await retrying { () async throws(StorageError) in
                try await statuses.verdicts(after: after, limit: Self.pageSize)
            }
            guard let page, let last = page.last else { break }
            await lock.withLock {
                await take(
                    page.filter { verdict in
                        let id = verdict.status.monitorID
                        return partitions.contains(.of(monitor: id)) && ownership.owns(id) && !deleted.contains(id)
                    }
                )
                noteCounts()
            }
            after = last.status.monitorID
        }
        ownership.loading -= 1
        if !ownership.isLoading { deleted = [] }
    }
}
