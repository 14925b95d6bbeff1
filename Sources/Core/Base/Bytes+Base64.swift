/// The 64 characters of base64 and whether the end is padded (RFC 4648).
package enum Base64Alphabet: Sendable {
    /// With `+` and `/`, padded with `=`.
    case standard
    /// With `-` and `_`, without padding; safe in URLs and file names.
    case urlSafe

    fileprivate var characters: [UInt8] {
        let last = self == .standard ? "+/" : "-_"
        return Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\(last)".utf8)
    }
}

extension [UInt8] {
    /// The bytes in base64, without line breaks.
    package func base64(_ alphabet: Base64Alphabet = .standard) -> String {
        let characters = alphabet.characters
        var text: [UInt8] = []
        text.reserveCapacity((count + 2) / 3 * 4)
        for start in stride(from: 0, to: count, by: 3) {
            let group = self[start..<Swift.min(start + 3, count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for index in 0...group.count { text.append(characters[bits >> (18 - 6 * index) & 63]) }
            if alphabet == .standard {
                text.append(contentsOf: repeatElement(UInt8(ascii: "="), count: 3 - group.count))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes canonical base64; nil for other characters, wrong padding or non-zero trailing bits.
    package init?(base64 text: some StringProtocol, _ alphabet: Base64Alphabet = .standard) {
        var values = [UInt8](repeating: .max, count: 256)
        for (value, character) in alphabet.characters.enumerated() { values[Int(character)] = UInt8(value) }
        var digits = Array(text.utf8)
        if alphabet == .standard {
            guard digits.count.isMultiple(of: 4) else { return nil }
            for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits.removeLast() }
        }
        guard digits.count % 4 != 1 else { return nil }
        self = []
        reserveCapacity(digits.count / 4 * 3 + 2)
        var (bits, width) = (0, 0)
        for digit in digits {
            let value = values[Int(digit)]
            guard value < 64 else { return nil }
            (bits, width) = ((bits << 6 | Int(value)) & 0xFFFF, width + 6)
            guard width >= 8 else { continue }
            width -= 8
            append(UInt8(truncatingIfNeeded: bits >> width))
        }
        guard bits & ((1 << width) - 1) == 0 else { return nil }
    }
}
