/// Folds UTF-8 that arrives in pieces to lower case, scalar by scalar; bytes that are not UTF-8 stay.
struct CaseFolder {
    /// The start of a scalar whose remaining bytes have not arrived.
    private var pending: [UInt8] = []

    static func folded(_ text: String) -> String {
        var folder = CaseFolder()
        let bytes = Array(text.utf8).withUnsafeBytes { folder.fold($0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    mutating func fold(_ piece: UnsafeRawBufferPointer) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(piece.count)
        for byte in piece {
            if byte < 0x80 {
                flush(into: &result)
                result.append(byte &- 65 < 26 ? byte | 0x20 : byte)
                continue
            }
            if byte >= 0xC0 { flush(into: &result) }
            pending.append(byte)
            let length = Self.length(pending[0])
            if pending.count < length { continue }
            append(to: &result)
        }
        return result
    }

    private static func length(_ first: UInt8) -> Int {
        switch first {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
    }

    private mutating func flush(into result: inout [UInt8]) {
        guard !pending.isEmpty else { return }
        result += pending
        pending.removeAll(keepingCapacity: true)
    }

    private mutating func append(to result: inout [UInt8]) {
        if let text = String(validating: pending, as: UTF8.self), let scalar = text.unicodeScalars.first {
            // The final sigma is the same letter.
            result += scalar == "\u{3C2}" ? [0xCF, 0x83] : Array(scalar.properties.lowercaseMapping.utf8)
            pending.removeAll(keepingCapacity: true)
        } else {
            flush(into: &result)
        }
    }
}
