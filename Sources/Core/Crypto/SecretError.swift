/// Why a sealed text cannot be opened; reveals nothing about the text.
package enum SecretError: Error, Sendable, Equatable, CustomStringConvertible {
    /// `SecretBox` did not make the text.
    case notSealed
    /// A newer program sealed it.
    case unknownVersion
    /// It was sealed with another key or for another place, or has been altered.
    case wrongKeyOrAltered

    package var description: String {
        switch self {
        case .notSealed: "the stored secret is not in sealed form"
        case .unknownVersion: "the stored secret was sealed by a newer version of the program"
        case .wrongKeyOrAltered: "the stored secret cannot be opened: the secret key is another, or it has been altered"
        }
    }
}
