package import Base

/// A command-line option that takes one typed value: `--name VALUE` or `--name=VALUE`.
package struct Option<Value: Sendable>: Sendable {
    package let spec: OptionSpec
    let reader: ValueReader<Value>

    package init(
        _ name: String,
        short: Character? = nil,
        _ reader: ValueReader<Value>,
        placeholder: String? = nil,
        isSecret: Bool = false,
        isHidden: Bool = false,
        help: String
    ) {
        self.reader = reader
        spec = OptionSpec(
            name: name,
            short: short,
            placeholder: placeholder ?? reader.placeholder,
            isSecret: isSecret,
            isHidden: isHidden,
            expected: reader.expected,
            choices: reader.choices,
            help: help,
            accepts: { reader.read($0) != nil }
        )
    }
}

/// An option that may be given several times; its values keep their order.
package struct RepeatedOption<Value: Sendable>: Sendable {
    package let spec: OptionSpec
    let reader: ValueReader<Value>

    /// At most `maximum` times.
    package init(
        _ name: String,
        short: Character? = nil,
        _ reader: ValueReader<Value>,
        placeholder: String? = nil,
        maximum: Int,
        help: String
    ) {
        self.reader = reader
        spec = OptionSpec(
            name: name,
            short: short,
            placeholder: placeholder ?? reader.placeholder,
            maximum: maximum,
            expected: reader.expected,
            choices: reader.choices,
            help: help,
            accepts: { reader.read($0) != nil }
        )
    }
}

/// An option without a value.
package struct Flag: Sendable {
    package let spec: OptionSpec

    package init(_ name: String, short: Character? = nil, isHidden: Bool = false, help: String) {
        spec = OptionSpec(name: name, short: short, placeholder: nil, isHidden: isHidden, help: help)
    }
}

/// An argument that is identified by its position.
package struct Positional<Value: Sendable>: Sendable {
    package let spec: PositionalSpec
    let reader: ValueReader<Value>

    /// `choices` are offered by completion; without them those of the reader are.
    package init(
        _ name: String,
        _ reader: ValueReader<Value>,
        count: ClosedRange<Int> = 1...1,
        choices: [String] = [],
        help: String
    ) {
        self.reader = reader
        spec = PositionalSpec(
            name: name,
            count: count,
            expected: reader.expected,
            choices: choices.isEmpty ? reader.choices : choices,
            help: help,
            accepts: { reader.read($0) != nil }
        )
    }
}

/// An option without its type: what the parser and the help text need.
package struct OptionSpec: Sendable {
    /// Without dashes.
    package let name: String
    package let short: Character?
    /// nil for a flag.
    package let placeholder: String?
    /// How often it may be given.
    package let maximum: Int
    /// Whether its value is kept out of messages.
    package let isSecret: Bool
    /// Whether help and completion leave it out: an older name that still works.
    package let isHidden: Bool
    package let expected: String
    /// The values to choose from, for completion; empty where there are more.
    package let choices: [String]
    package let help: String
    package let accepts: @Sendable (String) -> Bool

    package init(
        name: String,
        short: Character? = nil,
        placeholder: String?,
        maximum: Int = 1,
        isSecret: Bool = false,
        isHidden: Bool = false,
        expected: String = "",
        choices: [String] = [],
        help: String,
        accepts: @escaping @Sendable (String) -> Bool = { _ in true }
    ) {
        self.name = name
        self.short = short
        self.placeholder = placeholder
        self.maximum = maximum
        self.isSecret = isSecret
        self.isHidden = isHidden
        self.expected = expected
        self.choices = choices
        self.help = help
        self.accepts = accepts
    }
}

/// A positional argument without its type.
package struct PositionalSpec: Sendable {
    /// Upper case.
    package let name: String
    package let count: ClosedRange<Int>
    package let expected: String
    /// The values to choose from, for completion; empty where there are more.
    package let choices: [String]
    package let help: String
    package let accepts: @Sendable (String) -> Bool
}
