import Domain

/// The limits and defaults of this server for monitors.
package struct MonitorPolicy: Sendable {
    package var interval: Duration
    package var timeout: Duration
    /// The only directory whose files monitors may name; nil means that they may name none.
    package var tlsDirectory: String?

    package init(
        interval: Duration = MonitorLimits.defaultInterval,
        timeout: Duration = CheckLimits.standardTimeout,
        tlsDirectory: String? = nil
    ) {
        (self.interval, self.timeout, self.tlsDirectory) = (interval, timeout, tlsDirectory)
    }
}
