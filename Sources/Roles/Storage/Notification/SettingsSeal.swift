/// How credentials are made unreadable in the store; given by whoever has the key.
package struct SettingsSeal: Sendable {
    /// Why a sealed text cannot be opened; for people, without the text.
    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
        package init(_ description: String) { self.description = description }
    }

    /// Takes a text and where it stands; a text moved elsewhere cannot be opened.
    package let seal: @Sendable (String, String) -> String
    package let open: @Sendable (String, String) throws(Fault) -> String

    /// Seals and opens by these functions.
    ///
    /// `open` throws `Fault` for a text that was sealed for another place or with another key, or that is none.
    package init(
        seal: @escaping @Sendable (String, String) -> String,
        open: @escaping @Sendable (String, String) throws(Fault) -> String
    ) {
        (self.seal, self.open) = (seal, open)
    }
}
