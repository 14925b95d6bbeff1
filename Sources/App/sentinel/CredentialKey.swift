import Crypto
import Storage

/// What stored credentials are sealed with: the operator's key, or one that is kept beside the database.
struct CredentialKey: Sendable {
    private let secret: [UInt8]

    /// Makes the key file when there is neither; blocks.
    ///
    /// Throws when the file is open to others, is no key, or cannot be read or made.
    init(_ settings: Settings) throws(SecretKeyFault) {
        if let key = settings.secretKey {
            secret = Array(key.utf8)
        } else if case .sqlite(let path) = settings.database, path != ":memory:" {
            secret = try SecretKeyFile.readOrCreate(SecretKeyFile.path(beside: path)).bytes
        } else {
            secret = RandomBytes.make(SecretKeyFile.keyCount)
        }
    }

    /// The seal of one kind of credentials; those of another purpose cannot be opened with it.
    func seal(for purpose: String) -> SettingsSeal {
        let box = SecretBox(secret: secret, purpose: purpose)
        return SettingsSeal(seal: { box.seal($0, for: $1) }) { sealed, place throws(SettingsSeal.Fault) in
            do throws(SecretFault) { return try box.open(sealed, for: place) } catch {
                throw SettingsSeal.Fault("the stored settings cannot be opened: \(error)")
            }
        }
    }
}
