/// What a monitor is, for people.
package enum MonitorState: String, Sendable, CaseIterable {
    /// Not checked yet, or not looked at for too long.
    case unknown
    case up
    /// Up, but slow, or down from some regions only.
    case degraded
    /// Failing, and being checked again before it counts.
    case pending
    case down, maintenance, paused
}
