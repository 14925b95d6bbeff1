/// Encrypts credentials for the store; provided by the part of the program that has the key.
package struct SettingsSeal: Sendable {
    /// Why an encrypted text cannot be opened; for people, without the text.
    package struct SealError: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
        package init(_ description: String) { self.description = description }
    }

    /// Takes a text and its place; a text that is moved to another place cannot be opened.
    package let seal: @Sendable (String, String) -> String
    package let open: @Sendable (String, String) throws(SealError) -> String

    /// Encrypts and decrypts with these functions.
    ///
    /// `open` throws `SealError` for text that was encrypted for another place or with another key, or is malformed.
    package init(
        seal: @escaping @Sendable (String, String) -> String,
        open: @escaping @Sendable (String, String) throws(SealError) -> String
    ) {
        (self.seal, self.open) = (seal, open)
    }
}
