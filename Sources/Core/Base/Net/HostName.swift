/// The rules for hosts of URLs and network addresses.
package enum HostName {
    /// A DNS name or dotted IPv4 address in lower case.
    ///
    /// Throws `.malformed` with the reason for any other text.
    package static func checked(_ text: Substring) throws(TargetURL.ParseError) -> String {
        guard !text.isEmpty else { throw .malformed("the host is missing") }
        if hasZone(text) { throw .malformed(zoneAdvice) }
        guard text.utf8.allSatisfy({ $0 < 128 }) else {
            throw .malformed("the host has characters other than ASCII; give it in its xn-- form")
        }
        let name = text.lowercased()
        var labels = name.split(separator: ".", omittingEmptySubsequences: false)
        if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
        for label in labels {
            guard label.utf8.count <= 63 else {
                throw .malformed("a part of the host name between dots is longer than 63 characters")
            }
            guard !label.isEmpty, label.utf8.allSatisfy(isNameByte), !label.hasPrefix("-"), !label.hasSuffix("-") else {
                throw .malformed("the host name is invalid")
            }
        }
        guard name.utf8.count <= 253 else { throw .malformed("the host name is longer than 253 characters") }
        if let last = labels.last, isNumeric(last), !isIPv4(name) { throw .malformed("the IPv4 address is invalid") }
        return name
    }

    /// Whether a last label is a number, in any notation that a C library might read as part of an address.
    private static func isNumeric(_ label: Substring) -> Bool {
        if label.hasPrefix("0x") { return label.utf8.dropFirst(2).allSatisfy(isHexadecimal) }
        return label.utf8.allSatisfy { $0 &- 48 <= 9 }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// Whether a text is an IPv4 address of four decimal numbers without leading zeros.
    package static func isIPv4(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy { $0 &- 48 <= 9 }
                    && (part.count == 1 || part.first != UInt8(ascii: "0"))
                    && part.reduce(0) { $0 * 10 + Int($1 - 48) } <= 255
            }
    }

    /// Whether a text is an IPv6 address (RFC 4291 §2.2), without brackets and zone.
    package static func isIPv6(_ text: String) -> Bool {
        guard text.utf8.count <= 45 else { return false }
        guard let gap = text.firstRange(of: "::") else { return groups(text[...]) == 8 }
        let (head, tail) = (text[..<gap.lowerBound], text[gap.upperBound...])
        guard let before = head.isEmpty ? 0 : groups(head, mayEndInIPv4: false),
            let after = tail.isEmpty ? 0 : groups(tail)
        else { return false }
        return before + after <= 7
    }

    /// How many 16-bit groups a text without `::` has; nil when a group is invalid.
    private static func groups(_ text: Substring, mayEndInIPv4: Bool = true) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var count = 0
        for (index, part) in parts.enumerated() {
            if mayEndInIPv4, index == parts.count - 1, isIPv4(String(part)) {
                count += 2
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHexadecimal) else { return nil }
                count += 1
            }
        }
        return count
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool { byte &- 48 <= 9 || (byte | 32) &- 97 < 6 }

    /// Whether a text is an IPv6 address with a zone, as in `fe80::1%eth0`, in brackets or not.
    package static func hasZone(_ text: some StringProtocol) -> Bool {
        guard let mark = text.firstIndex(of: "%") else { return false }
        return isIPv6(text[..<mark].lowercased().filter { $0 != "[" })
    }

    /// The advice for somebody who gives a zone.
    package static let zoneAdvice =
        "an IPv6 address with a zone (%) holds on one machine's interface only: write a global address, without the zone"

    /// Whether a text is an address of either family.
    package static func isAddress(_ text: String) -> Bool { isIPv4(text) || isIPv6(text) }
}
