import Base
package import Domain

/// Keeps a copy of the monitors up to date: broadcasts are only hints, `changed(since:)` is authoritative.
///
/// A change whose broadcast was lost, or came to another process, is read within `interval`. Remembers the newest
/// revisions of recent changes, so that neither an older page nor a late broadcast undoes a newer change.
package final class MonitorFollower<C: Clock>: Sendable where C.Duration == Duration {
    private struct State {
        /// The revision after which the next read begins; nil before the first.
        var revision: Int64?
        /// The newest revisions of monitors, of the current and the previous generation.
        var young: [MonitorID: Int64] = [:]
        var old: [MonitorID: Int64] = [:]
        var reads = 0

        /// Starts a new generation after some reads.
        mutating func countRead(keeping memory: Int) {
            reads += 1
            guard reads >= memory else { return }
            (old, young, reads) = (young, [:], 0)
        }
    }

    private let monitors: MonitorRepository
    private let clock: C
    private let interval: Duration
    private let noticed: @Sendable (StorageError?) -> Void
    private let state = Locked(State())
    private static var pageSize: Int { 1000 }
    /// For at least how many reads a revision is remembered.
    private static var memory: Int { 12 }

    /// `noticed` gets the first error of several failures in a row, and nil when the store answers again.
    package init(
        monitors: MonitorRepository,
        clock: C,
        interval: Duration = .seconds(5),
        noticed: @escaping @Sendable (StorageError?) -> Void = { _ in }
    ) {
        (self.monitors, self.clock, self.interval, self.noticed) = (monitors, clock, interval, noticed)
    }

    /// Notes the revision from which changes are followed; call it before the monitors are read.
    ///
    /// Tries until the store answers.
    package func begin() async {
        var attempt = 0
        while !Task.isCancelled {
            do throws(StorageError) {
                let revision = try await monitors.revision()
                state.withLock { $0.revision = revision }
                if attempt > 0 { noticed(nil) }
                return
            } catch {
                attempt += 1
                if attempt == 1 { noticed(error) }
                try? await clock.sleep(for: Backoff.standard.delay(after: attempt))
            }
        }
    }

    /// Whether an event is newer than all that is known about its monitor; if so, it is remembered.
    ///
    /// Call it where the copy is changed, without a suspension in between.
    package func admits(_ event: MonitorEvent) -> Bool {
        let (id, revision): (MonitorID, Int64) =
            switch event {
            case .changed(let monitor): (monitor.id, monitor.revision)
            case .deleted(let id): (id, .max)
            }
        return state.withLock { state in
            if let known = state.young[id] ?? state.old[id], known >= revision { return false }
            state.young[id] = revision
            return true
        }
    }

    /// Whether a monitor that was read is not older than what is known about it.
    package func isCurrent(_ monitor: Monitor) -> Bool {
        state.withLock { state in
            (state.young[monitor.id] ?? state.old[monitor.id]).map { $0 <= monitor.revision } ?? true
        }
    }

    /// Passes changes from the store to `apply` repeatedly; `apply` has to call `admits` itself.
    package func run(_ apply: (MonitorEvent) async -> Void) async {
        var hasFailed = false
        while !Task.isCancelled {
            do throws(StorageError) {
                try await refresh(apply)
                if hasFailed { noticed(nil) }
                hasFailed = false
            } catch {
                if !hasFailed { noticed(error) }
                hasFailed = true
            }
            try? await clock.sleep(for: interval)
        }
    }

    /// Passes the changes since the last read to `apply`.
    ///
    /// Throws `.database` when the database cannot be read; the next call continues after the last passed change.
    package func refresh(_ apply: (MonitorEvent) async -> Void) async throws(StorageError) {
        while !Task.isCancelled, let known = state.withLock({ $0.revision }) {
            let changes = try await monitors.changed(since: known, limit: Self.pageSize)
            for event in changes.events { await apply(event) }
            state.withLock { state in
                state.revision = changes.next
                if !changes.hasMore { state.countRead(keeping: Self.memory) }
            }
            if !changes.hasMore { return }
        }
    }
}
