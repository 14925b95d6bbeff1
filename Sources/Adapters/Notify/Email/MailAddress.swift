import HTTPClient

/// An e-mail address, alone or with a name: `a@example.org`, `Alerts <a@example.org>`.
struct MailAddress: Sendable, Equatable {
    /// Without the name.
    let address: String
    /// May be empty.
    let name: String

    /// nil for a text that is not an address, or an address that would need quotes.
    init?(_ text: String) {
        let text = Self.trimmed(text)
        guard !text.unicodeScalars.contains(where: \.isControl) else { return nil }
        var (address, name) = (text, "")
        if text.hasSuffix(">"), let open = text.lastIndex(of: "<") {
            address = String(text[text.index(after: open)...].dropLast())
            name = Self.trimmed(text[..<open])
            if name.count >= 2, name.hasPrefix("\""), name.hasSuffix("\"") {
                name = String(name.dropFirst().dropLast())
            }
        }
        // An internationalized domain is sent in ASCII.
        if let at = address.lastIndex(of: "@"), !address.utf8.allSatisfy({ $0 < 128 }),
            let domain = try? InternationalName.ascii(String(address[address.index(after: at)...]))
        {
            address = "\(address[...at])\(domain)"
        }
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count), Self.isLocal(parts[0]), Self.isDomain(parts[1]),
            !name.contains(where: { "<>\"\\".contains($0) }), name.utf8.count <= 200
        else { return nil }
        (self.address, self.name) = (address, name)
    }

    /// A comma-separated list of 1 to 50 addresses; nil for any other text.
    static func list(_ text: String) -> [MailAddress]? {
        var isQuoted = false
        let parts = text.split(whereSeparator: { character in
            if character == "\"" { isQuoted.toggle() }
            return character == "," && !isQuoted
        }).map { trimmed($0) }.filter { !$0.isEmpty }
        let found = parts.compactMap { MailAddress($0) }
        return found.count == parts.count && (1...50).contains(found.count) ? found : nil
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    private static func isLocal(_ text: Substring) -> Bool {
        !text.hasPrefix(".") && !text.hasSuffix(".") && !text.contains("..")
            && text.utf8.allSatisfy { byte in
                (byte | 32) &- 97 < 26 || byte &- 48 <= 9 || ".!#$%&'*+/=?^_`{|}~-".utf8.contains(byte)
            }
    }

    private static func isDomain(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                    && label.utf8.allSatisfy { ($0 | 32) &- 97 < 26 || $0 &- 48 <= 9 || $0 == UInt8(ascii: "-") }
            }
    }
}
