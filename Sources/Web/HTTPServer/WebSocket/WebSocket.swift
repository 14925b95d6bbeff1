/// The server's end of a WebSocket (RFC 6455), without extensions.
package struct WebSocket: Sendable {
    /// A whole message; fragments are joined.
    package enum Message: Sendable, Equatable {
        case text(String)
        case binary([UInt8])
    }

    let connection: Connection

    /// Waits for the next message; nil when the socket is closed.
    ///
    /// One task may receive at a time. Throws `.cancelled` on cancellation.
    package func receive() async throws(HTTPServerError) -> Message? {
        try await connection.receiveMessage()
    }

    /// Registers `body`, which the loop calls for each message that arrives; `take()` then returns the message.
    ///
    /// For a handler that also waits for other things: with many sockets, a second task that waits in `receive()` is
    /// expensive. The handler's task is cancelled when the peer disconnects.
    package func onMessage(_ body: @escaping @Sendable () -> Void) async { await connection.setListener(body) }

    /// The oldest message that has arrived; nil when there is none.
    @discardableResult
    package func take() async -> Message? { await connection.takeMessage() }

    /// Queues a message and waits while too much is unsent; throws `.connectionClosed` and `.cancelled`.
    package func send(_ message: Message) async throws(HTTPServerError) { try await connection.sendMessage(message) }

    /// Queues a text message; see `send(_:)`.
    ///
    /// Throws `.connectionClosed` and `.cancelled`.
    package func send(_ text: String) async throws(HTTPServerError) { try await send(.text(text)) }

    /// Queues a text message in UTF-8 without checking it; see `send(_:)`.
    ///
    /// Throws `.connectionClosed` and `.cancelled`.
    package func send(utf8 bytes: [UInt8]) async throws(HTTPServerError) { try await connection.sendText(bytes) }

    /// Starts the closing handshake; a reason longer than 123 bytes is omitted.
    ///
    /// May be called twice.
    package func close(_ code: UInt16 = 1000, reason: String = "") async {
        await connection.closeWebSocket(code, reason: reason)
    }
}
