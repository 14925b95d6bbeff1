/// Why a due check was not made; bounded, for metrics.
package enum SkipReason: String, Sendable, CaseIterable {
    /// Its time was over before it could start.
    case expired
    /// The monitor's previous check still runs.
    case overlap
    /// Too many are waiting.
    case overloaded
    /// The monitor has changed or gone since.
    case stale
    /// It was made, but the broker did not take its result.
    case unpublished
}
