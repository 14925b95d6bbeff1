/// Runs checks of one kind on one event loop; not Sendable, used only on that loop.
package protocol Prober: AnyObject {
    /// Starts a check; `completion` is called exactly once, on the loop, never during this call.
    ///
    /// `monitor` identifies a connection that may be kept between checks; nil for a check without a monitor.
    @discardableResult
    func probe(_ spec: CheckSpec, monitor: MonitorID?, completion: @escaping (Outcome) -> Void) -> ProbeToken

    /// Cancels one check, which completes with `internal_error` before this returns; does nothing to a completed one.
    func cancel(_ token: ProbeToken)

    /// Cancels every running check at once; each completes with `internal_error`.
    func cancelAll()

    /// The number of running checks.
    var runningCount: Int { get }
}

/// Identifies one started check of a prober; invalid once it has completed.
package struct ProbeToken: Hashable, Sendable {
    package let number: UInt64
    package init(number: UInt64) { self.number = number }
}
