import Glibc

/// The rules for what may stand as the host of a URL or as a network address.
package enum HostName {
    /// A DNS name or dotted IPv4 address in lower case; throws why it is neither.
    static func checked(_ text: Substring) throws(TargetURL.Fault) -> String {
        guard !text.isEmpty else { throw .malformed("the host is missing") }
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

    /// A last label that is a number makes the whole an address, in every notation that a C library might read.
    private static func isNumeric(_ label: Substring) -> Bool {
        if label.hasPrefix("0x") { return label.dropFirst(2).allSatisfy(\.isHexDigit) }
        return label.utf8.allSatisfy { $0 &- 48 <= 9 }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// Whether a text is an IPv4 address of four decimal numbers.
    package static func isIPv4(_ text: String) -> Bool { isAddress(text, AF_INET) }

    /// Whether a text is an IPv6 address, without brackets and zone.
    package static func isIPv6(_ text: String) -> Bool { isAddress(text, AF_INET6) }

    /// Whether a text is an address of either family.
    package static func isAddress(_ text: String) -> Bool { isIPv4(text) || isIPv6(text) }

    private static func isAddress(_ text: String, _ family: Int32) -> Bool {
        guard !text.utf8.contains(0) else { return false }
        var address: (UInt64, UInt64) = (0, 0)
        return inet_pton(family, text, &address) == 1
    }
}
