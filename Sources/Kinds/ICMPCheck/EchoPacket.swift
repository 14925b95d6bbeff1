/// An echo request (RFC 792, RFC 4443): header, a random token, and a pattern up to the size.
enum EchoPacket {
    static let headerSize = 8
    static let tokenSize = 8

    /// A buffer for the largest packet, filled with the pattern.
    static func buffer(size: Int) -> [UInt8] {
        (0..<headerSize + size).map { UInt8(truncatingIfNeeded: $0) }
    }

    /// Writes the part that differs between packets: everything before the pattern.
    static func write(
        _ bytes: UnsafeMutableRawBufferPointer,
        type: UInt8,
        identifier: UInt16,
        sequence: UInt16,
        token: UInt64
    ) {
        bytes[0] = type
        bytes[1] = 0
        bytes.storeBytes(of: 0, toByteOffset: 2, as: UInt16.self)
        bytes.storeBytes(of: identifier.bigEndian, toByteOffset: 4, as: UInt16.self)
        bytes.storeBytes(of: sequence.bigEndian, toByteOffset: 6, as: UInt16.self)
        bytes.storeBytes(of: token, toByteOffset: 8, as: UInt64.self)
    }

    /// Writes the Internet checksum (RFC 1071) of a whole message whose field is zero.
    static func writeChecksum(_ bytes: UnsafeMutableRawBufferPointer) {
        var sum: UInt32 = 0
        var index = 0
        while index + 1 < bytes.count {
            sum += UInt32(bytes[index]) << 8 | UInt32(bytes[index + 1])
            index += 2
        }
        if index < bytes.count { sum += UInt32(bytes[index]) << 8 }
        while sum >> 16 != 0 { sum = sum & 0xFFFF + sum >> 16 }
        bytes.storeBytes(of: (~UInt16(truncatingIfNeeded: sum)).bigEndian, toByteOffset: 2, as: UInt16.self)
    }

    static func identifier(_ bytes: UnsafeRawBufferPointer) -> UInt16 { number(bytes, at: 4) }
    static func sequence(_ bytes: UnsafeRawBufferPointer) -> UInt16 { number(bytes, at: 6) }

    /// nil when the message is too short for a token.
    static func token(_ bytes: UnsafeRawBufferPointer) -> UInt64? {
        guard bytes.count >= headerSize + tokenSize else { return nil }
        return bytes.loadUnaligned(fromByteOffset: headerSize, as: UInt64.self)
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt16 {
        UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }
}
