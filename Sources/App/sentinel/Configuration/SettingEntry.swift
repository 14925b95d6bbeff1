import Base

/// One setting of the program: its declaration, and its place in `Settings`.
struct SettingEntry: Sendable {
    let spec: SettingSpec
    /// Takes the value in force.
    let take: @Sendable (Configuration, inout Settings) -> Void
    /// What keeps `serve` from starting with a value that the reader accepts.
    var faults: Faults = { _, _ in [] }

    /// Finds what is wrong with a value, also with one that a stronger source overrides: in words that follow its place.
    typealias Faults = @Sendable (_ text: String, _ settings: Settings) -> [String]

    /// The same setting with more to say against its values.
    func refusing(_ faults: @escaping Faults) -> Self {
        var entry = self
        entry.faults = faults
        return entry
    }

    /// The same setting with at most one thing to say against a value.
    func refusing(_ fault: @escaping @Sendable (_ text: String) -> String?) -> Self {
        refusing { text, _ in fault(text).map { [$0] } ?? [] }
    }
}

extension SettingEntry {
    /// Declares a setting; its default is what stands in a new `Settings`.
    ///
    /// `name` is its dotted path in a file. The first of the `environment` names that is set counts. `flag` is the
    /// command-line option without its dashes; nil when there is none.
    static func setting<Value: Sendable>(
        _ name: String,
        _ path: any WritableKeyPath<Settings, Value> & Sendable,
        environment: [String],
        flag: String? = nil,
        _ reader: ValueReader<Value>,
        masking: SettingSpec.Masking = .none,
        help: String
    ) -> SettingEntry {
        let setting = Setting(
            name,
            environment: environment,
            flag: flag,
            default: Settings()[keyPath: path],
            reader,
            masking: masking,
            help: help
        )
        return SettingEntry(spec: setting.spec) { configuration, settings in
            settings[keyPath: path] = configuration[setting]
        }
    }
}
