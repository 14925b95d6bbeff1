/// Patterns for people: `*` stands for any characters, `?` for one, `|` separates alternatives; upper and lower case are
/// the same.
enum WildcardPattern {
    /// Whether one of the alternatives is like the whole text.
    static func matches(_ text: String, _ patterns: String) -> Bool {
        let text = Array(text.lowercased())
        return patterns.lowercased().split(separator: "|", omittingEmptySubsequences: false)
            .contains { fits(text, Array($0)) }
    }

    /// The regular expression that matches the same.
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

    /// Goes back to the last `*` only: the time is the product of the lengths at most.
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
