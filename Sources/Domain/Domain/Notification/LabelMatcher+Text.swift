extension LabelMatcher {
    /// Parses matchers in Alertmanager's syntax: one, or several separated by commas, with or without braces.
    ///
    /// Throws the first `ParseError`: a text that is too long or contains a control character, a matcher without label,
    /// operator or value, an impossible value for its label, or an invalid regular expression.
    package static func list(_ text: String) throws(ParseError) -> [LabelMatcher] {
        guard text.count <= maximumLength else { throw .tooLong }
        let matchers = try parse(text)
        // Written down with quotes and backslashes it is longer, and must be accepted when it is sent back.
        guard matchers.allSatisfy({ $0.description.count <= maximumLength }) else { throw .tooLong }
        return matchers
    }

    /// As `list`, for texts of any length.
    private static func parse(_ text: String) throws(ParseError) -> [LabelMatcher] {
        // Stored matchers are on separate lines.
        if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            throw .controlCharacter
        }
        var rest = trimmed(text[...])
        if rest.first == "{", rest.last == "}" { rest = trimmed(rest.dropFirst().dropLast()) }
        var matchers: [LabelMatcher] = []
        repeat {
            matchers.append(try next(&rest, after: matchers.last))
            rest = trimmed(rest)
        } while !rest.isEmpty
        return matchers
    }

    /// Parses one matcher and the comma after it.
    private static func next(_ rest: inout Substring, after last: LabelMatcher?) throws(ParseError) -> LabelMatcher {
        guard let start = rest.firstIndex(where: { "=!~".contains($0) }),
            let operation = operation(at: rest[start...])
        else {
            if let last { throw .comma("\(last.value),\(rest)") }
            throw .noOperation
        }
        let label = String(trimmed(rest[..<start])).split(separator: " ").joined(separator: " ")
        guard isLabel(label) else { throw .unknownLabel(label) }
        rest = trimmed(rest[start...].dropFirst(operation.rawValue.count))
        let (value, isQuoted) = try value(&rest)
        let meant = "\(label)\(operation.rawValue)"
        if !isQuoted, value.isEmpty { throw .noValue("\(meant)\"\"") }
        if !isQuoted, operation == .equal, value.hasPrefix("=") {
            throw .doubled("\(label)=\(trimmed(value.dropFirst()))")
        }
        let matcher = try LabelMatcher(label, operation, value)
        try matcher.checkValue()
        return matcher
    }

    private static func operation(at text: Substring) -> Operation? {
        [.unequal, .matchesNot, .matches, .equal, .like].first { text.hasPrefix($0.rawValue) }
    }

    /// Parses a value and the comma after it.
    private static func value(_ rest: inout Substring) throws(ParseError) -> (String, isQuoted: Bool) {
        guard rest.first == "\"" else {
            let value = rest.prefix { $0 != "," }
            rest = rest.dropFirst(value.count + 1)
            if value.contains("\"") { throw .quotes }
            return (String(trimmed(value)), false)
        }
        var value = ""
        var isEscaped = false
        var place = rest.index(after: rest.startIndex)
        while place < rest.endIndex {
            let character = rest[place]
            place = rest.index(after: place)
            if isEscaped {
                // Other escapes belong to the expression inside the quotes.
                value += character == "\"" || character == "\\" ? "\(character)" : "\\\(character)"
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                rest = trimmed(rest[place...])
                guard rest.isEmpty || rest.first == "," else { throw .quotes }
                rest = rest.dropFirst()
                return (value, true)
            } else {
                value.append(character)
            }
        }
        throw .quotes
    }

    /// Throws for a value that the label can never have.
    private func checkValue() throws(ParseError) {
        guard operation == .equal || operation == .unequal, !value.isEmpty else { return }
        let known: [String]
        switch label {
        case "severity": known = Severity.allCases.map(\.rawValue)
        case "kind": known = Incident.Kind.allCases.map(\.rawValue)
        case "id", "monitor", "rule":
            guard Int64(value) != nil else { throw .noNumber(label: label, value: value) }
            return
        default: return
        }
        guard known.contains(value) else { throw .unknownValue(label: label, value: value, known: known) }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}

extension LabelMatcher {
    /// Parses one matcher from the store, including those of earlier versions.
    ///
    /// Earlier versions used `!~` with the patterns of `~`, empty values without quotes, and commas within values.
    ///
    /// Throws `ParseError` for text that no version has written: `.noOperation`, `.unknownLabel`, `.expression`, or as
    /// `init(_:)` for a quoted value.
    package init(stored text: String) throws(ParseError) {
        let operations = ["!=", "!~", "=~", "=", "~"]
        guard let start = text.firstIndex(where: { "=!~".contains($0) }),
            let sign = operations.first(where: { text[start...].hasPrefix($0) })
        else { throw .noOperation }
        let value = String(text[start...].dropFirst(sign.count))
        let isQuoted = value.first == "\"" && value.count > 1 && value.last == "\""
        if !isQuoted {
            let label = String(text[..<start])
            guard Self.isLabel(label) else { throw .unknownLabel(label) }
            switch sign {
            case "!~": self = try LabelMatcher(label, .matchesNot, WildcardPattern.expression(value))
            // An equality with a value that begins with ~.
            case "=~": self = try LabelMatcher(label, .equal, "~\(value)")
            default: self = try LabelMatcher(label, Operation(rawValue: sign) ?? .equal, value)
            }
            return
        }
        // Of any length: earlier releases stored longer ones than they took.
        let all = try Self.parse(text)
        guard all.count == 1, let only = all.first else { throw .several }
        self = only
    }
}
