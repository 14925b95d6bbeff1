import Base
package import Domain

/// Keeps a copy of monitors true to the store: broadcasts are hints, `changed(since:)` is what is so.
///
/// A broadcast that was lost, or came to another process, is made up for within `interval`. Remembers the newest
/// revision of what changed lately, so that neither a page read earlier nor a late broadcast undoes a newer change.
package final class MonitorFollower<C: Clock>: Sendable where C.Duration == Duration {
    private struct State {
        /// Where the next read of changes goes on; nil before the first.
        var revision: Int64?
        /// The newest revisions of monitors, of this while and of the one before.
        var young: [MonitorID: Int64] = [:]
        var old: [MonitorID: Int64] = [:]
        var turns = 0

        /// Forgets what is old after some reads.
        mutating func turn(after memory: Int) {
            turns += 1
            guard turns >= memory else { return }
            (old, young, turns) = (young, [:], 0)
        }
    }

    private let monitors: MonitorRepository
    private let clock: C
    private let interval: Duration
    private let noticed: @Sendable (StorageError?) -> Void
    private let state = Locked(State())
    private static var pageSize: Int { 1000 }
    /// How many reads a revision is remembered for, at least.
    private static var memory: Int { 12 }

    /// `noticed` hears of the first of several failures in a row, and gets nil when the store answers again.
    package init(
        monitors: MonitorRepository,
        clock: C,
        interval: Duration = .seconds(5),
        noticed: @escaping @Sendable (StorageError?) -> Void = { _ in }
    ) {
        (self.monitors, self.clock, self.interval, self.noticed) = (monitors, clock, interval, noticed)
    }

    /// Notes from where on changes are followed; call it before the monitors are read.
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
                try? await clock.sleep(for: .milliseconds(min(5000, 100 << min(attempt, 6))))
            }
        }
    }

    /// Whether an event is newer than all that is known of its monitor; then it is remembered.
    ///
    /// Ask where the copy is changed, without a pause in between.
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

    /// Whether a monitor that was read is not older than what is known of it.
    package func isCurrent(_ monitor: Monitor) -> Bool {
        state.withLock { state in
            (state.young[monitor.id] ?? state.old[monitor.id]).map { $0 <= monitor.revision } ?? true
        }
    }

    /// Hands on what changed in the store, again and again; `apply` asks `admits` for itself.
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

    /// Hands on what changed since the last read.
    ///
    /// Throws `.database` when the database cannot be read; the next call goes on behind what was handed on by then.
    package func refresh(_ apply: (MonitorEvent) async -> Void) async throws(StorageError) {
        while !Task.isCancelled, let known = state.withLock({ $0.revision }) {
            let changes = try await monitors.changed(since: known, limit: Self.pageSize)
            for event in changes.events { await apply(event) }
            state.withLock { state in
                state.revision = changes.next
                if !changes.hasMore { state.turn(after: Self.memory) }
            }
            if !changes.hasMore { return }
        }
    }
}
