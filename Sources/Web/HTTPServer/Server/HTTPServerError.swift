package import Runtime

/// What can go wrong for users of the server: listening, reading a request's body, writing a response's.
package enum HTTPServerError: Error, Sendable, Equatable {
    /// The text is no numeric IPv4 or IPv6 address, nor a usable socket path.
    case addressInvalid(String)
    /// The address cannot be listened on; names it and the refused call.
    case listenFailed(address: String, cause: Errno)
    /// The peer is gone, or the exchange is over: stop.
    case connectionClosed
    /// The calling task was cancelled: stop.
    case cancelled
    /// The body is longer than the limit in bytes; answer 413.
    case bodyTooLarge(limit: Int)
    /// The body came too slowly; the server has answered 408 already.
    case bodyTimedOut
    /// The body's framing is broken; the server has answered 400 already.
    case bodyMalformed
    /// The query string is not well formed; answer 400.
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
