/// Decides by a field's name whether its value is a credential.
package enum SecretName {
    /// Whether a header field with that name must be masked and not be sent to other origins.
    ///
    /// Some words count anywhere in the name, others only as a whole part of it: `X-Auth` is secret, `X-Author` is not.
    /// In doubt a name is masked: that costs less than showing a secret.
    package static func matches(header name: String) -> Bool {
        let lower = name.lowercased()
        if anywhere.contains(where: { lower.contains($0) }) { return true }
        return parts(of: name).contains { parts.contains($0) }
    }

    private static let anywhere = [
        "accesskey", "apikey", "authkey", "authorization", "cookie", "credential", "jsessionid", "passcode",
        "passphrase", "passwd", "password", "privatekey", "secret", "session", "signature", "token",
    ]

    private static let parts: Set<String> = [
        "assertion", "auth", "authentication", "bearer", "csrf", "dpop", "hmac", "jwt", "key", "keys", "mfa", "otp",
        "pass", "pin", "pwd", "saml", "sid", "sig", "ticket", "totp", "xsrf",
    ]

    /// The words of a name in lower case, each also split before its capital letters: `XAuth-Id` is xauth, x, auth, id.
    private static func parts(of name: String) -> [String] {
        let words = name.utf8.split { !isLetterOrDigit($0) }
        return words.flatMap { word -> [String] in
            let bytes = Array(word)
            var pieces: [[UInt8]] = [[]]
            for (index, byte) in bytes.enumerated() {
                let next = index + 1 < bytes.count ? bytes[index + 1] : 0
                let startsWord = isUpper(byte) && index > 0 && (!isUpper(bytes[index - 1]) || isLower(next))
                if startsWord { pieces.append([]) }
                pieces[pieces.count - 1].append(byte)
            }
            return ([bytes] + pieces).map { String(decoding: $0, as: UTF8.self).lowercased() }
        }
    }

    private static func isUpper(_ byte: UInt8) -> Bool { byte &- 65 < 26 }
    private static func isLower(_ byte: UInt8) -> Bool { byte &- 97 < 26 }
    private static func isLetterOrDigit(_ byte: UInt8) -> Bool { (byte | 32) &- 97 < 26 || byte &- 48 <= 9 }
}
