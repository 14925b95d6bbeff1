package import Base

/// The value of a name while a template is rendered.
package indirect enum TemplateValue: Sendable, Equatable {
    /// No value: inserts nothing and counts as false.
    case none
    case text(String)
    case number(Int64)
    case flag(Bool)
    case time(Timestamp)
    case duration(Duration)
    case list([TemplateValue])
    case record([String: TemplateValue])

    /// A text, or `.none` for nil.
    package init(_ text: String?) { self = text.map(Self.text) ?? .none }

    subscript(_ name: String) -> TemplateValue {
        guard case .record(let members) = self else { return .none }
        return members[name] ?? .none
    }

    /// Whether it counts as true: not missing, empty, zero or false.
    var isTrue: Bool {
        switch self {
        case .none: false
        case .text(let text): !text.isEmpty
        case .number(let number): number != 0
        case .flag(let flag): flag
        case .time: true
        case .duration(let length): length > .zero
        case .list(let elements): !elements.isEmpty
        case .record(let members): !members.isEmpty
        }
    }

    /// The inserted text: a time in ISO 8601, a duration as "2 h 5 min"; lists and records as JSON.
    package var plainText: String {
        switch self {
        case .none: ""
        case .text(let text): text
        case .number(let number): "\(number)"
        case .flag(let flag): flag ? "true" : "false"
        case .time(let time): time.description
        case .duration(let length): length.words
        case .list, .record: json.description
        }
    }

    /// As JSON: times in ISO 8601, durations in whole seconds; members without a value are null.
    package var json: JSONValue {
        switch self {
        case .none: .null
        case .text(let text): .string(text)
        case .number(let number): .integer(number)
        case .flag(let flag): .bool(flag)
        case .time(let time): .string(time.description)
        case .duration(let length): .integer(length.wholeMilliseconds / 1000)
        case .list(let elements): .array(elements.map(\.json))
        case .record(let members):
            .object(JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) }))
        }
    }
}

extension Duration {
    /// For people, in the two largest units: "2 h 5 min".
    package var words: String {
        var left = max(0, wholeMilliseconds / 1000)
        guard left > 0 else { return "0 s" }
        var parts: [String] = []
        for (unit, size) in [("d", Int64(86_400)), ("h", 3600), ("min", 60), ("s", 1)] {
            let (count, remainder) = left.quotientAndRemainder(dividingBy: size)
            if count > 0 { parts.append("\(count) \(unit)") } else if !parts.isEmpty { break }
            left = remainder
            if parts.count == 2 { break }
        }
        return parts.joined(separator: " ")
    }
}

extension Timestamp {
    /// For people: `2026-11-20 05:09:37 UTC`.
    package var words: String {
        let text = description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"
    }
}
