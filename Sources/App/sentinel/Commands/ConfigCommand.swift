import Arguments
package import Base

/// `sentinel config`.
package enum ConfigCommand {
    static let command = Command<CommandAction>(
        "config",
        summary: "Prints the settings in force and where each came from; secrets are masked.",
        discussion: "Flags count over environment variables, those over .env, that over sentinel.yaml. "
            + "Ends with 2, after printing them, when 'serve' would not start with them.",
        options: ServerOutput.options + SettingOptions.options()
    ) { invocation, context in
        let configuration = try SettingOptions.loader(invocation, context.environment).load()
        for warning in configuration.warnings { context.complain("sentinel: warning: \(warning)\n") }
        let format = try ServerOutput.format(invocation)
        switch format {
        case .table: context.output(text(configuration))
        case .wide: context.output(wide(configuration))
        case .json, .yaml: context.output(ServerOutput.one(object(configuration), format))
        }
        let refusals = Settings(configuration).refusals
        for refusal in refusals { context.complain("sentinel: 'serve' would not start: \(refusal)\n") }
        return .exit(refusals.isEmpty ? .success : .usage)
    }

    /// One line a setting: name, value, origin.
    package static func text(_ configuration: Configuration) -> String {
        let rows = configuration.entries.map { entry in
            [entry.spec.name, entry.text.isEmpty ? "(none)" : entry.spec.shown(entry.text), entry.origin.description]
        }
        return TextTable.text(rows)
    }

    /// Like `text`, with the variables and flags of each setting.
    private static func wide(_ configuration: Configuration) -> String {
        let rows = configuration.entries.map { entry in
            [
                entry.spec.name, entry.text.isEmpty ? "(none)" : entry.spec.shown(entry.text), entry.origin.description,
                entry.spec.environment.joined(separator: ","), entry.spec.flag.map { "--\($0)" } ?? "-",
            ]
        }
        return TextTable.text(rows)
    }

    /// `{"settings": [{name, value, origin, default, environment, flag, secret, help}]}`.
    package static func object(_ configuration: Configuration) -> JSONValue {
        let settings = configuration.entries.map { entry in
            let spec = entry.spec
            let isMasked = spec.masking != .none && !entry.text.isEmpty
            return JSONValue.object(
                JSONObject([
                    ("name", .string(spec.name)),
                    ("value", isMasked ? .string(spec.shown(entry.text)) : spec.json(entry.text)),
                    ("origin", .string(entry.origin.description)),
                    ("default", spec.json(spec.defaultText)),
                    ("environment", .array(spec.environment.map { .string($0) })),
                    ("flag", spec.flag.map { .string("--\($0)") } ?? .null),
                    ("secret", .bool(spec.masking == .whole)),
                    ("help", .string(spec.help)),
                ])
            )
        }
        return .object(JSONObject([("settings", .array(settings))]))
    }
}
