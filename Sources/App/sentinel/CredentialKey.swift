import Base
import Crypto
import Glibc
import SQLite
import Storage

/// The key for stored credentials: the operator's key, or one kept beside the database.
struct CredentialKey: Sendable {
    private let secret: [UInt8]

    /// Creates the key file when there is no key yet; blocks.
    ///
    /// Throws when others can read the file, when it is not a key, or when it cannot be read or created.
    init(_ settings: Settings) throws(SecretKeyError) {
        if let key = settings.secretKey {
            // The contents of a key file can be given, too: a database that was copied keeps its key.
            let bytes = key.hasPrefix("hex:") ? [UInt8](hex: String(key.dropFirst(4))) : nil
            secret = bytes.flatMap { $0.count >= SecretKeyFile.keyCount ? $0 : nil } ?? Array(key.utf8)
        } else if case .sqlite(let path) = settings.database, path != ":memory:" {
            // A symbolic link to a database must not lead to another key; earlier releases kept it beside the link.
            let beside = SecretKeyFile.path(beside: path)
            let key = access(beside, F_OK) == 0 ? beside : SecretKeyFile.path(beside: DatabaseFiles.resolved(path))
            secret = try SecretKeyFile.readOrCreate(key).bytes
        } else {
            secret = RandomBytes.make(SecretKeyFile.keyCount)
        }
    }

    /// The seal for one kind of credentials; it cannot open those sealed for another purpose.
    func seal(for purpose: String) -> SettingsSeal {
        let box = SecretBox(secret: secret, purpose: purpose)
        return SettingsSeal(seal: { box.seal($0, for: $1) }) { sealed, place throws(SettingsSeal.SealError) in
            do throws(SecretError) { return try box.open(sealed, for: place) } catch {
                throw SettingsSeal.SealError("the stored settings cannot be opened: \(error)")
            }
        }
    }
}
