package import Base

/// The server's counters, read by a metrics registry.
package struct ServerCounters: Sendable {
    /// Connections accepted, refused ones included.
    package let accepted = Counter()
    /// Connections answered 503 because a limit was reached or descriptors ran out.
    package let refused = Counter()
    /// Requests refused by the parser or because of their body, before or in place of a handler's answer.
    package let rejected = Counter()
    /// Connections cut because the client accepted no data for too long.
    package let stalled = Counter()
    /// Responses replaced by a 500 because a header field was malformed.
    package let malformedResponses = Counter()

    init() {}
}
