package import Domain

/// The newest results of monitors, for those who read them often; the store is the truth.
///
/// It may have less than the store, and nothing while it cannot be used; it has nothing of deleted monitors.
package protocol StatusCache: Sendable {
    /// Notes stored results, in any order; repeated and older ones change nothing that is newer.
    ///
    /// Never fails and takes a second at most: what could not be noted is forgotten.
    func note(_ results: [CheckResult]) async
    /// The newest result of each of these monitors that is known, without evidence.
    func latest(for monitors: [MonitorID]) async -> [MonitorID: CheckResult]
    /// The newest results of a monitor that are known, newest first, without evidence, at most `StatusCacheLimits.recent`.
    func recent(_ monitor: MonitorID) async -> [CheckResult]
    /// Forgets a monitor; with `deleted`, what its last checks bring is not noted either.
    func forget(_ monitor: MonitorID, deleted: Bool) async
}

/// The bounds of every status cache.
package enum StatusCacheLimits {
    /// So many results of a monitor are kept.
    package static let recent = 20
    /// Longer than two of the longest intervals.
    package static let lifetime: Duration = .seconds(49 * 3600)
}
