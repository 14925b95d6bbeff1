/// What is known of a monitor's health.
package enum MonitorState: String, Sendable, CaseIterable {
    /// Not checked yet, or not looked at for too long.
    case unknown
    case up
    case down
}
