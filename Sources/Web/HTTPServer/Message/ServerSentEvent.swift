import Base

/// One event of a `text/event-stream` (WHATWG HTML §9.2).
package struct ServerSentEvent: Sendable, Equatable {
    package var id: String?
    package var event: String?
    /// May hold several lines.
    package var data: String

    package init(id: String? = nil, event: String? = nil, data: String) {
        (self.id, self.event, self.data) = (id, event, data)
    }

    /// The encoded event; line breaks and NULs in `id` and `event` are removed, as they would split it.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.utf8.count + 64)
        if let id { Self.append("id: ", line: id, to: &bytes) }
        if let event { Self.append("event: ", line: event, to: &bytes) }
        for line in Self.lines(of: data) { Self.append("data: ", line: line, to: &bytes) }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// The lines of a text: CR, LF and CRLF all end one.
    static func lines(of text: String) -> [Substring] {
        text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
    }

    static func append(_ field: StaticString, line: some StringProtocol, to bytes: inout [UInt8]) {
        bytes.append(field)
        bytes.append(contentsOf: line.utf8.lazy.filter { $0 != 10 && $0 != 13 && $0 != 0 })
        bytes.append(UInt8(ascii: "\n"))
    }
}

/// Writes the events of a `text/event-stream`.
package struct EventWriter: Sendable {
    let body: BodyWriter

    /// Sends an event and waits while too much is unsent; throws as `BodyWriter.write`.
    package func send(_ event: ServerSentEvent) async throws(HTTPServerError) { try await body.write(event.encoded) }

    /// Sends whole events that are already encoded; throws as `BodyWriter.write`.
    package func send(encoded bytes: [UInt8]) async throws(HTTPServerError) { try await body.write(bytes) }

    /// Sends a comment, which clients ignore; throws as `BodyWriter.write`.
    package func comment(_ text: String) async throws(HTTPServerError) {
        var bytes: [UInt8] = []
        for line in ServerSentEvent.lines(of: text) { ServerSentEvent.append(": ", line: line, to: &bytes) }
        bytes.append(UInt8(ascii: "\n"))
        try await body.write(bytes)
    }
}

extension Response {
    /// A stream of events that lasts until `write` returns, the client disconnects or the server shuts down.
    ///
    /// In the last two cases the task is cancelled and further writes throw. A comment is sent after each `heartbeat`
    /// of silence, so that proxies keep the connection and a dead client is detected.
    package static func events(
        headers: Headers = Headers(),
        heartbeat: Duration = .seconds(15),
        write: @escaping @Sendable (EventWriter) async throws -> Void
    ) -> Response {
        var headers = headers
        headers["Cache-Control"] = "no-store"
        headers["X-Accel-Buffering"] = "no"
        let stream = ResponseStream(length: nil, isEndless: true, heartbeat: heartbeat) { body in
            try await write(EventWriter(body: body))
        }
        return Response(.ok, contentType: "text/event-stream", headers: headers, body: .stream(stream))
    }
}
