import Base
import Domain
import ZoneInfo

/// The schemas of a maintenance window as it is sent and as it is answered.
struct MaintenanceSchema: Sendable {
    private let zones: ZoneFiles

    init(zones: ZoneFiles) { self.zones = zones }

    /// A whole window: what is left out takes its default.
    var creation: Schema { .object("MaintenanceCreation", fields) }

    /// A change: what is left out stays.
    var change: Schema { .object("MaintenanceChange", fields.map(\.partial)) }

    /// A window as the server answers it.
    var answer: Schema { .object("MaintenanceWindow", (readOnlyFields + fields).map(\.response)) }

    private var readOnlyFields: [Schema.Field] {
        [
            Schema.Field.required("id", .integer(1...Int64.max, example: 1), "The window's number."),
            .required("active", .boolean, "Whether it is active now."),
            .required(
                "next_change_at",
                Schema.timestamp.nullable,
                "When it begins or ends next; null when it never will again."
            ),
            .required("created_at", .timestamp, "When it was created."),
        ].map(\.readOnly)
    }

    private var fields: [Schema.Field] {
        let zones = zones
        let zone: Schema.TextRule = { text in
            do throws(ZoneFault) { _ = try zones.rules(text) } catch { return .init(error.description) }
            return nil
        }
        let instant = Schema.timestampInput.nullable
        return [
            .required(
                "name",
                .string(
                    length: 1...MaintenanceLimits.nameLength,
                    pattern: PlainText.linePattern,
                    example: "Nightly backup",
                    rule: PlainText.name
                ),
                "Its name, unique."
            ),
            .optional("enabled", .boolean, default: true, "Whether it counts at all."),
            .optional(
                "matchers",
                .array(
                    .string(length: 1...256, example: "tag=shop", rule: Self.matcher),
                    maximumCount: MaintenanceLimits.matchers
                ),
                default: [],
                "Conditions on monitors, all of which must fit: a label of \(LabelMatcher.monitorLabels), one of = != =~ !~ ~, "
                    + "and a value; without one it is for every monitor."
            ),
            .required("schedule", Self.schedule, "When."),
            .optional(
                "time_zone",
                .string(length: 1...ZoneName.lengthLimit, example: "Europe/Berlin", rule: zone),
                default: "UTC",
                "The zone that the schedule's times are told in."
            ),
            .optional("from", instant, default: .null, "It is not active before; null means no limit."),
            .optional("until", instant, default: .null, "It is not active from then on; null means no limit."),
            .optional(
                "comment",
                .string(length: 0...MaintenanceLimits.commentLength),
                default: "",
                "What it is for, for people."
            ),
        ]
    }

    private static let matcher: Schema.TextRule = { text in
        guard text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
            return .init("A matcher cannot hold control characters")
        }
        do throws(LabelMatcher.Fault) {
            let matchers = try LabelMatcher.list(text)
            guard matchers.allSatisfy({ LabelMatcher.monitorLabels.contains($0.label) }) else {
                let labels = LabelMatcher.monitorLabels.joined(separator: ", ")
                return .init("the labels of monitors are \(labels)")
            }
            return nil
        } catch { return .init(error.description) }
    }

    private static let schedule: Schema = {
        let duration = Schema.Field.required(
            "duration_minutes",
            .integer(MaintenanceLimits.durationMinutes, example: 60),
            "How long each occurrence lasts, in elapsed time."
        )
        let once = Schema.object(
            "MaintenanceOnce",
            [
                .required("type", .oneOf(["once"]), "One time."),
                .required("start", .timestampInput, "When it begins."),
                .required("end", .timestampInput, "When it is over."),
            ]
        )
        let weekly = Schema.object(
            "MaintenanceWeekly",
            [
                .required("type", .oneOf(["weekly"]), "On weekdays."),
                .required(
                    "weekdays",
                    .array(.oneOf(Weekday.fromMonday.map(\.word)), maximumCount: 7),
                    "On which days it begins."
                ),
                .required("start", .string(example: "02:30", rule: time), "When, by the zone's clocks."), duration,
            ]
        )
        let cron = Schema.object(
            "MaintenanceCron",
            [
                .required("type", .oneOf(["cron"]), "By a cron expression."),
                .required(
                    "expression",
                    .string(example: "30 2 * * 1-5", rule: expression),
                    "Five fields: minute, hour, day of month, month, day of week."
                ),
                duration,
            ]
        )
        return .tagged("type", [("once", once), ("weekly", weekly), ("cron", cron)])
    }()

    private static let time: Schema.TextRule = { text in
        TimeOfDay(text: text) == nil ? .init("Write a time of day as 02:30, from 00:00 to 23:59") : nil
    }

    private static let expression: Schema.TextRule = { text in
        do throws(CronFault) { _ = try CronExpression(text) } catch { return .init(error.description) }
        return nil
    }
}

extension Schema {
    /// An instant that a client sends: a date and time with an offset, or UTC.
    fileprivate static let timestampInput = string(
        length: 1...50,
        format: "date-time",
        example: "2026-11-20T05:00:00Z"
    ) { text in
        Timestamp(iso8601: text) == nil
            ? .init("Write an instant in ISO 8601, such as 2026-11-20T05:00:00Z or 2026-11-20T06:00:00+01:00") : nil
    }
}
