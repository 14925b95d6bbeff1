import Arguments
package import Base

/// `sentinel config`.
package enum ConfigCommand {
    private static let json = Flag("json", help: "Print JSON.")

    static let command = Command<CommandAction>(
        "config",
        summary: "Prints the settings in force and where each came from; secrets are masked.",
        discussion: "Flags count over environment variables, those over .env, that over sentinel.yaml. "
            + "Ends with 2, after printing them, when 'serve' would not start with them.",
        options: [json.spec] + SettingOptions.options()
    ) { invocation, context in
        let configuration = try SettingOptions.loader(invocation, context.environment).load()
        for warning in configuration.warnings { context.complain("sentinel: warning: \(warning)\n") }
        context.output(invocation[json] ? "\(object(configuration))\n" : text(configuration))
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
