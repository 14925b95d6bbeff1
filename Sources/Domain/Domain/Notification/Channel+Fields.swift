package import Base
package import Checks

extension Channel {
    /// A channel at its defaults, for people's settings to be taken over.
    package init(id: ChannelID = ChannelID(rawValue: 0), at now: Timestamp) {
        self.init(id: id, name: "", kind: "", settings: [:], createdAt: now)
    }

    /// The settings; `shown` says what people may see of what the kind needs.
    package static func fields(
        shown: @escaping @Sendable (Channel) -> JSONValue = { _ in .object(JSONObject()) }
    ) -> FieldTable<Channel> {
        var settings = Field<Channel>(
            "settings",
            \.settings,
            .channelSettings,
            default: [:],
            flag: "setting",
            storage: .nowhere,
            "What the kind needs, by name; secrets are answered as ********, which keeps what is stored."
        )
        settings.mask = shown
        settings.mayBeSecret = true
        return [
            Field(
                "name",
                \.name,
                .text(1...nameLength, pattern: PlainText.linePattern, example: "Operators", rule: PlainText.name),
                default: "",
                isRequired: true,
                storage: .nowhere,
                "Its name; unique."
            ),
            Field(
                "kind",
                \.kind,
                .text(1...50, example: "slack"),
                default: "",
                isRequired: true,
                storage: .nowhere,
                "A kind of /api/v1/channel-kinds."
            ),
            settings,
            Field("enabled", \.isEnabled, .flag, default: true, storage: .nowhere, "Whether it is used."),
            Field(
                "is_default",
                \.isDefault,
                .flag,
                default: true,
                storage: .nowhere,
                "Whether it gets what no policy routes: set it to false for a channel that only policies name."
            ),
            Field(
                "sends_resolved",
                \.sendsResolved,
                .flag,
                default: true,
                storage: .nowhere,
                "Whether ends of incidents are told."
            ),
            Field(
                "rate_per_minute",
                \.ratePerMinute,
                .integer(rates),
                default: 30,
                storage: .nowhere,
                "Notifications a minute; more are put together."
            ),
            Field(
                "fallback_id",
                \.fallback,
                .optional(.channel),
                default: nil,
                storage: .nowhere,
                "The channel that is sent what this one could not deliver; null for none. Circles are refused."
            ),
        ]
    }
}

extension FieldType<[String: String]> {
    /// What a kind of channel needs, by name: texts, numbers and flags, all kept as texts; null leaves one out.
    package static var channelSettings: Self {
        let value = Schema.either(.either(.boolean, .integer()), .string(length: 0...32_768))
        var type = Self(
            schema: .map(of: value.nullable, maximumCount: 50) { _ in nil },
            placeholder: "NAME=VALUE",
            write: { settings in
                .object(JSONObject(settings.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
            },
            read: { value in
                guard case .object(let object) = value else { return nil }
                var settings: [String: String] = [:]
                for (name, value) in object.members {
                    switch value {
                    case .string(let text): settings[name] = text
                    case .integer(let number): settings[name] = "\(number)"
                    case .bool(let flag): settings[name] = flag ? "true" : "false"
                    default: break
                    }
                }
                return settings
            },
            parse: { text in
                guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { return nil }
                let value = String(text[text.index(after: equals)...])
                return .object(JSONObject([(key: String(text[..<equals]), value: .string(value))]))
            }
        )
        type.isRepeated = true
        return type
    }
}
