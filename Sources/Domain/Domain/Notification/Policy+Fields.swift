import Base
package import Checks

extension Policy {
    package static let fields: FieldTable<Policy> = [
        Field(
            "name",
            \.name,
            .text(1...Channel.nameLength, example: "Shop", rule: PlainText.line),
            default: "",
            isRequired: true,
            storage: .nowhere,
            "Its name, unique."
        ),
        Field(
            "position",
            \.position,
            .integer(positions),
            default: 0,
            storage: .nowhere,
            "Policies are asked in ascending order; one that is written without a position is asked last."
        ),
        Field("enabled", \.isEnabled, .flag, default: true, storage: .nowhere, "Whether it is asked."),
        Field(
            "matchers",
            \.matchers,
            .matchers(),
            default: [],
            flag: "matcher",
            storage: .always("matchers"),
            "What incidents it is for: all must fit."
        ),
        Field(
            "channels",
            \.channels,
            .list(.channel, maximum: 50).storedFreely,
            default: [],
            flag: "channel",
            storage: .always("channels"),
            "Numbers of channels; none tells nobody."
        ),
        Field(
            "continue",
            \.continues,
            .flag,
            default: false,
            storage: .named("continues"),
            "Whether later policies are asked too."
        ),
        Field(
            "delay",
            \.delay,
            .wholeSeconds(delays),
            default: .zero,
            storage: .always("delay_ms"),
            "Seconds to wait; who recovers in them is not told of."
        ),
        Field(
            "group_by",
            \.groupBy,
            .list(.label, maximum: 10).storedFreely,
            default: [],
            "Incidents with the same values of these labels go into one notification; of tag, with the same set of tags."
        ),
        Field(
            "group_wait",
            \.groupWait,
            .wholeSeconds(groupWaits),
            default: .zero,
            storage: .named("group_wait_ms"),
            "Seconds that the first notification of a group waits for other incidents of the group."
        ),
        Field(
            "group_interval",
            \.groupInterval,
            .wholeSeconds(groupIntervals),
            default: .seconds(30),
            storage: .always("group_interval_ms"),
            "Seconds between two notifications of one group at least."
        ),
        Field(
            "repeat_interval",
            \.repeatInterval,
            .optional(.wholeSeconds(AlertingLimits.repeatInterval)),
            default: nil,
            storage: .always("repeat_interval_ms"),
            "Seconds from reminder to reminder; null leaves it to the monitor."
        ),
    ]
}

extension FieldType<ChannelID> {
    /// The number of a channel.
    package static var channel: Self {
        Self(
            schema: .integer(1...Int64.max, example: 1),
            placeholder: "NAME|ID",
            write: { .integer($0.rawValue) },
            read: { $0.integerValue.map(ChannelID.init(rawValue:)) },
            parse: { Int64($0).map { .integer($0) } }
        )
    }
}

extension FieldType<String> {
    /// The name of a label of incidents.
    package static var label: Self {
        let names = LabelMatcher.labels.sorted().joined(separator: "|")
        return .text(
            1...100,
            placeholder: "LABEL",
            pattern: "^(\(names)|series\\.[^\\x00-\\x1F\\x7F-\\x9F]+)$",
            example: "tag"
        ) { text in
            LabelMatcher.isLabel(text)
                ? PlainText.line(text) : .init(LabelMatcher.ParseError.unknownLabel(text).description)
        }
    }
}
