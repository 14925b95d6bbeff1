import Base
import Domain
import Notify

/// What kinds of channels look like in answers, and what came of a test.
enum ChannelSchema {
    static let kind = Schema.object(
        "ChannelKind",
        [
            .required("kind", .string(example: "slack"), "The word."),
            .required("title", .string(example: "Slack"), "Its name."),
            .required("help", .string(), "A description, and where to get its settings."),
            .required("is_digest", .boolean, "Whether one message may be about several incidents."),
            .required("settings", .array(setting), "Its settings."),
        ]
    )

    private static let setting = Schema.object(
        "ChannelKindSetting",
        [
            .required("name", .string(example: "webhook_url"), "The name in settings."),
            .required("required", .boolean, "Whether it must be given."),
            .required("secret", .boolean, "Whether it is never shown again."),
            .required("format", .oneOf(ProviderSetting.Format.allCases.map(\.rawValue)), "The format of the value."),
            .required("choices", .array(.string()), "The allowed values, for a choice."),
            .required("default", Schema.string().nullable, "The default; null when there is none."),
            .required("help", .string(), "What it is."),
        ]
    )

    static let outcome = Schema.object(
        "DeliveryOutcome",
        [
            .required("outcome", .oneOf(["delivered", "retry", "refused"]), "The outcome of the attempt."),
            .required(
                "detail",
                Schema.string().nullable,
                "The receiver's id for it, or why it failed."
            ),
            .required("duration_ms", .number(), "How long it took."),
        ]
    )
}

extension Channel {
    /// The settings with the secrets of the kind masked, and whatever the kind does not have here.
    func shownSettings(_ provider: Provider?) -> JSONValue {
        let open = Set((provider?.settings ?? []).filter { !$0.isSecret }.map(\.name))
        let shown = settings.sorted { $0.key < $1.key }.map { name, value in
            // An empty secret is none.
            let isSecret = !value.isEmpty && !open.contains(name)
            return (name, JSONValue.string(isSecret ? SecretMask.text : value))
        }
        return .object(JSONObject(shown))
    }
}

extension Provider {
    var json: JSONValue {
        let settings = settings.map { setting -> JSONValue in
            [
                "name": .string(setting.name),
                "required": .bool(setting.isRequired),
                "secret": .bool(setting.isSecret),
                "format": .string(setting.format.rawValue),
                "choices": .array(setting.choices.map { .string($0) }),
                "default": .text(setting.fallback),
                "help": .string(setting.help),
            ]
        }
        return [
            "kind": .string(kind),
            "title": .string(title),
            "help": .string(help),
            "is_digest": .bool(isDigest),
            "settings": .array(settings),
        ]
    }
}
