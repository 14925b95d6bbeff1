/// The limits and defaults shared by settings of several kinds.
package enum CheckLimits {
    package static let timeout: ClosedRange<Duration> = .milliseconds(100)...(.seconds(60))
    package static let standardTimeout: Duration = .seconds(10)
}
