/// A token between a template's brackets.
struct TemplateToken {
    enum Kind: Equatable {
        case name(String)
        case text(String)
        case number(Int64)
        /// `.`, `|`, `(`, `)`, `==` or `!=`.
        case symbol(String)
    }
    let kind: Kind
    let mark: TemplateMark

    /// Its form in error messages.
    var shown: String {
        switch kind {
        case .name(let name): "'\(name.truncated(60))'"
        case .text: "a text in quotes"
        case .number(let number): "'\(number)'"
        case .symbol(let symbol): "'\(symbol)'"
        }
    }
}

/// Splits the text between brackets into tokens.
struct TemplateLexer {
    private let bytes: [UInt8]
    private let end: Int
    private var position: Int
    private let marks: (Int) -> TemplateMark

    init(bytes: [UInt8], range: Range<Int>, marks: @escaping (Int) -> TemplateMark) {
        (self.bytes, position, end, self.marks) = (bytes, range.lowerBound, range.upperBound, marks)
    }

    mutating func tokens() throws(TemplateError) -> [TemplateToken] {
        var tokens: [TemplateToken] = []
        while position < end {
            if bytes[position] == 32 || (9...13).contains(bytes[position]) {
                position += 1
                continue
            }
            let start = position
            let kind = try next()
            tokens.append(TemplateToken(kind: kind, mark: marks(start)))
        }
        return tokens
    }

    private mutating func next() throws(TemplateError) -> TemplateToken.Kind {
        let byte = bytes[position]
        switch byte {
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "."), UInt8(ascii: "|"), UInt8(ascii: "("), UInt8(ascii: ")"):
            position += 1
            return .symbol(String(decoding: [byte], as: UTF8.self))
        case UInt8(ascii: "="), UInt8(ascii: "!"):
            guard position + 1 < end, bytes[position + 1] == UInt8(ascii: "=") else {
                throw marks(position).error("expected '==' or '!='")
            }
            position += 2
            return .symbol(byte == UInt8(ascii: "=") ? "==" : "!=")
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            let start = position
            position += 1
            while position < end, bytes[position] &- 48 <= 9 { position += 1 }
            guard let number = Int64(String(decoding: bytes[start..<position], as: UTF8.self)) else {
                throw marks(start).error("this is no whole number that fits")
            }
            return .number(number)
        default:
            let start = position
            while position < end, Self.isNameByte(bytes[position]) { position += 1 }
            guard position > start else { throw marks(start).error("this character means nothing here") }
            return .name(String(decoding: bytes[start..<position], as: UTF8.self))
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (byte | 32) &- 97 < 26 || byte &- 48 <= 9 || byte == UInt8(ascii: "_")
    }

    private mutating func text() throws(TemplateError) -> String {
        let start = position
        position += 1
        var text: [UInt8] = []
        while position < end {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard position < end else { continue }
                switch bytes[position] {
                case UInt8(ascii: "n"): text.append(10)
                case UInt8(ascii: "\""), UInt8(ascii: "\\"): text.append(bytes[position])
                default: throw marks(position - 1).error("after '\\' in a text stands '\"', '\\' or 'n'")
                }
                position += 1
            default: text.append(byte)
            }
        }
        throw marks(start).error("a text in quotes does not end")
    }
}
