/// The state of a monitor, for people.
package enum MonitorState: String, Sendable, CaseIterable {
    /// Not checked yet, or not for too long.
    case unknown
    case up
    /// Up, but slow, or down from some regions only.
    case degraded
    /// Failing, but not yet confirmed.
    case pending
    case down, maintenance, paused
}
