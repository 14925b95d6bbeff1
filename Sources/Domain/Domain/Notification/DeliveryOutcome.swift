/// What came of one try to deliver a notification.
package enum DeliveryOutcome: Sendable, Equatable {
    /// The receiver took it; its own number for it, where it gives one.
    case delivered(reference: String?)
    /// Some recipients have it; these may take it later, and it goes again to them alone.
    case partly(reference: String?, left: [String], reason: String)
    /// Not now; again later, and not before `after`.
    case retry(reason: String, after: Duration?)
    /// The receiver will never take it.
    case refused(reason: String)
}
