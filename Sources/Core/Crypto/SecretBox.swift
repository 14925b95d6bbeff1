import Base

/// Encrypts short texts, such as tokens of channels, so that a stored one is useless without the key.
///
/// The form is `v1:` and base64 of nonce (12 bytes), ciphertext and tag (16 bytes) of AES-256-GCM. A sealed text
/// reveals only its length.
package struct SecretBox: Sendable {
    /// The largest text, in bytes.
    package static let textLimit = 1 << 20
    private static let prefix = "v1:"

    private let key: [UInt8]

    /// Derives the key from a secret of any length; a box with another salt or purpose cannot open the texts.
    ///
    /// The derivation is fast, so the secret itself must be hard to guess.
    package init(secret: [UInt8], salt: String = "sentinel", purpose: String) {
        key = HKDF.sha256(
            secret: secret,
            salt: Array(salt.utf8),
            info: Array(purpose.utf8),
            count: AESGCM.keyCount
        )
    }

    /// Seals a text for one place, such as `channel/7/token`; sealing the same text twice gives two different results.
    package func seal(_ text: String, for context: String) -> String {
        precondition(text.utf8.count <= Self.textLimit, "too long to be sealed")
        let nonce = RandomBytes.make(AESGCM.nonceCount)
        let sealed = AESGCM.seal(Array(text.utf8), key: key, nonce: nonce, associated: Self.associated(context))
        return Self.prefix + (nonce + sealed).base64()
    }

    /// Opens a text that was sealed for the same place with the same key.
    ///
    /// Throws `.notSealed` for a text that `seal` did not make, `.unknownVersion` for one from a newer program, and
    /// `.wrongKeyOrAltered` for another key, another place or a changed text.
    package func open(_ sealed: String, for context: String) throws(SecretError) -> String {
        guard sealed.hasPrefix(Self.prefix) else { throw Self.hasVersion(sealed) ? .unknownVersion : .notSealed }
        guard sealed.utf8.count <= Self.textLimit * 4 / 3 + 100,
            let bytes = [UInt8](base64: sealed.dropFirst(Self.prefix.count)),
            bytes.count >= AESGCM.nonceCount + AESGCM.tagCount
        else { throw .notSealed }
        let nonce = Array(bytes.prefix(AESGCM.nonceCount))
        let rest = Array(bytes.dropFirst(AESGCM.nonceCount))
        guard let plain = AESGCM.open(rest, key: key, nonce: nonce, associated: Self.associated(context)) else {
            throw .wrongKeyOrAltered
        }
        return String(decoding: plain, as: UTF8.self)
    }

    /// The associated data: the form and the place.
    private static func associated(_ context: String) -> [UInt8] { Array((prefix + context).utf8) }

    /// Whether a text begins with `v`, one to three digits and a colon.
    private static func hasVersion(_ text: String) -> Bool {
        let start = text.utf8.prefix(5)
        guard start.first == UInt8(ascii: "v"), let colon = start.firstIndex(of: UInt8(ascii: ":")) else {
            return false
        }
        let digits = start[..<colon].dropFirst()
        return !digits.isEmpty && digits.allSatisfy { $0 &- 48 <= 9 }
    }
}

extension SecretBox: CustomStringConvertible, CustomReflectable {
    /// Omits the key, which must not get into logs.
    package var description: String { "SecretBox" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
