/// The result of one request, for metrics and access logs.
package struct ResponseSummary: Sendable {
    /// nil when the request's head could not be parsed.
    package let method: Method?
    /// The matched route's template; nil when there was none.
    package let route: String?
    package let status: Status
    /// From the end of the request's head to the end of the response.
    package let duration: Duration
    /// Bytes sent or queued, including the head.
    package let bytes: Int
    /// Whether the response was complete rather than cut.
    package let isComplete: Bool
}
