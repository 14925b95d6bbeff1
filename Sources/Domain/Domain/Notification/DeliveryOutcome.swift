/// The outcome of one try to deliver a notification.
package enum DeliveryOutcome: Sendable, Equatable {
    /// The receiver accepted it; has the receiver's own id for it, if it returned one.
    case delivered(reference: String?)
    /// Some recipients have it; the others are temporarily refused and are retried alone.
    case partly(reference: String?, left: [String], reason: String)
    /// A temporary error; retry, but not before `after`.
    case retry(reason: String, after: Duration?)
    /// A permanent error.
    case refused(reason: String)
}
