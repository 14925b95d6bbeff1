package import Base

/// What a server counts, for a metrics registry to read.
package struct ServerCounters: Sendable {
    /// Connections accepted, refused ones included.
    package let accepted = Counter()
    /// Connections answered 503 because a limit was reached or descriptors ran out.
    package let refused = Counter()
    /// Requests rejected by the parser or for their body, before or instead of a handler's answer.
    package let rejected = Counter()
    /// Connections cut because the client took nothing for too long.
    package let stalled = Counter()
    /// Responses replaced by a 500 because a header field was malformed.
    package let malformedResponses = Counter()

    init() {}
}
