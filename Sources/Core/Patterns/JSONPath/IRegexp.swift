/// Regular expressions for interchange (RFC 9485), translated to PCRE2.
enum IRegexp {
    /// Compiles an expression; nil when it is not an I-Regexp.
    static func compile(_ pattern: String) -> RegularExpression? {
        guard let translated = translate(pattern) else { return nil }
        return try? RegularExpression(translated)
    }

    /// `.` matches all but line feed and carriage return; syntax of PCRE2 beyond the RFC is refused or taken literally.
    static func translate(_ pattern: String) -> String? {
        let scalars = Array(pattern.unicodeScalars)
        var result = ""
        var isClass = false
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            switch scalar {
            case "\\":
                guard index < scalars.count, let escape = escape(scalars, &index) else { return nil }
                result += escape
            case "[" where isClass: result += "\\["
            case "[":
                isClass = true
                result += "["
                if index < scalars.count, scalars[index] == "^" {
                    result += "^"
                    index += 1
                }
                // The RFC and XSD have no empty class; PCRE2 would take the bracket as a member.
                if index < scalars.count, scalars[index] == "]" { return nil }
            case "]" where isClass:
                isClass = false
                result += "]"
            case ".": result += isClass ? "." : "[^\\n\\r]"
            case "(" where !isClass:
                if index < scalars.count, scalars[index] == "?" || scalars[index] == "*" { return nil }
                result += "(?:"
            // The compliance suite requires anchors; `\z`, because `$` would also match before a final line feed.
            case "^" where !isClass: result += "\\A"
            case "$" where !isClass: result += "\\z"
            // A second quantifier would make the first lazy or possessive.
            case "*", "+", "?", "}":
                if !isClass, index < scalars.count, "*+?{".unicodeScalars.contains(scalars[index]) { return nil }
                result.unicodeScalars.append(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return isClass ? nil : result
    }

    private static func escape(_ scalars: [Unicode.Scalar], _ index: inout Int) -> String? {
        let scalar = scalars[index]
        index += 1
        switch scalar {
        case "n", "r", "t": return "\\" + String(scalar)
        case "p", "P":
            guard let close = scalars[index...].firstIndex(of: "}"), scalars[index] == "{" else { return nil }
            let name = String(String.UnicodeScalarView(scalars[(index + 1)..<close]))
            guard (1...2).contains(name.utf8.count), name.utf8.allSatisfy({ (65...122).contains($0) }) else {
                return nil
            }
            index = close + 1
            return "\\\(scalar){\(name)}"
        case _ where "()*+-.?[\\]^{|}$".unicodeScalars.contains(scalar): return "\\" + String(scalar)
        default: return nil
        }
    }
}
