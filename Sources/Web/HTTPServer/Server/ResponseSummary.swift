/// What became of one request, for metrics and access logs.
package struct ResponseSummary: Sendable {
    /// nil when the request's head was not understood.
    package let method: Method?
    /// The matched route's template; nil when there was none.
    package let route: String?
    package let status: Status
    /// From the end of the request's head to the end of the response.
    package let duration: Duration
    /// Bytes handed to the socket or queued for it, head included.
    package let bytes: Int
    /// Whether the response was finished rather than cut.
    package let isComplete: Bool
}
