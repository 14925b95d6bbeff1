package import Base
package import Domain
package import SQL

/// Stores the results of checks, for any number of processes that append and read at once.
///
/// A result is identified by (monitor, due time, region): appending a stored result again changes nothing.
package protocol ResultStore: Sendable {
    /// Stores results in one transaction, in any order; returns how many were new.
    ///
    /// Skips results that are stored already, and those of deleted monitors.
    ///
    /// Throws the `SQLError` of the transaction, such as `.busy`, `.full` or `.readOnly`; nothing is stored then.
    func append(_ results: [CheckResult]) async throws(SQLError) -> Int

    /// A monitor's results, newest first, without evidence, at most `limit`.
    ///
    /// Rows that cannot be read are left out. Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    func history(
        _ monitor: MonitorID,
        in window: ResultWindow,
        limit: Int
    ) async throws(SQLError) -> [CheckResult]

    /// The newest result of each of these monitors that has one, without evidence.
    ///
    /// Rows that cannot be read are skipped. Throws the `SQLError` of the read, such as `.corrupt` or
    /// `.unavailable`.
    func latest(for monitors: [MonitorID]) async throws(SQLError) -> [MonitorID: CheckResult]

    /// When the newest result of each of these monitors was due; monitors without one are left out.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    func newestDue(of monitors: [MonitorID]) async throws(SQLError) -> [MonitorID: Timestamp]

    /// One result with its evidence; nil when there is none.
    ///
    /// A result that cannot be read counts as missing. Throws `.corrupt` when its evidence cannot be read, and
    /// otherwise the `SQLError` of the read, such as `.unavailable`.
    func result(_ monitor: MonitorID, id: Int64) async throws(SQLError) -> CheckResult?

    /// How many replays run at once.
    var longReads: Int { get }

    /// Passes the results of a monitor due from `from` to before `to` through a body; returns the body's final state.
    ///
    /// The order is that of times and regions. Reads row by row and keeps none, on a connection of its own, so that no
    /// other read waits. Ends early when the task is cancelled: the returned state is incomplete then. Observations are
    /// read only where they are asked for.
    ///
    /// Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    func replay<State: Sendable>(
        _ monitor: MonitorID,
        from: Timestamp,
        to: Timestamp,
        observations: Bool,
        into initial: State,
        _ see: @Sendable (inout State, StoredCheck) -> Void
    ) async throws(SQLError) -> State

    /// When the certificates of a monitor's observations end, milliseconds since 1970, by the observation's number.
    ///
    /// Observations that cannot be read are left out. Throws the `SQLError` of the read.
    func certificateEnds(_ monitor: MonitorID) async throws(SQLError) -> [Int64: Int64]

    /// Maintains the store in short steps; returns how many results were moved.
    ///
    /// Does so only when it is worthwhile, unless `everything` is to be moved now. It may be interrupted at any point
    /// and started again. Throws the `SQLError` of a step; the steps before it stay.
    func maintain(everything: Bool) async throws(SQLError) -> Int

    /// Removes results that were due before `cutoff`, and rows that only they refer to; about `limit` rows per call.
    ///
    /// Begins at the monitor after `after` (nil: the first) and returns where to continue.
    ///
    /// Throws the `SQLError` of the step, such as `.busy` or `.full`; nothing of the step is removed then.
    func deleteBefore(_ cutoff: Timestamp, after: MonitorID?, limit: Int) async throws(SQLError) -> RetentionStep

    /// Removes everything of a deleted monitor, about `limit` rows per call; returns whether anything may be left.
    ///
    /// Throws the `SQLError` of the step, such as `.busy` or `.full`; nothing of the step is removed then.
    func deleteAll(of monitor: MonitorID, limit: Int) async throws(SQLError) -> Bool
}

extension ResultStore {
    /// When the newest results were due, from the results themselves.
    ///
    /// Throws as `latest(for:)` does.
    package func newestDue(of monitors: [MonitorID]) async throws(SQLError) -> [MonitorID: Timestamp] {
        try await latest(for: monitors).mapValues(\.scheduledAt)
    }

    /// A monitor's newest results, as `history(_:in:limit:)` returns them.
    ///
    /// Throws as `history` does.
    package func history(_ monitor: MonitorID, limit: Int) async throws(SQLError) -> [CheckResult] {
        try await history(monitor, in: ResultWindow(), limit: limit)
    }

    /// Passes results through a body without their observations.
    ///
    /// Throws as `replay(_:from:to:observations:into:_:)` does.
    package func replay<State: Sendable>(
        _ monitor: MonitorID,
        from: Timestamp,
        to: Timestamp,
        into initial: State,
        _ see: @Sendable (inout State, StoredCheck) -> Void
    ) async throws(SQLError) -> State {
        try await replay(monitor, from: from, to: to, observations: false, into: initial, see)
    }
}

/// The outcome of one bounded step of retention.
package struct RetentionStep: Sendable, Equatable {
    /// Rows that were removed.
    package let deleted: Int
    /// The monitor after which the next step begins; nil when all monitors were seen.
    package let next: MonitorID?

    package init(deleted: Int, next: MonitorID?) { (self.deleted, self.next) = (deleted, next) }
}
