import Base

/// The parsed options and arguments of one call of a command; every value was accepted by its reader.
package struct Invocation: Sendable {
    /// The program's name and the commands, such as `["sentinel", "monitors", "add"]`.
    package let path: [String]
    /// By option name, in the order given; flags have empty texts.
    private(set) var options: [String: [String]] = [:]
    /// The options' names in the order in which they were first given.
    private var order: [String] = []
    private(set) var positionals: [String: [String]] = [:]

    init(path: [String]) { self.path = path }

    mutating func add(option name: String, _ text: String) {
        if options[name] == nil { order.append(name) }
        options[name, default: []].append(text)
    }
    mutating func add(positional name: String, _ text: String) { positionals[name, default: []].append(text) }

    /// nil when the option is not given.
    package subscript<Value>(option: Option<Value>) -> Value? {
        options[option.spec.name]?.last.flatMap(option.reader.read)
    }

    package subscript<Value>(option: RepeatedOption<Value>) -> [Value] {
        options[option.spec.name, default: []].compactMap(option.reader.read)
    }

    package subscript(flag: Flag) -> Bool { options[flag.spec.name] != nil }

    /// The values of a positional argument, as many as its declaration allows.
    package subscript<Value>(positional: Positional<Value>) -> [Value] {
        positionals[positional.spec.name, default: []].compactMap(positional.reader.read)
    }

    /// The text of an option by name, for options that are generated from a table.
    package func text(ofOption name: String) -> String? { options[name]?.last }

    /// The place of an option among those given; nil when it is not given.
    package func position(ofOption name: String) -> Int? { order.firstIndex(of: name) }

    /// Every text of an option by name, in the order given.
    package func texts(ofOption name: String) -> [String] { options[name, default: []] }
}
