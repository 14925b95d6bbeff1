import Base

extension JSONPathParser {
    /// A string in single or double quotes.
    mutating func string() throws(JSONPathError) -> String {
        let quote = bytes[position]
        let start = position
        position += 1
        var result: [UInt8] = []
        while let byte = current {
            switch byte {
            case quote:
                position += 1
                return String(decoding: result, as: UTF8.self)
            case UInt8(ascii: "\\"): result.append(contentsOf: try escape(quote))
            case ..<0x20: throw error("a control character in a string must be escaped")
            default:
                result.append(byte)
                position += 1
            }
        }
        throw error("the string has no end", at: start)
    }

    private mutating func escape(_ quote: UInt8) throws(JSONPathError) -> [UInt8] {
        let start = position
        position += 1
        guard let byte = current else { throw error("the string has no end", at: start) }
        position += 1
        switch byte {
        case quote, UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code) {
                guard take("\\u") else { throw error("half of a surrogate pair", at: start) }
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw error("half of a surrogate pair", at: start) }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("half of a surrogate pair", at: start) }
            return Array(String(scalar).utf8)
        default: throw error("not an escape", at: start)
        }
    }

    private mutating func hexadecimal() throws(JSONPathError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("expected four hexadecimal digits")
            }
            code = code << 4 + UInt32(digit)
            position += 1
        }
        return code
    }

    /// A number as in JSON, and `-0`.
    mutating func number() throws(JSONPathError) -> JSONValue {
        let start = position
        _ = take("-")
        let digits = position
        while let byte = current, Self.isDigit(byte) { position += 1 }
        guard position > digits else { throw error("expected a digit") }
        guard bytes[digits] != UInt8(ascii: "0") || position == digits + 1 else {
            throw error("a number has no leading zero", at: digits)
        }
        var isInteger = true
        if take(".") {
            isInteger = false
            try digitsNeeded()
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("-") { _ = take("+") }
            try digitsNeeded()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw error("the number is too large", at: start) }
        return .number(value)
    }

    private mutating func digitsNeeded() throws(JSONPathError) {
        let start = position
        while let byte = current, Self.isDigit(byte) { position += 1 }
        guard position > start else { throw error("expected a digit") }
    }
}
