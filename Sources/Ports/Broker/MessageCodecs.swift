/// The codecs of all types of messages, for brokers that carry bytes.
package struct MessageCodecs: Sendable {
    private var codecs: [ObjectIdentifier: any Sendable] = [:]

    package init() {}

    /// Adds the codec of a type; replaces an earlier one.
    package mutating func add<Message: Sendable>(_ codec: MessageCodec<Message>) {
        codecs[ObjectIdentifier(Message.self)] = codec
    }

    /// The codec of a type of messages; nil when it has none.
    package func codec<Message: Sendable>(of type: Message.Type) -> MessageCodec<Message>? {
        codecs[ObjectIdentifier(type)] as? MessageCodec<Message>
    }
}
