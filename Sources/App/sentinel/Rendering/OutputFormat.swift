import Arguments
import Base

/// The output formats for a server's answers.
enum OutputFormat: String, CaseIterable, Sendable {
    /// Aligned columns, or names and values, for people.
    case table
    /// Like `table`, with every scalar member.
    case wide
    /// The server's answer unchanged, in one line.
    case json
    /// The same content as `json`, with one member a line.
    case yaml
}

/// The format option, and output in each format.
enum ServerOutput {
    private static let format = Option<OutputFormat>(
        "output",
        short: "o",
        .choice,
        placeholder: "FORMAT",
        help: "How to print it: table, wide, json or yaml (default: table)."
    )
    static let json = Flag("json", help: "The same as -o json.")

    static let options = [format.spec, json.spec]

    /// The format given by the command line.
    static func format(_ invocation: Invocation) throws(UsageError) -> OutputFormat {
        guard invocation[json] else { return invocation[format] ?? .table }
        guard let format = invocation[format], format != .json else { return .json }
        throw .other("--json and --output \(format.rawValue) exclude each other")
    }

    /// Prints a list; `table` builds the short table, `title` names the resources when there are none.
    static func list(
        _ items: [JSONValue],
        _ format: OutputFormat,
        none: String,
        table: ([JSONValue]) -> String
    ) -> String {
        switch format {
        case .table: table(items)
        case .wide: items.isEmpty ? none + "\n" : wide(items)
        case .json: "\(JSONValue.array(items))\n"
        case .yaml: YAMLText.text(.array(items))
        }
    }

    /// Prints one resource; `text` builds the output for people, by default names and values.
    static func one(_ value: JSONValue, _ format: OutputFormat, text: ((JSONValue) -> String)? = nil) -> String {
        switch format {
        case .table: text?(value) ?? pairs(value)
        case .wide: pairs(value)
        case .json: "\(value)\n"
        case .yaml: YAMLText.text(value)
        }
    }

    private static func pairs(_ value: JSONValue) -> String {
        guard case .object(let object) = value else { return "\(value)\n" }
        return TextTable.text(object.members.map { [$0.key, TextTable.shown($0.value)] })
    }

    private static func wide(_ items: [JSONValue]) -> String {
        var names: [String] = []
        for case .object(let object) in items {
            for (name, value) in object.members where isSingle(value) && !names.contains(name) { names.append(name) }
        }
        let rows = items.map { item in names.map { TextTable.shown(item[$0]) } }
        return TextTable.text([names.map { $0.uppercased() }] + rows)
    }

    private static func isSingle(_ value: JSONValue) -> Bool {
        switch value {
        case .array, .object: false
        case .null, .bool, .integer, .number, .string: true
        }
    }
}

extension TextTable {
    /// Any value as a table cell: lists of texts with commas, other structures as JSON, "-" for a missing one.
    static func shown(_ value: JSONValue?) -> String {
        switch value {
        case .bool(let flag)?: flag ? "yes" : "no"
        case .number(let number)?: "\(number)"
        case .array(let items)?:
            items.isEmpty ? "-" : items.map { $0.stringValue ?? $0.description }.joined(separator: ", ")
        case .object(let object)?: object.members.isEmpty ? "-" : value?.description ?? "-"
        default: cell(value)
        }
    }
}
