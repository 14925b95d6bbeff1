import Base
package import Checks

extension FieldType<MaintenancePlan.Schedule> {
    /// When a window is active: once, on weekdays, or by a cron expression; on a command line as JSON.
    package static var schedule: Self {
        Self(
            schema: document,
            placeholder: "JSON",
            write: \.json,
            read: MaintenancePlan.Schedule.init(json:),
            parse: { try? JSONValue(parsing: $0) }
        )
    }

    private static var document: Schema {
        let duration = Schema.Field.required(
            "duration_minutes",
            .integer(MaintenanceLimits.durationMinutes, example: 60),
            "How long each occurrence lasts, in elapsed time."
        )
        let once = Schema.object(
            "MaintenanceOnce",
            [
                .required("type", .oneOf(["once"]), "One time."),
                .required("start", .zonedTime, "When it begins; without an offset by the clocks of time_zone."),
                .required("end", .zonedTime, "When it is over; without an offset by the clocks of time_zone."),
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
    }

    private static func time(_ text: String) -> Schema.TextError? {
        TimeOfDay(text: text) == nil ? .init("Write a time of day as 02:30, from 00:00 to 23:59") : nil
    }

    private static func expression(_ text: String) -> Schema.TextError? {
        do throws(CronError) { _ = try CronExpression(text) } catch { return .init(error.description) }
        return nil
    }
}
