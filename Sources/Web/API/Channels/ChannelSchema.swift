import Base
import Domain
import Notify

/// What channels look like in requests and answers.
enum ChannelSchema {
    static let creation = Schema.object("ChannelCreation", fields)
    static let replacement = Schema.object("ChannelReplacement", fields + readOnly)
    static let change = Schema.object("ChannelChange", fields.map(\.partial))
    static let answer = Schema.object("Channel", (readOnly + fields).map(\.response))

    private static let readOnly: [Schema.Field] = [
        Schema.Field.required("id", .integer(1...Int64.max, example: 1), "The channel's number."),
        .required("origin", .oneOf(["api", "environment"]), "Who set it up: the API, or environment variables."),
        .required("fault", Schema.string().nullable, "Why it cannot be used; null when it can."),
        .required("created_at", .timestamp, "When it was created."),
        .required("updated_at", .timestamp, "When it was last changed."),
    ].map(\.readOnly)

    private static let fields: [Schema.Field] = {
        let value = Schema.either(.either(.boolean, .integer()), .string(length: 0...32_768))
        return [
            .required(
                "name",
                .string(
                    length: 1...Channel.nameLength,
                    pattern: PlainText.linePattern,
                    example: "Operators",
                    rule: PlainText.name
                ),
                "Its name; unique."
            ),
            .required("kind", .string(length: 1...50, example: "slack"), "A kind of /api/v1/channel-kinds."),
            .optional(
                "settings",
                .map(of: value.nullable, maximumCount: 50) { _ in nil },
                default: [:],
                "What the kind needs, by name; secrets are answered as ********, which keeps what is stored."
            ),
            .optional("enabled", .boolean, default: true, "Whether it is used."),
            .optional("is_default", .boolean, default: true, "Whether it gets what no policy routes."),
            .optional("sends_resolved", .boolean, default: true, "Whether ends of incidents are told."),
            .optional(
                "rate_per_minute",
                .integer(Int64(Channel.rates.lowerBound)...Int64(Channel.rates.upperBound)),
                default: 30,
                "Notifications a minute; more are put together."
            ),
        ]
    }()

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
    /// The answer; secrets of the kind masked, all of them when the kind is unknown.
    func json(_ provider: Provider?) -> JSONValue {
        let secrets = Set((provider?.settings ?? []).filter(\.isSecret).map(\.name))
        let shown = settings.sorted { $0.key < $1.key }.map { name, value in
            (name, JSONValue.string(provider == nil || secrets.contains(name) ? SecretMask.text : value))
        }
        return [
            "id": .integer(id.rawValue),
            "name": .string(name),
            "kind": .string(kind),
            "settings": .object(JSONObject(shown)),
            "enabled": .bool(isEnabled),
            "is_default": .bool(isDefault),
            "sends_resolved": .bool(sendsResolved),
            "rate_per_minute": .integer(Int64(ratePerMinute)),
            "origin": .string(origin.rawValue),
            "fault": .text(fault),
            "created_at": .time(createdAt),
            "updated_at": .time(updatedAt),
        ]
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
