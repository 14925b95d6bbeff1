/// Simple patterns: `*` matches any characters, `?` one character, `
/// ` separates alternatives; case is ignored.
enum WildcardPattern {
    /// Whether one of the alternatives matches the whole text.
    static func matches(_ text: String, _ patterns: String) -> Bool {
        let text = Array(text.lowercased())
        return patterns.lowercased().split(separator: "|", omittingEmptySubsequences: false)
            .contains { fits(text, Array($0)) }
    }

    /// The equivalent regular expression.
    static func expression(_ patterns: String) -> String {
        let special = #"\.+()[]{}^$"#
        return "(?is)"
            + patterns.map { character in
                switch character {
                case "*": ".*"
                case "?": "."
                case _ where special.contains(character): "\\\(character)"
                default: "\(character)"
                }
            }.joined()
    }

    /// Backtracks only to the last `*`: the time is at most the product of the lengths.
    private static func fits(_ text: [Character], _ pattern: [Character]) -> Bool {
        var (at, place) = (0, 0)
        var star: (pattern: Int, text: Int)?
        while at < text.count {
            if place < pattern.count, pattern[place] == "*" {
                star = (place, at)
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == text[at] {
                (at, place) = (at + 1, place + 1)
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                (place, at) = (last.pattern + 1, last.text + 1)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}
