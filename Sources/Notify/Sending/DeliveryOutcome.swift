/// What became of one try to deliver a message.
///
/// Reasons are short, for people, and hold no secret.
package enum DeliveryOutcome: Sendable, Equatable {
    /// Taken; what the receiver calls it, if it says.
    case delivered(reference: String?)
    /// Not taken, but it may be later; how long the receiver asks to wait.
    case retry(reason: String, after: Duration?)
    /// Not taken, and trying again changes nothing.
    case refused(reason: String)
}
