package import Base

/// One line of an incident's timeline.
package struct IncidentEvent: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case opened
        case reopened
        /// A failed check; the detail is its result.
        case failed
        /// Differences from the last good check; the detail lists them.
        case differs
        case acknowledged
        case commented
        case resolved
        /// The severity, the reason or the cause changed.
        case changed
        /// A notification was queued for a channel or held back, and why.
        case notified
        case suppressed
    }

    /// Ascending within an incident; 0 before it is stored.
    package var id: Int64 = 0
    package var at: Timestamp
    package var kind: Kind
    /// The person who did it; nil for Sentinel itself.
    package var author: String?
    package var text: String
    package var detail: JSONValue?

    package init(_ kind: Kind, at: Timestamp, author: String? = nil, _ text: String, detail: JSONValue? = nil) {
        (self.kind, self.at, self.author, self.text, self.detail) = (kind, at, author, text, detail)
    }
}
