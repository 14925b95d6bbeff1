package import Domain

/// Makes checks of one kind on one event loop; not Sendable, used on that loop only.
package protocol LegacyProber: AnyObject {
    /// Starts a check; `completion` is called exactly once, on the loop, never from inside this call.
    func probe(_ spec: HTTPSpec, monitor: MonitorID, completion: @escaping (Outcome) -> Void)

    /// Ends every running check at once; each completes with `internal_error`.
    func cancelAll()
}

extension HTTPProber: LegacyProber {
    package func probe(_ spec: HTTPSpec, monitor: MonitorID, completion: @escaping (Outcome) -> Void) {
        start(spec, monitor: monitor, completion: completion)
    }
}
