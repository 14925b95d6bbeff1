import Base
/// The rules for what people write: names, comments, matchers.
enum PlainText {
    /// Something to be seen, in one line.
    static func line(_ text: String) -> Schema.TextFault? {
        if let fault = blank(text) { return fault }
        return isClean(text) ? nil : .init("it cannot hold control characters")
    }

    /// Something to be seen, in any number of lines.
    static func lines(_ text: String) -> Schema.TextFault? {
        if let fault = blank(text) { return fault }
        return isClean(text, except: "\n") ? nil : .init("it cannot hold control characters but line feeds")
    }

    /// Says of `line` what a regular expression can.
    static let linePattern = "^[^\\x00-\\x1F\\x7F-\\x9F]*[^\\s\\x00-\\x1F\\x7F-\\x9F][^\\x00-\\x1F\\x7F-\\x9F]*$"
    /// The same of `lines`.
    static let linesPattern =
        "^[^\\x00-\\x09\\x0B-\\x1F\\x7F-\\x9F]*[^\\s\\x00-\\x1F\\x7F-\\x9F][^\\x00-\\x09\\x0B-\\x1F\\x7F-\\x9F]*$"

    /// Who does something.
    static let author = Schema.string(length: 1...100, pattern: linePattern, example: "Ada", rule: line)
    /// What somebody says about it.
    static let comment = Schema.string(length: 1...4000, pattern: linesPattern, example: "Looking into it", rule: lines)

    private static func blank(_ text: String) -> Schema.TextFault? {
        text.unicodeScalars.allSatisfy(\.properties.isWhitespace) ? .init("it cannot be blank") : nil
    }

    /// Scalars, since a carriage return and a line feed are one character.
    private static func isClean(_ text: String, except allowed: Unicode.Scalar? = nil) -> Bool {
        text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control || $0 == allowed }
    }
}
