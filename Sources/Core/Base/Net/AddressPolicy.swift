/// Which addresses may be connected to; checked on the address itself, after every resolution.
///
/// Always refuses addresses that no monitor needs: link-local, metadata, multicast, unspecified and broadcast.
package struct AddressPolicy: Sendable, Equatable {
    /// Whether loopback and private ranges are refused too.
    package var denyPrivate: Bool

    package init(denyPrivate: Bool = false) { self.denyPrivate = denyPrivate }

    /// Why the address is refused, for people; nil when it is allowed.
    package func refusal(of address: IPAddress) -> String? {
        let inner = address.unwrapped
        switch inner.family {
        case .v4: return Self.find(UInt32(truncatingIfNeeded: inner.low), denyPrivate: denyPrivate)
        case .v6: return Self.find(inner.high, inner.low, denyPrivate: denyPrivate)
        }
    }

    private static func find(_ value: UInt32, denyPrivate: Bool) -> String? {
        switch value {
        case 0xA9FE_A9FE: return "a cloud metadata address"
        case 0xA9FE_0000...0xA9FE_FFFF: return "a link-local address"
        case 0x0000_0000...0x00FF_FFFF: return "an unspecified address"
        case 0xE000_0000...0xEFFF_FFFF: return "a multicast address"
        case 0xFFFF_FFFF: return "a broadcast address"
        case 0x6464_64C8: return "a cloud metadata address"
        default: break
        }
        guard denyPrivate else { return nil }
        switch value {
        case 0x7F00_0000...0x7FFF_FFFF: return "a loopback address"
        case 0x0A00_0000...0x0AFF_FFFF, 0xAC10_0000...0xAC1F_FFFF, 0xC0A8_0000...0xC0A8_FFFF: return "a private address"
        case 0x6440_0000...0x647F_FFFF: return "a shared (carrier) address"
        case 0xC612_0000...0xC613_FFFF, 0xF000_0000...0xFFFF_FFFE: return "a reserved address"
        default: return nil
        }
    }

    private static func find(_ high: UInt64, _ low: UInt64, denyPrivate: Bool) -> String? {
        if high == 0, low == 0 { return "an unspecified address" }
        if high == 0xFD00_0EC2_0000_0000, low == 0x254 { return "a cloud metadata address" }
        if high >> 54 == 0x3FA { return "a link-local address" }
        if high >> 56 == 0xFF { return "a multicast address" }
        guard denyPrivate else { return nil }
        if high == 0, low == 1 { return "a loopback address" }
        if high >> 57 == 0x7E || high >> 54 == 0x3FB { return "a private address" }
        return nil
    }
}
