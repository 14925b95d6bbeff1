import Base
import Domain
import Results
import SQL

/// A store of results that keeps only some of them.
struct PlantedResults: ResultStore {
    let inner: any ResultStore
    let keep: @Sendable ([CheckResult]) -> [CheckResult]

    var longReads: Int { inner.longReads }

    func append(_ results: [CheckResult]) async throws(SQLError) -> Int { try await inner.append(keep(results)) }

    func history(_ monitor: MonitorID, in window: ResultWindow, limit: Int) async throws(SQLError) -> [CheckResult] {
        try await inner.history(monitor, in: window, limit: limit)
    }

    func latest(for monitors: [MonitorID]) async throws(SQLError) -> [MonitorID: CheckResult] {
        try await inner.latest(for: monitors)
    }

    func result(_ monitor: MonitorID, id: Int64) async throws(SQLError) -> CheckResult? {
        try await inner.result(monitor, id: id)
    }

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

    func deleteBefore(_ cutoff: Timestamp, after: MonitorID?, limit: Int) async throws(SQLError) -> RetentionStep {
        try await inner.deleteBefore(cutoff, after: after, limit: limit)
    }

    func deleteAll(of monitor: MonitorID, limit: Int) async throws(SQLError) -> Bool {
        try await inner.deleteAll(of: monitor, limit: limit)
    }
}
