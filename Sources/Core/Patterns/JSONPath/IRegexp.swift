/// Reads a regular expression for interchange (RFC 9485) and translates it to PCRE2.
///
/// `^` and `$` are anchors, as the compliance suite of JSONPath has them, and `\$` is the character.
struct IRegexp {
    /// Why a text is no such expression, and at which of its characters, from 1.
    struct ParseError: Error, Equatable {
        var reason: String
        var place: Int
    }

    /// How deep parentheses nest.
    static let maximumDepth = 32
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    private var result = ""

    private init(_ pattern: String) { scalars = Array(pattern.unicodeScalars) }

    /// Compiles an expression; throws where it is none, or PCRE2 cannot compile it.
    static func compile(_ pattern: String, isWhole: Bool) throws(ParseError) -> RegularExpression {
        let translated = try translate(pattern)
        do {
            return try RegularExpression(translated: translated, isWhole: isWhole)
        } catch {
            let reason = if case .syntax(let reason, _) = error { reason } else { "\(error)" }
            throw ParseError(reason: reason, place: 1)
        }
    }

    static func translate(_ pattern: String) throws(ParseError) -> String {
        guard pattern.utf8.count <= RegularExpression.maximumLength else {
            throw ParseError(reason: "it is longer than \(RegularExpression.maximumLength) bytes", place: 1)
        }
        var reader = IRegexp(pattern)
        try reader.branches()
        guard reader.position == reader.scalars.count else { throw reader.fault("')' closes nothing") }
        return reader.result
    }

    // MARK: Grammar

    private mutating func branches() throws(ParseError) {
        while let scalar = current, scalar != ")" {
            if take("|") { result += "|" } else { try piece() }
        }
    }

    private mutating func piece() throws(ParseError) {
        try atom()
        guard try quantifier() else { return }
        if let next = current, "*+?{".unicodeScalars.contains(next) {
            throw fault("a quantifier follows a quantifier")
        }
    }

    private mutating func atom() throws(ParseError) {
        guard let scalar = current else { return }
        switch scalar {
        case "(": try group()
        case "[": try characterClass()
        case "\\":
            switch try escape() {
            case .scalar(let scalar): result += Self.quoted(scalar)
            case .category(let text): result += text
            }
        case ".":
            position += 1
            result += "[^\\n\\r]"
        case "^":
            position += 1
            result += "(?:\\A)"
        // `$` of PCRE2 would match before a final line feed too.
        case "$":
            position += 1
            result += "(?:\\z)"
        case "*", "+", "?", "{": throw fault("there is nothing to repeat")
        case "}", "]": throw fault("'\(scalar)' must be escaped")
        default:
            position += 1
            result += Self.quoted(scalar)
        }
    }

    private mutating func group() throws(ParseError) {
        let start = position
        position += 1
        depth += 1
        guard depth <= Self.maximumDepth else { throw fault("it nests deeper than \(Self.maximumDepth) levels") }
        if current == "?" || current == "*" { throw fault("only PCRE has groups with '(\(current ?? "?")'") }
        result += "(?:"
        try branches()
        guard take(")") else { throw fault("the group has no end", at: start) }
        depth -= 1
        result += ")"
    }

    private mutating func quantifier() throws(ParseError) -> Bool {
        guard let scalar = current else { return false }
        if "*+?".unicodeScalars.contains(scalar) {
            position += 1
            result.unicodeScalars.append(scalar)
            return true
        }
        let start = position
        guard take("{") else { return false }
        guard let lower = digits() else { throw fault("a quantifier begins with a number") }
        let hasUpper = take(",")
        let upper = hasUpper ? digits() : lower
        guard take("}") else { throw fault("expected '}'") }
        let highest = max(lower, upper ?? 0)
        guard highest <= 65_535 else { throw fault("a quantifier is at most 65,535", at: start) }
        if let upper, upper < lower { throw fault("a quantifier's numbers are in order", at: start) }
        result += hasUpper ? "{\(lower),\(upper.map(String.init) ?? "")}" : "{\(lower)}"
        return true
    }

