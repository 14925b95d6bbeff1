package import Base

/// The fleet of one process.
package final class MemoryFleetStore: FleetStore {
    private struct Entry {
        var process: FleetProcess
        var heardAt: MonotonicTime
        var pending: [FleetCommand] = []
    }

    private let entries = Locked<[String: Entry]>([:])
    private let now: @Sendable () -> MonotonicTime

    package init(now: @escaping @Sendable () -> MonotonicTime = { .now }) { self.now = now }

    package func announce(_ process: FleetProcess, taken: [String]) throws(FleetError) -> [FleetCommand] {
        let time = now()
        return entries.withLock { entries in
            entries = entries.filter { time - $0.value.heardAt < FleetLimits.memory }
            var entry = entries[process.id] ?? Entry(process: process, heardAt: time)
            (entry.process, entry.heardAt) = (process, time)
            entry.pending.removeAll { taken.contains($0.id) }
            entries[process.id] = entry
            if entries.count > FleetLimits.processes,
                let oldest = entries.min(by: { $0.value.heardAt < $1.value.heardAt })
            {
                entries[oldest.key] = nil
            }
            return entry.pending
        }
    }

    package func leave(_ id: String) { entries.withLock { $0[id] = nil } }

    package func members() throws(FleetError) -> [FleetMember] {
        let time = now()
        let all = entries.withLock { entries in
            entries.values.map { FleetMember($0.process, silence: time - $0.heardAt, pending: $0.pending) }
        }
        return all.filter { $0.silence < FleetLimits.memory }.inOrder
    }

    package func send(_ command: FleetCommand, to id: String) throws(FleetError) -> Bool {
        try entries.withLock { entries throws(FleetError) in
            guard let entry = entries[id] else { return false }
            guard entry.pending.count < FleetLimits.commands else { throw .tooManyCommands }
            entries[id]?.pending.append(command)
            return true
        }
    }
}

extension [FleetMember] {
    /// By role and id.
    package var inOrder: [FleetMember] {
        sorted { ($0.process.role, $0.process.id) < ($1.process.role, $1.process.id) }
    }
}
