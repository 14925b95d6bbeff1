/// Why a due check was not made; a fixed set, since metrics have it as a label.
package enum SkipReason: String, Sendable, CaseIterable {
    /// Its time limit passed before it could start.
    case expired
    /// The monitor's previous check is still running.
    case overlap
    /// Too many checks are waiting.
    case overloaded
    /// The monitor was changed or deleted since.
    case stale
    /// It was made, but the broker did not accept its result.
    case unpublished
    /// It belongs to another region; it was put aside as a dead letter.
    case foreign
    /// No worker serves its region.
    case unserved
}
