import Glibc

/// An IPv4 or IPv6 address without a port.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// The family.
    package enum Family: Sendable { case v4, v6 }

    /// Which family `bytes` is of.
    package let family: Family
    /// The upper half, big-endian; an IPv4 address is in the low 32 bits of `low`.
    package let high: UInt64
    /// The lower half.
    package let low: UInt64

    /// An IPv4 address from its 32 bits.
    package init(v4: UInt32) { (family, high, low) = (.v4, 0, UInt64(v4)) }
    /// An IPv6 address from its halves.
    package init(v6 high: UInt64, _ low: UInt64) { (family, self.high, self.low) = (.v6, high, low) }

    /// Reads a dotted quad or an IPv6 address, with or without brackets; nil for anything else.
    package init?(_ text: String) {
        let text = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        if let v4 = Self.dottedQuad(text.utf8) {
            self.init(v4: v4)
            return
        }
        var bytes: (UInt64, UInt64) = (0, 0)
        guard text.contains(":"), inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
        self.init(v6: UInt64(bigEndian: bytes.0), UInt64(bigEndian: bytes.1))
    }

    /// Reads exactly four decimal numbers up to 255 without leading zeros.
    package static func dottedQuad(_ text: some Sequence<UInt8>) -> UInt32? {
        var (value, part, digits, dots) = (UInt32(0), UInt32(0), 0, 0)
        for byte in text {
            if byte == UInt8(ascii: ".") {
                guard digits > 0, dots < 3 else { return nil }
                (value, part, digits, dots) = (value << 8 | part, 0, 0, dots + 1)
                continue
            }
            guard byte &- 48 <= 9, !(digits > 0 && part == 0) else { return nil }
            (part, digits) = (part * 10 + UInt32(byte - 48), digits + 1)
            guard part <= 255 else { return nil }
        }
        return dots == 3 && digits > 0 ? value << 8 | part : nil
    }

    /// The IPv4 address inside an IPv4-mapped or -compatible, NAT64 or 6to4 one; else the address itself.
    package var unwrapped: IPAddress {
        guard family == .v6 else { return self }
        if high == 0, low >> 32 == 0xFFFF || (low >> 32 == 0 && low > 1) {
            return IPAddress(v4: UInt32(truncatingIfNeeded: low))
        }
        if high == 0x0064_FF9B_0000_0000, low >> 32 == 0 { return IPAddress(v4: UInt32(truncatingIfNeeded: low)) }
        if high >> 48 == 0x2002 { return IPAddress(v4: UInt32(truncatingIfNeeded: high >> 16)) }
        return self
    }

    /// RFC 5952 text without brackets.
    package var description: String {
        if family == .v4 { return "\(low >> 24 & 255).\(low >> 16 & 255).\(low >> 8 & 255).\(low & 255)" }
        var bytes = (high.bigEndian, low.bigEndian)
        var space: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
        return withUnsafeMutablePointer(to: &space) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 48) { text in
                inet_ntop(AF_INET6, &bytes, text, 48) == nil ? "" : String(cString: text)
            }
        }
    }

    /// The text as it stands in a URL: IPv6 in brackets.
    package var urlText: String { family == .v6 ? "[\(description)]" : description }
}
