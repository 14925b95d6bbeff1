/// Makes checks of one kind on one event loop; not Sendable, used on that loop only.
package protocol Prober: AnyObject {
    /// Starts a check; `completion` is called exactly once, on the loop, never from inside this call.
    ///
    /// `monitor` names whose connection may be kept from check to check; nil for a check of no monitor.
    @discardableResult
    func probe(_ spec: CheckSpec, monitor: MonitorID?, completion: @escaping (Outcome) -> Void) -> ProbeToken

    /// Ends one check, which completes with `internal_error` before this returns; a completed one is left alone.
    func cancel(_ token: ProbeToken)

    /// Ends every running check at once; each completes with `internal_error`.
    func cancelAll()

    /// How many checks are running.
    var runningCount: Int { get }
}

/// Names one started check of a prober; useless once it completed.
package struct ProbeToken: Hashable, Sendable {
    package let number: UInt64
    package init(number: UInt64) { self.number = number }
}
