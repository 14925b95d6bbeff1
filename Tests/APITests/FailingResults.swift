import Base
import Domain
import Results
import SQL

/// A store of results that counts its transactions, and fails them on request.
final class FailingResults: ResultStore {
    private let inner: any ResultStore
    private let state = Locked<(error: SQLError?, count: Int)>((nil, 0))

    init(_ inner: any ResultStore) { self.inner = inner }

    /// Makes every transaction fail, until called with nil.
    func failAlways(_ error: SQLError?) { state.withLock { $0.error = error } }
    /// How many transactions there were.
    var count: Int { state.withLock { $0.count } }

    func append(_ results: [CheckResult]) async throws(SQLError) -> Int {
        let error = state.withLock { state in
            state.count += 1
            return state.error
        }
        if let error { throw error }
        return try await inner.append(results)
    }

    func history(
        _ monitor: MonitorID,
        in window: ResultWindow,
        limit: Int
    ) async throws(SQLError) -> [CheckResult] {
        try await inner.history(monitor, in: window, limit: limit)
    }
    func latest(for monitors: [MonitorID]) async throws(SQLError) -> [MonitorID: CheckResult] {
        try await inner.latest(for: monitors)
    }
    func result(_ monitor: MonitorID, id: Int64) async throws(SQLError) -> CheckResult? {
        try await inner.result(monitor, id: id)
    }
    var longReads: Int { inner.longReads }
    func replay<State: Sendable>(
        _ monitor: MonitorID,
        from: Timestamp,
        to: Timestamp,
        observations: Bool,
        into initial: State,
        _ see: @Sendable (inout State, StoredCheck) -> Void
    ) async throws(SQLError) -> State {
        try await inner.replay(monitor, from: from, to: to, observations: observations, into: initial, see)
    }
    func certificateEnds(_ monitor: MonitorID) async throws(SQLError) -> [Int64: Int64] {
        try await inner.certificateEnds(monitor)
    }
    func maintain(everything: Bool) async throws(SQLError) -> Int { try await inner.maintain(everything: everything) }
    func deleteBefore(
        _ cutoff: Timestamp,
        after: MonitorID?,
        limit: Int
    ) async throws(SQLError) -> RetentionStep { try await inner.deleteBefore(cutoff, after: after, limit: limit) }
    func deleteAll(of monitor: MonitorID, limit: Int) async throws(SQLError) -> Bool {
        try await inner.deleteAll(of: monitor, limit: limit)
    }
}
