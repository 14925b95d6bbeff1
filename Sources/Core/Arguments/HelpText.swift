/// Writes the help of commands, 80 columns wide so that it looks the same everywhere.
package enum HelpText {
    private static let width = 80
    private static let indent = 28

    /// The full help of a command, with a final line break.
    package static func text<Action>(of command: Command<Action>, path: [String]) -> String {
        var sections = [wrapped(command.summary), "Usage: " + usage(of: command, path: path)]
        if !command.discussion.isEmpty {
            let paragraphs = command.discussion.split(separator: "\n", omittingEmptySubsequences: false)
            sections.append(
                paragraphs.map { $0.hasPrefix("  ") ? String($0) : wrapped(String($0)) }.joined(separator: "\n")
            )
        }
        section("Arguments", command.positionals.map { (name(of: $0), $0.help) }, &sections)
        section("Commands", command.shown.map { ($0.name, $0.summary) }, &sections)
        let help = OptionSpec(name: "help", short: "h", placeholder: nil, help: "Show this help.")
        section(
            "Options",
            (command.options.filter { !$0.isHidden } + [help]).map { (label(of: $0), $0.help) },
            &sections
        )
        if !command.subcommands.isEmpty {
            sections.append("See '\(path.joined(separator: " ")) COMMAND --help' for more about a command.")
        }
        return sections.joined(separator: "\n\n") + "\n"
    }

    /// One line: `sentinel check [OPTIONS] URL`.
    package static func usage<Action>(of command: Command<Action>, path: [String]) -> String {
        var words = path
        if !command.options.isEmpty { words.append("[OPTIONS]") }
        if !command.subcommands.isEmpty { words.append("COMMAND") }
        return (words + command.positionals.map(name)).joined(separator: " ")
    }

    private static func name(of positional: PositionalSpec) -> String {
        let repeated = positional.count.upperBound > 1 ? "\(positional.name)..." : positional.name
        return positional.count.lowerBound == 0 ? "[\(repeated)]" : repeated
    }

    private static func label(of option: OptionSpec) -> String {
        let short = option.short.map { "-\($0), " } ?? "    "
        return "\(short)--\(option.name)" + (option.placeholder.map { " \($0)" } ?? "")
    }

    private static func section(_ title: String, _ rows: [(label: String, help: String)], _ sections: inout [String]) {
        guard !rows.isEmpty else { return }
        let column = min(indent, 4 + (rows.map(\.label.count).max() ?? 0))
        let blocks = rows.map { row in
            let help = lines(row.help, width: width - column)
            let label = "  " + row.label
            let fits = label.count + 2 <= column
            let first = fits ? label + pad(column - label.count) + (help.first ?? "") : label
            return ([first] + (fits ? help.dropFirst() : help[...]).map { pad(column) + $0 }).joined(separator: "\n")
        }
        sections.append("\(title):\n" + blocks.joined(separator: "\n"))
    }

    private static func pad(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }

    private static func wrapped(_ text: String) -> String { lines(text, width: width).joined(separator: "\n") }

    /// Wraps a text between words; a word longer than a line stays whole.
    private static func lines(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + (line.isEmpty ? [] : [line])
    }
}
