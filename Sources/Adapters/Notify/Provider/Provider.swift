/// A kind of channel: its settings, and how it sends a message.
///
/// Loaded from a provider file.
package struct Provider: Sendable {
    /// The kind's name, such as `slack`.
    package let kind: String
    package let title: String
    /// A description for people.
    package let help: String
    /// In the order in which people are asked for them.
    package let settings: [ProviderSetting]
    /// Whether several items are sent together rather than one by one.
    package let isDigest: Bool
    /// Whether the receiver tracks each incident, so that a digest must not omit any.
    package let isComplete: Bool
    let delivery: Delivery
    let limits: ProviderLimits
    let escape: Escape

    /// How messages are sent.
    enum Delivery: Sendable {
        case http(RequestTemplate, ResponseRule)
        case mail(MailTemplate)
    }

    /// The names that a channel's own templates may use.
    var scope: TemplateScope { isDigest ? MessageValues.digest : MessageValues.single }
}

/// The limits of a receiver.
struct ProviderLimits: Sendable, Equatable {
    var size = MessageSize()
    /// UTF-16 units of all texts of a body.
    var text = Int.max
    /// Bytes of a body.
    var bytes = 262_144
}
