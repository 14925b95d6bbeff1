package import Base
package import Checks

extension MaintenancePlan {
    /// A window at its defaults, without a schedule yet, for people's settings to be taken over.
    package init(id: Int64 = 0, at now: Timestamp) {
        self.init(id: id, name: "", schedule: .cron("", lasting: .zero), createdAt: now)
    }

    /// The settings; `zoneRule` says whether the system knows a time zone.
    package static func fields(zoneRule: Schema.TextRule? = nil) -> FieldTable<MaintenancePlan> {
        [
            Field(
                "name",
                \.name,
                .text(
                    1...MaintenanceLimits.nameLength,
                    pattern: PlainText.linePattern,
                    example: "Nightly backup",
                    rule: PlainText.name
                ),
                default: "",
                isRequired: true,
                storage: .nowhere,
                "Its name, unique."
            ),
            Field("enabled", \.isEnabled, .flag, default: true, storage: .nowhere, "Whether it counts at all."),
            Field(
                "matchers",
                \.matchers,
                .monitorMatchers,
                default: [],
                flag: "matcher",
                storage: .nowhere,
                "Conditions on monitors, all of which must fit: a label of \(LabelMatcher.monitorLabels), one of "
                    + "= != =~ !~ ~, and a value; without one it is for every monitor."
            ),
            Field("schedule", \.schedule, .schedule, isRequired: true, storage: .nowhere, "When."),
            Field(
                "time_zone",
                \.zone,
                .text(1...MaintenanceLimits.zoneLength, example: "Europe/Berlin", rule: zoneRule),
                default: TimeZoneRules.utc.name,
                storage: .nowhere,
                "The zone of the schedule's times, and of all times that are sent without an offset."
            ),
            Field(
                "from",
                \.from,
                .optional(.zonedInstant),
                default: nil,
                storage: .nowhere,
                "It is not active before; null means no limit."
            ),
            Field(
                "until",
                \.until,
                .optional(.zonedInstant),
                default: nil,
                storage: .nowhere,
                "It is not active from then on; null means no limit."
            ),
            Field(
                "comment",
                \.comment,
                .text(0...MaintenanceLimits.commentLength),
                default: "",
                storage: .nowhere,
                "What it is for, for people."
            ),
        ]
    }
}

extension FieldType<Timestamp> {
    /// A date and time with an offset, or by the clocks of the window's zone.
    package static var zonedInstant: Self {
        Self(
            schema: .zonedTime,
            placeholder: "TIME",
            write: { .time($0) },
            read: { $0.stringValue.flatMap(Timestamp.init(iso8601:)) }
        )
    }
}
