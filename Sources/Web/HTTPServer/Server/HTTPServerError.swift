package import Runtime

/// The errors that users of the server see: when listening, reading a request's body or writing a response's.
package enum HTTPServerError: Error, Sendable, Equatable {
    /// The text is neither a numeric IPv4 or IPv6 address nor a usable socket path.
    case addressInvalid(String)
    /// Listening on the address failed; has its name and the failed call.
    case listenFailed(address: String, cause: Errno)
    /// The peer is gone, or the exchange is over: stop.
    case connectionClosed
    /// The calling task was cancelled: stop.
    case cancelled
    /// The body is longer than the limit in bytes; answer 413.
    case bodyTooLarge(limit: Int)
    /// The body arrived too slowly; the server has already answered 408.
    case bodyTimedOut
    /// The body's framing is invalid; the server has already answered 400.
    case bodyMalformed
    /// The query string is malformed; answer 400.
    case queryInvalid(String)
}

extension HTTPServerError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .addressInvalid(let text): "\"\(text)\" is not an IPv4 or IPv6 address or a socket path"
        case .listenFailed(let address, let cause): "cannot listen on \(address): \(cause)"
        case .connectionClosed: "the connection is closed"
        case .cancelled: "the task was cancelled"
        case .bodyTooLarge(let limit): "the request body is longer than \(limit) bytes"
        case .bodyTimedOut: "the request body came too slowly"
        case .bodyMalformed: "the request body is not well formed"
        case .queryInvalid(let reason): "invalid query string: \(reason)"
        }
    }
}
