/// A random version 4 UUID (RFC 9562), printed in lower case.
package struct UUID: Sendable, Hashable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    package init() {
        var random = SystemRandomNumberGenerator()
        high = random.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        low = random.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    }

    package var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(36)
        let digits = Array("0123456789abcdef".utf8)
        for (index, word) in [high, low].enumerated() {
            for nibble in 0..<16 {
                let position = index * 16 + nibble
                if position == 8 || position == 12 || position == 16 || position == 20 {
                    bytes.append(UInt8(ascii: "-"))
                }
                bytes.append(digits[Int(word >> UInt64(60 - 4 * nibble) & 15)])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
