import Base
import Crypto
import Storage

/// How credentials are made unreadable in the store: with the operator's key, or one that is kept beside the database.
enum Seals {
    static func channels(_ settings: Settings) throws -> SettingsSeal { seal(try secret(settings), "channels") }
    static func monitors(_ settings: Settings) throws -> SettingsSeal { seal(try secret(settings), "monitors") }

    private static func secret(_ settings: Settings) throws -> [UInt8] {
        if let key = settings.secretKey { return Array(key.utf8) }
        guard case .sqlite(let path) = settings.database, path != ":memory:" else {
            return RandomBytes.make(SecretKeyFile.keyCount)
        }
        return try SecretKeyFile.readOrCreate(SecretKeyFile.path(beside: path)).bytes
    }

    private static func seal(_ secret: [UInt8], _ purpose: String) -> SettingsSeal {
        let box = SecretBox(secret: secret, purpose: purpose)
        return SettingsSeal(seal: { box.seal($0, for: $1) }) { sealed, place throws(SettingsSeal.Fault) in
            do throws(SecretFault) { return try box.open(sealed, for: place) } catch {
                throw SettingsSeal.Fault("the stored settings cannot be opened: \(error)")
            }
        }
    }
}
