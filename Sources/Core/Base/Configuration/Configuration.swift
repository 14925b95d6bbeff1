/// The effective settings and where each came from.
package struct Configuration: Sendable {
    /// One setting's canonical text and origin.
    package struct Entry: Sendable {
        package let spec: SettingSpec
        package let text: String
        package let origin: SettingOrigin
    }

    /// In the order of the table of settings.
    package let entries: [Entry]
    /// Things that look like mistakes but do not stop the program.
    package let warnings: [String]
    /// Every value that was given and that its setting accepts, weakest first: also those that others override.
    package private(set) var given: [Entry]

    init(entries: [Entry], warnings: [String], given: [Entry]) {
        self.entries = entries
        self.warnings = warnings
        self.given = given
    }

    /// The typed value of a setting; its default when the table lacks it.
    package subscript<Value>(setting: Setting<Value>) -> Value {
        setting.value(of: entries.first { $0.spec.name == setting.spec.name }?.text ?? setting.spec.defaultText)
    }

    /// The same with another value of one setting, which follows from other settings.
    package func replacing(_ name: String, with text: String, from origin: SettingOrigin) -> Configuration {
        let entries = entries.map { entry in
            entry.spec.name == name ? Entry(spec: entry.spec, text: text, origin: origin) : entry
        }
        // What has been made of other settings is to be looked at like what was given.
        let made = entries.filter { $0.spec.name == name }
        let kept = given.filter { $0.spec.name != name || $0.origin != origin }
        return Configuration(entries: entries, warnings: warnings, given: kept + made)
    }

    package func origin(of name: String) -> SettingOrigin {
        entries.first { $0.spec.name == name }?.origin ?? .default
    }
}

/// A key and its value in a configuration file, by dotted path.
package struct ConfigurationFileEntry: Sendable, Equatable {
    package let name: String
    /// nil for a value that is not a scalar: a list, an empty map.
    package let text: String?
    /// From 1.
    package let line: Int

    package init(name: String, text: String?, line: Int) { (self.name, self.text, self.line) = (name, text, line) }
}

/// All sources of settings, strongest first.
package struct ConfigurationSources: Sendable {
    /// By option name without dashes.
    package var flags: [String: String] = [:]
    package var environment: [String: String] = [:]
    package var dotEnv: DotEnv?
    package var filePath = ""
    package var fileEntries: [ConfigurationFileEntry] = []

    package init() {}
}

extension Configuration {
    /// Resolves every setting: flags over environment over `.env` over file over default.
    ///
    /// Every given value is checked, even one that a stronger source overrides. An empty environment variable counts as
    /// unset. A variable that begins with `prefix` but is neither a setting's nor in `knownVariables` causes a warning.
    ///
    /// Throws `ConfigurationError` with every unknown key and every value that a setting does not accept, each with its
    /// location.
    package init(
        _ settings: [SettingSpec],
        from sources: ConfigurationSources,
        knownVariables: [String] = [],
        prefix: String = "SENTINEL_"
    ) throws(ConfigurationError) {
        let (configuration, problems) = Self.resolve(settings, from: sources, knownVariables, prefix)
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        self = configuration
    }

    /// What holds by the values that can be used, and every error.
    package static func resolve(
        _ settings: [SettingSpec],
        from sources: ConfigurationSources,
        _ knownVariables: [String] = [],
        _ prefix: String = "SENTINEL_"
    ) -> (configuration: Configuration, problems: [ConfigurationError.Problem]) {
        var problems = unknownKeys(settings, sources)
        var entries: [Entry] = []
        var given: [Entry] = []
        for spec in settings {
            var entry = Entry(spec: spec, text: spec.defaultText, origin: .default)
            for (text, origin) in candidates(spec, sources) {
                if let text, let normalized = spec.normalized(text) {
                    entry = Entry(spec: spec, text: normalized, origin: origin)
                    given.append(entry)
                } else {
                    let found = text.map(spec.shown)
                    problems.append(
                        .invalid(
                            name: spec.name,
                            origin: origin,
                            found: spec.masking == .whole ? nil : found,
                            expected: spec.expected
                        )
                    )
                }
            }
            entries.append(entry)
        }
        let variables = settings.flatMap(\.environment) + knownVariables
        let warnings = misspelt(variables, sources, prefix)
        return (Configuration(entries: entries, warnings: warnings, given: given), problems)
    }

    /// All values given for a setting, weakest first.
    private static func candidates(
        _ spec: SettingSpec,
        _ sources: ConfigurationSources
    ) -> [(text: String?, origin: SettingOrigin)] {
        var found: [(text: String?, origin: SettingOrigin)] = []
        for entry in sources.fileEntries where entry.name == spec.name {
            found.append((entry.text, .file(path: sources.filePath, line: entry.line)))
        }
        if let dotEnv = sources.dotEnv {
            for name in spec.environment.reversed() {
                guard let variable = dotEnv.variables[name], !variable.value.isEmpty else { continue }
                found.append((variable.value, .dotEnv(path: dotEnv.path, line: variable.line)))
            }
        }
        for name in spec.environment.reversed() {
            guard let value = sources.environment[name], !value.isEmpty else { continue }
            found.append((value, .environment(variable: name)))
        }
        if let flag = spec.flag, let value = sources.flags[flag] { found.append((value, .flag(name: flag))) }
        return found
    }

    private static func unknownKeys(
        _ settings: [SettingSpec],
        _ sources: ConfigurationSources
    ) -> [ConfigurationError.Problem] {
        let names = settings.map(\.name)
        let known = Set(names)
        return sources.fileEntries.filter { !known.contains($0.name) }.map { entry in
            if let member = names.first(where: { $0.hasPrefix(entry.name + ".") }) {
                return .section(path: sources.filePath, line: entry.line, name: entry.name, example: member)
            }
            return .unknownKey(
                path: sources.filePath,
                line: entry.line,
                name: entry.name,
                suggestion: Suggestion.nearest(to: entry.name, among: names)
            )
        }
    }

    /// A warning for each variable that has this program's prefix but is not known.
    private static func misspelt(_ known: [String], _ sources: ConfigurationSources, _ prefix: String) -> [String] {
        let names = Set(known)
        func warning(_ name: String, _ origin: SettingOrigin) -> String? {
            guard name.hasPrefix(prefix), !names.contains(name) else { return nil }
            let suggestion = Suggestion.nearest(to: name, among: known.filter { $0.hasPrefix(prefix) })
            return "\(name) (\(origin)) is not a setting" + (suggestion.map { "; did you mean \($0)?" } ?? "")
        }
        var warnings = sources.environment.keys.sorted().compactMap { warning($0, .environment(variable: $0)) }
        if let dotEnv = sources.dotEnv {
            let variables = dotEnv.variables.sorted { $0.value.line < $1.value.line }
            warnings += variables.compactMap { warning($0.key, .dotEnv(path: dotEnv.path, line: $0.value.line)) }
        }
        return warnings
    }
}
