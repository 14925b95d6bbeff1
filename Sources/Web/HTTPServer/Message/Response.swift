/// The answer to one request.
package struct Response: Sendable {
    /// The content after the head.
    package enum Body: Sendable {
        case empty
        /// Sent by reference: a large array is not copied, and is sent in parts.
        case bytes([UInt8])
        case stream(ResponseStream)
        /// Switches protocols when the request asks for it correctly; otherwise the client gets 400 or 426.
        case webSocket(@Sendable (WebSocket) async throws -> Void)
    }

    package var status: Status
    /// The `Content-Type` as a literal; nil to set it through `headers`, or to send none.
    package var contentType: StaticString?
    /// Further fields.
    ///
    /// `Date` and the fields of one connection (`Content-Length`, `Transfer-Encoding`, `Keep-Alive`, `Trailer`) are the
    /// server's and ignored here; `Connection: close` is honoured; a malformed field turns the response into a 500.
    package var headers: Headers
    package var body: Body
    /// The matched route's template; set by the router, for `onResponse`.
    package internal(set) var route: String?

    package init(
        _ status: Status = .ok,
        contentType: StaticString? = nil,
        headers: Headers = Headers(),
        body: Body = .empty
    ) {
        (self.status, self.contentType, self.headers, self.body) = (status, contentType, headers, body)
    }

    /// A plain text.
    package static func text(_ text: String, status: Status = .ok) -> Response {
        Response(status, contentType: "text/plain; charset=utf-8", body: .bytes(Array(text.utf8)))
    }

    /// A finished JSON document.
    package static func json(_ bytes: [UInt8], status: Status = .ok) -> Response {
        Response(status, contentType: "application/json", body: .bytes(bytes))
    }

    /// A body written piece by piece; sent with `Content-Length` if `length` is given, otherwise chunked.
    ///
    /// A graceful shutdown lets it finish. An error thrown by `write`, or a wrong length, cuts the connection, so that
    /// the client detects the incomplete body.
    package static func stream(
        _ status: Status = .ok,
        contentType: StaticString,
        length: Int? = nil,
        headers: Headers = Headers(),
        write: @escaping @Sendable (BodyWriter) async throws -> Void
    ) -> Response {
        Response(
            status,
            contentType: contentType,
            headers: headers,
            body: .stream(ResponseStream(length: length, isEndless: false, heartbeat: nil, write: write))
        )
    }

    /// A WebSocket (RFC 6455); `serve` runs until it returns or the peer leaves, then the socket is closed.
    ///
    /// An error thrown by `serve` closes the socket with the code 1011.
    package static func webSocket(
        headers: Headers = Headers(),
        _ serve: @escaping @Sendable (WebSocket) async throws -> Void
    ) -> Response {
        Response(101, headers: headers, body: .webSocket(serve))
    }
}

/// A body that is produced while it is sent.
package struct ResponseStream: Sendable {
    /// The total length in bytes, if known; nil sends chunks.
    let length: Int?
    /// Whether a graceful shutdown ends the stream at once, as with server-sent events.
    let isEndless: Bool
    /// How long the stream may be silent before the server writes an empty comment.
    let heartbeat: Duration?
    let write: @Sendable (BodyWriter) async throws -> Void
}

/// Writes the pieces of a streamed body.
package struct BodyWriter: Sendable {
    let connection: Connection
    let exchange: UInt32

    /// Queues bytes and waits while too much is unsent.
    ///
    /// Throws `.connectionClosed` when the client is gone or the response was ended, `.cancelled` on cancellation.
    package func write(_ bytes: [UInt8]) async throws(HTTPServerError) {
        try await connection.writePiece(bytes, of: exchange)
    }

    /// Queues a text in UTF-8.
    ///
    /// Throws as `write(_:)` of bytes does.
    package func write(_ text: String) async throws(HTTPServerError) { try await write(Array(text.utf8)) }
}