    private mutating func characterClass() throws(ParseError) {
        let start = position
        position += 1
        let isNegated = take("^")
        result += isNegated ? "[^" : "["
        let first = position
        if take("-") { result += "\\-" }
        while let scalar = current, scalar != "]" {
            if scalar == "-" {
                position += 1
                guard current == "]" else { throw fault("'-' in a class is first, last or escaped", at: position - 1) }
                result += "\\-"
            } else {
                try members()
            }
        }
        guard position > first else { throw fault("a class is not empty", at: start) }
        guard take("]") else { throw fault("the class has no end", at: start) }
        result += "]"
    }

    /// One member of a class, or a range of them.
    private mutating func members() throws(ParseError) {
        let start = position
        switch try member() {
        case .category(let text): result += text
        case .scalar(let low):
            result += Self.quoted(low)
            guard current == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else { return }
            position += 1
            guard case .scalar(let high) = try member() else { throw fault("a range ends with a character", at: start) }
            guard low <= high else { throw fault("a range is in order", at: start) }
            result += "-" + Self.quoted(high)
        }
    }

    private enum Member {
        case scalar(Unicode.Scalar)
        case category(String)
    }

    private mutating func member() throws(ParseError) -> Member {
        guard let scalar = current else { throw fault("the class has no end") }
        if scalar == "\\" { return try escape() }
        guard !"-[]".unicodeScalars.contains(scalar) else { throw fault("'\(scalar)' in a class must be escaped") }
        position += 1
        return .scalar(scalar)
    }

    private mutating func escape() throws(ParseError) -> Member {
        let start = position
        position += 1
        guard let scalar = current else { throw fault("the escape has no end", at: start) }
        position += 1
        switch scalar {
        case "n": return .scalar("\n")
        case "r": return .scalar("\r")
        case "t": return .scalar("\t")
        case "p", "P":
            let name = try category(start)
            return .category("\\\(scalar){\(name)}")
        case _ where "()*+-.?[\\]^{|}$".unicodeScalars.contains(scalar): return .scalar(scalar)
        default: throw fault("'\\\(scalar)' is no escape of an I-Regexp", at: start)
        }
    }

    /// The general categories of Unicode but surrogates.
    private static let categories: [Character: String] = [
        "L": "lmotu", "M": "cen", "N": "dlo", "P": "cdefios", "Z": "lps", "S": "ckmo", "C": "cfno",
    ]

    private mutating func category(_ start: Int) throws(ParseError) -> String {
        var name = ""
        if take("{") {
            while let scalar = current, scalar != "}", name.count < 3 {
                name.unicodeScalars.append(scalar)
                position += 1
            }
        }
        guard take("}"), let first = name.first, let seconds = Self.categories[first],
            name.count == 1 || (name.count == 2 && name.last.map(seconds.contains) == true)
        else { throw fault("a category is one of Unicode, such as \\p{L} or \\p{Nd}", at: start) }
        return name
    }

    // MARK: Reading

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard current == scalar else { return false }
        position += 1
        return true
    }

    /// A number; one above 99,999 is cut, which is above every limit.
    private mutating func digits() -> Int? {
        let start = position
        var value = 0
        while let scalar = current, ("0"..."9").contains(scalar) {
            value = min(99_999, value * 10 + Int(scalar.value - 48))
            position += 1
        }
        return position > start ? value : nil
    }

    private func fault(_ reason: String, at offset: Int? = nil) -> ParseError {
        ParseError(reason: reason, place: (offset ?? position) + 1)
    }

    /// A character that stands for itself in PCRE2.
    private static func quoted(_ scalar: Unicode.Scalar) -> String {
        let isPlain = scalar.value > 127 || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
        if isPlain || ("0"..."9").contains(scalar) { return String(Character(scalar)) }
        return "\\x{\(String(scalar.value, radix: 16))}"
    }
}
