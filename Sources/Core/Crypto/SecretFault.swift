/// Why a sealed text cannot be opened; tells nothing of what is in it.
package enum SecretFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The text is not one that `SecretBox` has made.
    case notSealed
    /// It was sealed by a newer program.
    case unknownVersion
    /// It was sealed with another key or for another place, or has been changed.
    case wrongKeyOrAltered

    package var description: String {
        switch self {
        case .notSealed: "the stored secret is not in sealed form"
        case .unknownVersion: "the stored secret was sealed by a newer version of the program"
        case .wrongKeyOrAltered: "the stored secret cannot be opened: the secret key is another, or it has been altered"
        }
    }
}
