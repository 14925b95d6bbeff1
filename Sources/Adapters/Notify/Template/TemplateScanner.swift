import Base

/// A piece of a template's source: plain text, or the content of a pair of brackets.
enum TemplatePiece {
    case text(String)
    case insertion([TemplateToken], TemplateMark)
    case tag([TemplateToken], TemplateMark)
}

/// A position in a template's source, from 1.
struct TemplateMark: Sendable, Equatable {
    let line: Int
    let column: Int

    func error(_ reason: String) -> TemplateError { TemplateError(line: line, column: column, reason) }
}

/// "unknown name 'x' in 'y'", with the nearest known name.
func unknown(
    _ what: String,
    _ word: String,
    in place: String? = nil,
    among known: some Sequence<String>
) -> String {
    let hint = Suggestion.nearest(to: word, among: known.sorted()).map { "; did you mean '\($0)'?" } ?? ""
    return "unknown \(what) '\(word.truncated(60))'" + (place.map { " in '\($0)'" } ?? "") + hint
}

/// Splits a source at its brackets.
struct TemplateScanner {
    private let bytes: [UInt8]
    private var position = 0
    private var pieces: [TemplatePiece] = []
    /// Whether the preceding bracket removes the white space after it.
    private var trimsNext = false

    private init(_ source: String) { bytes = Array(source.utf8) }

    static func pieces(of source: String) throws(TemplateError) -> [TemplatePiece] {
        var scanner = TemplateScanner(source)
        try scanner.scan()
        return scanner.pieces
    }

    /// The tokens of an expression without brackets.
    static func tokens(of source: String) throws(TemplateError) -> [TemplateToken] {
        let scanner = TemplateScanner(source)
        var lexer = TemplateLexer(bytes: scanner.bytes, range: 0..<scanner.bytes.count, marks: scanner.mark)
        return try lexer.tokens()
    }

    private mutating func scan() throws(TemplateError) {
        while position < bytes.count {
            let start = position
            while position < bytes.count, !isOpening(position) { position += 1 }
            appendText(start..<position)
            if position < bytes.count { try bracket() }
        }
    }

    private func isOpening(_ index: Int) -> Bool {
        bytes[index] == UInt8(ascii: "{") && index + 1 < bytes.count
            && [UInt8(ascii: "{"), UInt8(ascii: "%"), UInt8(ascii: "#")].contains(bytes[index + 1])
    }

    private mutating func appendText(_ range: Range<Int>) {
        var text = bytes[range]
        if trimsNext { text = text.drop(while: Self.isSpace) }
        trimsNext = false
        if range.upperBound + 2 < bytes.count, bytes[range.upperBound + 2] == UInt8(ascii: "-") {
            while let last = text.last, Self.isSpace(last) { text.removeLast() }
        }
        if !text.isEmpty { pieces.append(.text(String(decoding: text, as: UTF8.self))) }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    private mutating func bracket() throws(TemplateError) {
        let mark = mark(position)
        let kind = bytes[position + 1]
        let closing = kind == UInt8(ascii: "{") ? UInt8(ascii: "}") : kind
        position += 2
        if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
        let start = position
        guard let end = end(closing, isComment: kind == UInt8(ascii: "#")) else {
            let shown = String(decoding: [UInt8(ascii: "{"), kind], as: UTF8.self)
            throw mark.error("'\(shown)' is never closed")
        }
        position = end + 2
        trimsNext = end > start && bytes[end - 1] == UInt8(ascii: "-")
        if kind == UInt8(ascii: "#") { return }
        var lexer = TemplateLexer(bytes: bytes, range: start..<(trimsNext ? end - 1 : end), marks: self.mark)
        let tokens = try lexer.tokens()
        pieces.append(kind == UInt8(ascii: "{") ? .insertion(tokens, mark) : .tag(tokens, mark))
    }

    /// The position of the closing bracket; brackets inside quotes do not count.
    private func end(_ closing: UInt8, isComment: Bool) -> Int? {
        var index = position
        var isQuoted = false
        while index + 1 < bytes.count {
            if isQuoted, bytes[index] == UInt8(ascii: "\\") {
                index += 2
                continue
            }
            if bytes[index] == UInt8(ascii: "\""), !isComment { isQuoted.toggle() }
            if !isQuoted, bytes[index] == closing, bytes[index + 1] == UInt8(ascii: "}") { return index }
            index += 1
        }
        return nil
    }

    private func mark(_ index: Int) -> TemplateMark {
        let before = bytes[..<min(index, bytes.count)]
        let lineStart = before.lastIndex(of: 10).map { $0 + 1 } ?? 0
        let line = before.count { $0 == 10 } + 1
        return TemplateMark(line: line, column: before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1)
    }
}
