package import Base

/// What the calls of a database, whoever made them, say about the database itself: whether it can be read and written.
///
/// Adapters note errors; one watcher asks what they mean, and writes something itself while it does not work.
package final class DatabaseFaults: Sendable {
    private struct State {
        /// What is wrong, and when it was seen last.
        var fault: (error: SQLError, seen: MonotonicTime)?
        /// Whether something has to be written to know how it is; at first nobody knows.
        var isSuspect = true
    }

    private let state = Locked(State())

    package init() {}

    /// What is wrong with the database; nil when nothing is known.
    package var current: SQLError? { state.withLock { $0.fault?.error } }

    /// Whether a look is due.
    package var needsLook: Bool { state.withLock { $0.isSuspect || $0.fault != nil } }

    /// Notes the error of a call: what shows itself only in some calls counts at once, and the rest is looked at.
    package func note(_ error: SQLError, at now: MonotonicTime = .now) {
        switch error {
        case .full, .corrupt: state.withLock { $0.fault = (error, now) }
        case .readOnly, .unavailable, .busy, .programming: state.withLock { $0.isSuspect = true }
        case .unique, .constraint, .unreadable, .fenced, .conflict: break
        }
    }

    /// Finds out by `probe`, which writes, how the database is.
    ///
    /// A probe that succeeds does not clear what was seen a moment ago: a smaller write may fit where a larger one does
    /// not, and only some pages may be damaged.
    package func look(
        now: @Sendable () -> MonotonicTime = { .now },
        _ probe: () async throws(SQLError) -> Void
    ) async {
        state.withLock { $0.isSuspect = false }
        do throws(SQLError) {
            try await probe()
            let time = now()
            state.withLock { state in
                guard let fault = state.fault, time - fault.seen >= Self.patience(fault.error) else { return }
                state.fault = nil
            }
        } catch {
            let time = now()
            state.withLock { state in
                // Other writers are no fault of the database.
                if error == .conflict { state.isSuspect = true } else { state.fault = (error, time) }
            }
        }
    }

    private static func patience(_ error: SQLError) -> Duration {
        switch error {
        case .corrupt: .seconds(60)
        case .full: .seconds(2)
        default: .zero
        }
    }
}
