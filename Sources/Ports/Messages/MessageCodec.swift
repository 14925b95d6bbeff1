/// How messages of a topic are written for brokers that carry bytes.
///
/// An older release keeps reading what a newer one writes: members that it does not know are passed over.
package struct MessageCodec<Message: Sendable>: Sendable {
    /// JSON in UTF-8.
    package let encode: @Sendable (Message) -> [UInt8]
    /// Reads what `encode` has written, also in a later release.
    ///
    /// nil where the message only says that something has changed, and the store says what.
    package let decode: @Sendable ([UInt8]) throws(MessageError) -> Message?

    package init(
        encode: @escaping @Sendable (Message) -> [UInt8],
        decode: @escaping @Sendable ([UInt8]) throws(MessageError) -> Message?
    ) {
        self.encode = encode
        self.decode = decode
    }
}

/// A message that cannot be read; it belongs to the dead letters.
package struct MessageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, and in which member.
    package let description: String

    package init(_ description: String) { self.description = description }
}
