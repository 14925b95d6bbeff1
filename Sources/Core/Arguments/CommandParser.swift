import Base

/// Parses a command line into the call of a command; never prints, runs or exits.
package struct CommandParser<Action: Sendable>: Sendable {
    private let root: Command<Action>

    package init(_ root: Command<Action>) { self.root = root }

    /// The result of parsing a command line.
    package enum Outcome: Sendable {
        case run(Action, Invocation)
        /// The help text of a command.
        case help(String)
    }

    /// Parses the words after the program's name.
    ///
    /// An option of a command may also precede the command's name: `sentinel --server URL monitors list`.
    ///
    /// A group without further words, `-h`, `--help` and `help [COMMAND]…` ask for help.
    ///
    /// Throws `CommandUsageError` with the command and the error: an unknown command or option, a missing or repeated one,
    /// or all values that their declarations do not accept.
    package func parse(_ words: [String]) throws(CommandUsageError) -> Outcome {
        var command = root
        var path = [root.name]
        var rest = words[...]
        var wantsHelp = rest.isEmpty && root.action == nil
        if root.action == nil, rest.first == "help" {
            wantsHelp = true
            rest.removeFirst()
        }
        // Options that precede the name of the command that they belong to.
        var early: [String] = []
        while command.action == nil, let word = rest.first {
            if word == "-h" || word == "--help" { return .help(HelpText.text(of: command, path: path)) }
            if word.hasPrefix("--"), let option = command.optionBelow(named: Self.name(ofOption: word)) {
                let takesNext = option.placeholder != nil && !word.contains("=")
                early += rest.prefix(takesNext ? 2 : 1)
                rest = rest.dropFirst(takesNext ? 2 : 1)
                continue
            }
            command = try Self.subcommand(word, of: command, path)
            path.append(command.name)
            rest.removeFirst()
        }
        if wantsHelp { return .help(HelpText.text(of: command, path: path)) }
        if command.action == nil, let standard = command.subcommands.first(where: { $0.name == command.standard }) {
            command = standard
            path.append(standard.name)
        }
        guard let action = command.action else {
            throw CommandUsageError(.missingCommand(command.shown.map(\.name)), in: path)
        }
        var reader = InvocationReader(options: command.options, positionals: command.positionals, path: path)
        do throws(UsageError) {
            guard let invocation = try reader.read((early + rest)[...]) else {
                return .help(HelpText.text(of: command, path: path))
            }
            return .run(action, invocation)
        } catch {
            throw CommandUsageError(error, in: path)
        }
    }

    /// `server` for `--server` and `--server=URL`.
    private static func name(ofOption word: String) -> String { String(word.dropFirst(2).prefix { $0 != "=" }) }

    private static func subcommand(
        _ word: String,
        of command: Command<Action>,
        _ path: [String]
    ) throws(CommandUsageError) -> Command<Action> {
        let found = command.subcommands.first { $0.name == word || $0.synonyms.contains(word) }
        if let found { return found }
        let isOption = word.hasPrefix("-")
        let suggestion = isOption ? nil : Suggestion.nearest(to: word, among: command.shown.map(\.name))
        let error: UsageError =
            isOption ? .unknownOption(word, suggestion: nil) : .unknownCommand(word, suggestion: suggestion)
        throw CommandUsageError(error, in: path)
    }
}

/// Reads the options and arguments of one command.
private struct InvocationReader {
    let options: [OptionSpec]
    let positionals: [PositionalSpec]
    var invocation: Invocation
    private var arguments: [String] = []
    private var words: ArraySlice<String> = []
    private var wantsHelp = false
    /// The values that are not accepted; reading continues, so that all are found.
    private var wrong: [UsageError] = []

    init(options: [OptionSpec], positionals: [PositionalSpec], path: [String]) {
        (self.options, self.positionals) = (options, positionals)
        invocation = Invocation(path: path)
    }

    /// nil when help is asked for.
    mutating func read(_ words: ArraySlice<String>) throws(UsageError) -> Invocation? {
        self.words = words
        while let word = self.words.popFirst() {
            if word == "--" {
                arguments += self.words
                break
            }
            if word.hasPrefix("--") {
                try long(word)
            } else if word.hasPrefix("-"), word != "-" {
                try shorts(word)
            } else {
                arguments.append(word)
            }
            if wantsHelp { return nil }
        }
        try assignArguments()
        if let first = wrong.first { throw wrong.count == 1 ? first : .several(wrong) }
        return invocation
    }

    private mutating func long(_ word: String) throws(UsageError) {
        let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.first.map(String.init) ?? ""
        if name == "help", parts.count == 1 {
            wantsHelp = true
            return
        }
        guard let option = options.first(where: { $0.name == name }) else {
            let nearest = Suggestion.nearest(to: name, among: options.map(\.name) + ["help"])
            throw .unknownOption("--" + name, suggestion: nearest.map { "--" + $0 })
        }
        let value = parts.count == 2 ? String(parts[1]) : nil
        if option.placeholder == nil, value != nil { throw .unexpectedValue(flag: "--" + name) }
        try add(option, as: "--" + name, value)
    }

    /// Reads `-k`, `-kL`, `-X VALUE` and `-XVALUE`.
    private mutating func shorts(_ word: String) throws(UsageError) {
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
            if letter == "h" {
                wantsHelp = true
                return
            }
            guard let option = options.first(where: { $0.short == letter }) else {
                throw .unknownOption("-\(letter)", suggestion: nil)
            }
            guard option.placeholder == nil else {
                return try add(option, as: "-\(letter)", letters.isEmpty ? nil : String(letters))
            }
            try add(option, as: "-\(letter)", nil)
        }
    }

    /// Takes the option's value from the next word unless there is one already.
    private mutating func add(_ option: OptionSpec, as name: String, _ value: String?) throws(UsageError) {
        guard invocation.options[option.name, default: []].count < option.maximum else {
            throw .repeated(option: name, maximum: option.maximum)
        }
        guard let placeholder = option.placeholder else { return invocation.add(option: option.name, "") }
        // A word that looks like a long option is more likely a forgotten value; `--name=--text` passes it as a value.
        let next = words.first.flatMap { $0.hasPrefix("--") ? nil : $0 }
        guard let text = value ?? next else { throw .missingValue(option: name, placeholder: placeholder) }
        if value == nil { words.removeFirst() }
        guard option.accepts(text) else {
            wrong.append(.invalidValue(name: name, found: option.isSecret ? nil : text, expected: option.expected))
            return
        }
        invocation.add(option: option.name, text)
    }

    private mutating func assignArguments() throws(UsageError) {
        var rest = arguments[...]
        for positional in positionals {
            let taken = rest.prefix(positional.count.upperBound)
            guard taken.count >= positional.count.lowerBound else { throw .missingArgument(positional.name) }
            for text in taken {
                guard positional.accepts(text) else {
                    wrong.append(.invalidValue(name: positional.name, found: text, expected: positional.expected))
                    continue
                }
                invocation.add(positional: positional.name, text)
            }
            rest = rest.dropFirst(taken.count)
        }
        if let extra = rest.first { throw .unexpectedArgument(extra) }
    }
}
