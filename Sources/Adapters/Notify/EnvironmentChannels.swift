/// Channels set up by environment variables, for installations that need at most one of each kind.
package enum EnvironmentChannels {
    /// A variable that is missing or wrong; the text has its name but never a secret value.
    package struct ReadError: Error, Sendable, Equatable, CustomStringConvertible {
        package let variable: String
        package let reason: String
        package var description: String { "\(variable) \(reason)" }
    }

    private static let kinds = ["slack", "email", "discord", "telegram"]
    /// The settings of each kind and their variables.
    private static let variables: [String: [(setting: String, variable: String)]] = [
        "slack": [("webhook_url", "SLACK_WEBHOOK_URL")],
        "discord": [("webhook_url", "DISCORD_WEBHOOK_URL")],
        "telegram": [("bot_token", "TELEGRAM_BOT_TOKEN"), ("chat_id", "TELEGRAM_CHAT_ID")],
        "email": [
            ("host", "SMTP_HOST"), ("port", "SMTP_PORT"), ("user", "SMTP_USER"), ("password", "SMTP_PASSWORD"),
            ("from", "ALERT_EMAIL_FROM"), ("to", "ALERT_EMAIL_TO"),
        ],
    ]

    /// Whether two variables are about the same kind of channel, or the second says which kinds there are.
    package static func isBeside(_ variable: String, _ other: String) -> Bool {
        guard other != "ALERT_PROVIDERS" else { return true }
        return variables.values.contains { kind in
            let names = kind.map(\.variable)
            return names.contains(variable) && names.contains(other)
        }
    }

    /// The channels of `ALERT_PROVIDERS`, in its order; without it, every kind that has a variable set.
    ///
    /// Returns either all errors or all channels. An empty variable counts as unset.
    package static func channels(
        _ environment: (String) -> String?,
        catalog: ProviderCatalog
    ) -> Result<[ChannelSettings], Faults> {
        func value(_ variable: String) -> String { environment(variable).map(trimmed) ?? "" }
        var faults: [ReadError] = []
        var channels: [ChannelSettings] = []
        let listed = value("ALERT_PROVIDERS").split(separator: ",").map { trimmed($0).lowercased() }
        var wanted: [String] = []
        for kind in listed where !kind.isEmpty && !wanted.contains(kind) {
            if kinds.contains(kind) {
                wanted.append(kind)
            } else {
                let hint = unknown("provider", kind, among: kinds)
                faults.append(ReadError(variable: "ALERT_PROVIDERS", reason: "names the \(hint)"))
            }
        }
        if listed.isEmpty {
            wanted = kinds.filter { kind in (variables[kind] ?? []).contains { !value($0.variable).isEmpty } }
        }
        for kind in wanted {
            var values: [String: String] = [:]
            for (setting, variable) in variables[kind] ?? [] {
                values[setting] = value(variable).isEmpty ? nil : value(variable)
            }
            let channel = ChannelSettings(kind: kind, values: values)
            faults += catalog.validate(channel).map { fault($0, kind) }
            channels.append(channel)
        }
        return faults.isEmpty ? .success(channels) : .failure(Faults(all: faults))
    }

    /// Every error, in the order of the kinds.
    package struct Faults: Error, Sendable, Equatable {
        package let all: [ReadError]
    }

    private static func fault(_ fault: ChannelSettingsError, _ kind: String) -> ReadError {
        let variable = variables[kind]?.first { $0.setting == fault.field }?.variable
        let reason = fault.message == "is missing" ? "is missing, which \(kind) needs" : fault.message
        return ReadError(
            variable: variable ?? "ALERT_PROVIDERS",
            reason: variable == nil ? "\(kind): \(reason)" : reason
        )
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
