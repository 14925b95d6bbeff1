/// A `Host` field (RFC 9110 §7.2): a name, an IPv4 address or an IPv6 address in brackets, with an optional port.
package struct HostField: Sendable, Equatable {
    /// In lower case; an IPv6 address with its brackets.
    package let name: String
    package let port: UInt16?

    /// Parses a field's value; nil when it is anything else.
    ///
    /// Strict, because other programs may read malformed values differently: `[::1].example.com` is not a name.
    package init?(_ text: String) {
        let text = text.lowercased()
        let name: Substring
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { return nil }
            name = text[...close]
            guard name.utf8.dropFirst().dropLast().allSatisfy(Self.isAddressByte), name.utf8.count > 3 else {
                return nil
            }
        } else {
            name = text.prefix { $0 != ":" }
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte) else { return nil }
        }
        let rest = text[name.endIndex...]
        self.name = String(name)
        guard !rest.isEmpty else {
            port = nil
            return
        }
        let digits = rest.dropFirst()
        guard rest.utf8.first == UInt8(ascii: ":"), digits.utf8.allSatisfy({ $0 &- 48 <= 9 }) else { return nil }
        // An empty port is the default one (RFC 3986 §3.2.3).
        port = UInt16(digits)
        if port == nil, !digits.isEmpty { return nil }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        byte.hexadecimalValue != nil || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }

    /// Letters, digits, `-`, `.` and `_`: the characters of host names in practice.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte &- 97 < 26 || byte &- 48 <= 9 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "_")
    }
}
