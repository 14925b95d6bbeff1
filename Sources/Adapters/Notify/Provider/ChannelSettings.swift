/// One channel as configured: its kind and a value for each setting.
package struct ChannelSettings: Sendable, Equatable {
    /// A provider's kind.
    package var kind: String
    /// An empty value counts as unset.
    package var values: [String: String]

    package init(kind: String, values: [String: String]) { (self.kind, self.values) = (kind, values) }
}

/// An error in one setting of a channel.
package struct ChannelSettingsError: Sendable, Equatable {
    /// A setting's name, or `kind`.
    package let field: String
    /// Completes a sentence that begins with the field's name, or stands alone; never holds the value of a secret.
    package let message: String

    package init(_ field: String, _ message: String) { (self.field, self.message) = (field, message) }
}
