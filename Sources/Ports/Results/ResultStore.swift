package import Base
package import Domain
package import SQL

/// Where the results of checks are kept, for any number of processes that append and read at once.
///
/// A result's identity is (monitor, due time, region): one that is stored already changes nothing.
package protocol ResultStore: Sendable {
    /// Stores results in one transaction, in whatever order they come; returns how many were new.
    ///
    /// A result that is stored already, or whose monitor is gone, is passed over. A late result costs only itself.
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
    /// Rows that cannot be read are passed over. Throws the `SQLError` of the read, such as `.corrupt` or
    /// `.unavailable`.
    func latest(for monitors: [MonitorID]) async throws(SQLError) -> [MonitorID: CheckResult]

    /// One result with its evidence; nil when there is none.
    ///
    /// A result that cannot be read reads as none. Throws `.corrupt` when its evidence cannot be read, and otherwise
    /// the `SQLError` of the read, such as `.unavailable`.
    func result(_ monitor: MonitorID, id: Int64) async throws(SQLError) -> CheckResult?

    /// How many replays run at once.
    var longReads: Int { get }

    /// Leads a monitor's results that were due from `from` on and before `to` through a body, in the order of their
    /// times and regions; what the body made of the state.
    ///
    /// Reads row by row and keeps none, in a place of its own: nobody waits for it. Ends early when the task is
    /// cancelled: what it gives then is not whole. Observations are read only where they are asked for.
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
    /// Throws `.corrupt` when one of the observations cannot be read, and otherwise the `SQLError` of the read.
    func certificateEnds(_ monitor: MonitorID) async throws(SQLError) -> [Int64: Int64]

    /// Does what the store needs from time to time to stay fast, in steps that hold nobody up; how many results were
    /// moved.
    ///
    /// Does so only when it pays, unless `everything` is to be put in its place now. Ended at any point it can be begun
    /// again. Throws the `SQLError` of a step; the steps before it stay.
    func maintain(everything: Bool) async throws(SQLError) -> Int

    /// Removes results that were due before `cutoff`, with what only they pointed to; about `limit` rows a call.
    ///
    /// Begins at the monitor after `after` (nil: the first) and says where to go on.
    ///
    /// Throws the `SQLError` of the step, such as `.busy` or `.full`; nothing of the step is removed then.
    func deleteBefore(_ cutoff: Timestamp, after: MonitorID?, limit: Int) async throws(SQLError) -> RetentionStep
}

extension ResultStore {
    /// A monitor's newest results, as `history(_:in:limit:)` gives them.
    ///
    /// Throws as that does.
    package func history(_ monitor: MonitorID, limit: Int) async throws(SQLError) -> [CheckResult] {
        try await history(monitor, in: ResultWindow(), limit: limit)
    }

    /// Leads results through a body without their observations.
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

/// What one bounded step of retention did.
package struct RetentionStep: Sendable, Equatable {
    /// Rows that were removed.
    package let deleted: Int
    /// Give it to the next step; nil when all monitors were seen.
    package let next: MonitorID?

    package init(deleted: Int, next: MonitorID?) { (self.deleted, self.next) = (deleted, next) }
}
