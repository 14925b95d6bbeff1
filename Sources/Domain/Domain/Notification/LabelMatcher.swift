/// A condition on the labels of an incident: `tag=shop`, `severity!=info`, `name~Shop*`, `url!~*.test/*`.
///
/// A label may have several values, as tags do: `=` and `~` want one that fits, `!=` and `!~` want none. A label that is
/// not there is as one with an empty value. In patterns `*` stands for any characters, `?` for one, `|` separates
/// alternatives; upper and lower case are the same.
package struct LabelMatcher: Sendable, Equatable {
    package enum Operation: String, Sendable, CaseIterable {
        case equal = "="
        case unequal = "!="
        case like = "~"
        case unlike = "!~"
    }

    /// Why a text is no matcher.
    package enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
        case noOperation
        case unknownLabel(String)
        case tooLong
        case controlCharacter

        package var description: String {
            switch self {
            case .noOperation: "a matcher is a label, one of = != ~ !~, and a value, such as tag=shop"
            case .unknownLabel(let name):
                "there is no label '\(name.prefix(50))'; labels are \(LabelMatcher.labels.joined(separator: ", "))"
            case .tooLong: "a matcher has at most 256 characters"
            case .controlCharacter: "a matcher has no control characters, such as line breaks"
            }
        }
    }

    /// The labels that incidents have; those of series stand behind `series.`.
    package static let labels = ["id", "kind", "monitor", "name", "reason", "rule", "severity", "tag", "url"]

    package let label: String
    package let operation: Operation
    package let value: String

    package init(_ text: String) throws(Fault) {
        guard text.count <= 256 else { throw .tooLong }
        // Stored matchers stand in lines of their own.
        if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            throw .controlCharacter
        }
        guard let start = text.firstIndex(where: { "=!~".contains($0) }) else { throw .noOperation }
        let name = String(text[..<start].drop(while: \.isWhitespace)).split(separator: " ").joined(separator: " ")
        let rest = text[start...]
        guard let operation = [Operation.unequal, .unlike, .equal, .like].first(where: { rest.hasPrefix($0.rawValue) })
        else { throw .noOperation }
        guard Self.labels.contains(name) || name.hasPrefix("series.") && name.count > 7 else {
            throw .unknownLabel(name)
        }
        (label, self.operation) = (name, operation)
        let value = rest.dropFirst(operation.rawValue.count)
        self.value = value.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }

    /// Whether the values of the label, none or several, fit.
    package func matches(_ labels: [String: [String]]) -> Bool {
        let values = labels[label] ?? [""]
        return switch operation {
        case .equal: values.contains(value)
        case .unequal: !values.contains(value)
        case .like: values.contains { Self.isLike($0, value) }
        case .unlike: !values.contains { Self.isLike($0, value) }
        }
    }

    private static func isLike(_ text: String, _ patterns: String) -> Bool {
        let text = Array(text.lowercased())
        return patterns.lowercased().split(separator: "|", omittingEmptySubsequences: false)
            .contains { fits(text, Array($0)) }
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

extension LabelMatcher: CustomStringConvertible {
    package var description: String { "\(label)\(operation.rawValue)\(value)" }
}

extension [LabelMatcher] {
    /// Whether all of them fit; none fits everything.
    package func matches(_ labels: [String: [String]]) -> Bool { allSatisfy { $0.matches(labels) } }
}

extension Incident {
    /// What matchers see of an incident.
    package var labels: [String: [String]] {
        var labels = [
            "id": ["\(id)"], "kind": [kind.rawValue], "name": [subject], "severity": [severity.rawValue],
            "url": [target],
        ]
        let series = tags.filter { $0.hasPrefix(Self.seriesPrefix) }
        for pair in series.compactMap({ Self.seriesLabel($0) }) { labels[pair.name] = [pair.value] }
        let words = series.isEmpty ? tags : tags.filter { !$0.hasPrefix(Self.seriesPrefix) }
        labels["tag"] = words.isEmpty ? [""] : words
        if let reason { labels["reason"] = [reason] }
        if let monitorID { labels["monitor"] = ["\(monitorID)"] }
        if let ruleID { labels["rule"] = ["\(ruleID)"] }
        return labels
    }
}

extension Incident {
    private static let seriesPrefix = "series."

    /// A series' labels as words among the tags: `series.job=node`; monitors' tags have no `=`.
    package static func tags(of series: SeriesKey) -> [String] {
        series.labels.filter { !$0.value.contains("\n") && !$0.name.contains("\n") && !$0.name.contains("=") }
            .map { "\(seriesPrefix)\($0.name)=\($0.value)" }
    }

    /// The label and value of such a word: `series.job`, `node`; nil for a plain tag.
    package static func seriesLabel(_ tag: String) -> (name: String, value: String)? {
        guard tag.hasPrefix(seriesPrefix), let equals = tag.firstIndex(of: "=") else { return nil }
        return (String(tag[..<equals]), String(tag[tag.index(after: equals)...]))
    }
}
