/// Encodes and decodes the messages of a topic for brokers that carry bytes.
///
/// An older release can read messages of a newer one: it ignores members that it does not know.
package struct MessageCodec<Message: Sendable>: Sendable {
    /// JSON in UTF-8.
    package let encode: @Sendable (Message) -> [UInt8]
    /// Decodes what `encode` has written, in this release or an earlier one.
    ///
    /// nil when the message only says that something has changed, which is read from the store.
    package let decode: @Sendable ([UInt8]) throws(MessageError) -> Message?

    package init(
        encode: @escaping @Sendable (Message) -> [UInt8],
        decode: @escaping @Sendable ([UInt8]) throws(MessageError) -> Message?
    ) {
        self.encode = encode
        self.decode = decode
    }
}

/// A message that cannot be decoded; it becomes a dead letter.
package struct MessageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The error, with the member.
    package let description: String

    package init(_ description: String) { self.description = description }
}
