/// The body of a request: complete bytes, or a stream that is read as it arrives.
///
/// A stream can be read once, by one task at a time; while nobody reads, the client has to wait (its window fills).
package struct RequestBody: Sendable {
    enum Source: Sendable {
        case bytes([UInt8])
        case stream(Connection, exchange: UInt32, length: Int?)
    }
    let source: Source

    /// A complete body.
    package init(_ bytes: [UInt8]) { source = .bytes(bytes) }

    init(_ source: Source) { self.source = source }

    /// The length in bytes when it is known; nil for a chunked body that has not fully arrived.
    package var length: Int? {
        switch source {
        case .bytes(let bytes): bytes.count
        case .stream(_, _, let length): length
        }
    }

    /// The whole body when it arrived with the head; nil when the reader has to wait for it.
    package var buffered: [UInt8]? {
        if case .bytes(let bytes) = source { bytes } else { nil }
    }

    /// Waits for the whole body.
    ///
    /// Throws `.bodyTooLarge` as soon as the declared or received length exceeds `limit`, and otherwise the errors of
    /// the stream: `.connectionClosed`, `.bodyTimedOut`, `.bodyMalformed`, `.cancelled`, after which no answer is sent.
    package func collect(upTo limit: Int) async throws(HTTPServerError) -> [UInt8] {
        if let length, length > limit { throw .bodyTooLarge(limit: limit) }
        if case .bytes(let bytes) = source { return bytes }
        var collected: [UInt8] = []
        if let length { collected.reserveCapacity(length) }
        var iterator = makeAsyncIterator()
        while let piece = try await iterator.next(isolation: #isolation) {
            guard collected.count + piece.count <= limit else { throw .bodyTooLarge(limit: limit) }
            collected.append(contentsOf: piece)
        }
        return collected
    }
}

extension RequestBody: AsyncSequence {
    package typealias Element = [UInt8]
    package typealias Failure = HTTPServerError

    package func makeAsyncIterator() -> Iterator { Iterator(source: source) }

    /// Returns the body in pieces of at least one byte.
    package struct Iterator: AsyncIteratorProtocol {
        private var source: Source?

        fileprivate init(source: Source) { self.source = source }

        /// The next piece; nil at the end.
        ///
        /// Throws `.connectionClosed`, `.bodyTimedOut`, `.bodyMalformed` and `.cancelled`, after which no answer is
        /// sent, and `.bodyTooLarge` above the server's limit.
        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(HTTPServerError) -> [UInt8]? {
            switch source {
            case nil: return nil
            case .bytes(let bytes):
                source = nil
                return bytes.isEmpty ? nil : bytes
            case .stream(let connection, let exchange, _):
                return try await connection.nextBodyPiece(of: exchange)
            }
        }
    }
}
