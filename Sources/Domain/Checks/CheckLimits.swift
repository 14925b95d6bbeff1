/// The bounds and defaults that settings of several kinds share.
package enum CheckLimits {
    package static let timeout: ClosedRange<Duration> = .milliseconds(100)...(.seconds(60))
    package static let standardTimeout: Duration = .seconds(10)
}
