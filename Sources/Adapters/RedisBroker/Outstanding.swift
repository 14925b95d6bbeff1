import Base
import Broker

/// The deliveries that were not acknowledged yet; has no clock.
struct Outstanding {
    private struct Batch {
        let first: UInt64
        let count: Int
        let deadline: MonotonicTime
    }

    private var entries: [UInt64: (reference: EntryReference, message: [UInt8])] = [:]
    private var batches = RingBuffer<Batch>()
    private var nextID: UInt64 = 1

    var count: Int { entries.count }

    /// Notes a delivery; returns the id of the first message.
    mutating func add(_ delivered: [StreamEntry], until deadline: MonotonicTime) -> UInt64 {
        let first = nextID
        for entry in delivered {
            entries[nextID] = (EntryReference(shard: entry.shard, id: entry.id), entry.message ?? [])
            nextID += 1
        }
        batches.append(Batch(first: first, count: delivered.count, deadline: deadline))
        return first
    }

    /// Removes deliveries; unknown ids are ignored.
    mutating func take(_ ids: [DeliveryID]) -> [(reference: EntryReference, message: [UInt8])] {
        ids.compactMap { entries.removeValue(forKey: $0.rawValue) }
    }

    /// Puts deliveries back that could not be acknowledged.
    mutating func restore(_ ids: [DeliveryID], _ found: [(reference: EntryReference, message: [UInt8])]) {
        for (id, entry) in zip(ids, found) { entries[id.rawValue] = entry }
    }

    func contains(_ id: DeliveryID) -> Bool { entries[id.rawValue] != nil }

    /// Forgets the deliveries of some streams.
    mutating func forget(_ isForgotten: (Int) -> Bool) {
        entries = entries.filter { !isForgotten($0.value.reference.shard) }
    }

    /// Forgets deliveries that belong to whoever has claimed them since.
    mutating func expire(now: MonotonicTime) {
        while let batch = batches.first, batch.deadline <= now {
            _ = batches.popFirst()
            for id in batch.first..<batch.first + UInt64(batch.count) { entries[id] = nil }
        }
    }
}
