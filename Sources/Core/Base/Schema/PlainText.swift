/// The rules for what people write: names, comments, tags.
package enum PlainText {
    /// Something to be seen, in one line.
    package static func line(_ text: String) -> Schema.TextError? {
        if let fault = blank(text) { return fault }
        return isClean(text) ? nil : .init("it cannot hold control characters")
    }

    /// Something to be seen, in any number of lines.
    package static func lines(_ text: String) -> Schema.TextError? {
        if let fault = blank(text) { return fault }
        return isClean(text, except: "\n") ? nil : .init("it cannot hold control characters but line feeds")
    }

    /// A name, whose faults say so.
    package static func name(_ text: String) -> Schema.TextError? {
        if isBlank(text) { return .init("Name cannot be empty or whitespace") }
        return isClean(text) ? nil : .init("Name cannot hold control characters")
    }

    /// A word to find something by.
    package static func tag(_ text: String) -> Schema.TextError? {
        let isWord = text.lowercased().utf8.allSatisfy { byte in
            byte &- 97 < 26 || byte &- 48 < 10 || "_.:-".utf8.contains(byte)
        }
        return isWord ? nil : .init("A tag is made of letters, digits and _ . : -")
    }

    /// Says of `line` what a regular expression can.
    package static let linePattern =
        "^[^\\x00-\\x1F\\x7F-\\x9F]*[^\\s\\x00-\\x1F\\x7F-\\x9F][^\\x00-\\x1F\\x7F-\\x9F]*$"
    /// The same of `lines`.
    package static let linesPattern =
        "^[^\\x00-\\x09\\x0B-\\x1F\\x7F-\\x9F]*[^\\s\\x00-\\x1F\\x7F-\\x9F][^\\x00-\\x09\\x0B-\\x1F\\x7F-\\x9F]*$"

    /// Who does something.
    package static let author = Schema.string(length: 1...100, pattern: linePattern, example: "Ada", rule: line)
    /// What somebody says about it.
    package static let comment = Schema.string(
        length: 1...4000,
        pattern: linesPattern,
        example: "Looking into it",
        rule: lines
    )

    /// Whether there are no control characters but `allowed`.
    ///
    /// Scalars, since a carriage return and a line feed are one character.
    package static func isClean(_ text: String, except allowed: Unicode.Scalar? = nil) -> Bool {
        text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control || $0 == allowed }
    }

    private static func isBlank(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(\.properties.isWhitespace) }

    private static func blank(_ text: String) -> Schema.TextError? { isBlank(text) ? .init("it cannot be blank") : nil }
}
