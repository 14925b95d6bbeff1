/// A kind of channel: its settings, and how a message is sent through it.
///
/// Read from a file.
package struct Provider: Sendable {
    /// A word: `slack`.
    package let kind: String
    package let title: String
    /// For people.
    package let help: String
    /// In the order in which they are asked for.
    package let settings: [ProviderSetting]
    /// Whether several items go out together; else each goes out by itself.
    package let isDigest: Bool
    /// Whether the receiver tracks each incident: none may be left out of a digest.
    package let isComplete: Bool
    let delivery: Delivery
    let limits: ProviderLimits
    let escape: Escape

    /// How it goes out.
    enum Delivery: Sendable {
        case http(RequestTemplate, ResponseRule)
        case mail(MailTemplate)
    }

    /// The names that a channel's own templates may use.
    var scope: TemplateScope { isDigest ? MessageValues.digest : MessageValues.single }
}

/// What a receiver takes at most.
struct ProviderLimits: Sendable, Equatable {
    var size = MessageSize()
    /// UTF-16 units of all texts of a body.
    var text = Int.max
    /// Bytes of a body.
    var bytes = 262_144
}
