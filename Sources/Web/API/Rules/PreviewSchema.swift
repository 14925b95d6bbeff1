import Alerting
import Base
import Domain

/// The schemas of a preview: what to try, and what it would have alerted.
enum PreviewSchema {
    /// What to try: settings of monitors, or a rule.
    static var request: Schema {
        let settings = Schema.object("PreviewAlerting", MonitorAlerting.fields.members.map(\.partial))
        let ids = Schema.array(
            .integer(1...Int64.max, example: 1),
            minimumCount: 1,
            maximumCount: MonitorPreview.maximumMonitors
        )
        return .object(
            "AlertPreviewRequest",
            [
                .optional(
                    "alerting",
                    settings,
                    "Settings to try on monitors; what is left out is each monitor's own. Either this or rule."
                ),
                .optional(
                    "monitors",
                    ids,
                    "Numbers of monitors; without these, all active ones that tag and q let pass."
                ),
                .optional("tag", .string(length: 1...256), "Only active monitors with this tag."),
                .optional("q", .string(length: 1...256), "Only active monitors with this in the name or the URL."),
                .optional("rule", RuleSchema.creation, "A rule to try. Either this or alerting."),
                .optional("from", .givenTime, "Since when; without it 30 days back, and never more than 92."),
                .optional("to", .givenTime, "Until when; without it until now."),
            ]
        )
    }

    static let answer = Schema.either(monitors, rule)

    private static let count = Schema.integer(0...Int64.max, example: 3)
    private static let seconds = Schema.integer(0...Int64.max, example: 90)
    private static let end = Schema.timestamp.nullable
    private static let window: [Schema.Field] = [
        .required("from", .timestamp, "From when on the past was looked at."),
        .required("to", .timestamp, "Until when."),
        .required("truncated", .boolean, "Whether there was more than is listed; what is counted is whole."),
    ]

    // MARK: Monitors

    static let monitors = Schema.object(
        "MonitorPreview",
        window + [
            .required("totals", monitorTotals, "Of all monitors together."),
            .required("monitors", .array(finding), "Each monitor, in the order of their numbers."),
            .required(
                "left_out",
                Schema.string().nullable,
                "What was not replayed: with monitors of several regions, that a region was offline."
            ),
        ]
    )

    private static let monitorTotals = Schema.object(
        "MonitorPreviewTotals",
        [
            .required("monitors", count, "How many monitors."),
            .required("checks", count, "How many stored results were looked at."),
            .required("current", sum, "With the settings in force."),
            .required("proposed", sum, "With the settings to try."),
        ]
    )

    private static let sum = Schema.object(
        "MonitorPreviewSum",
        [
            .required("incidents", count, "How many incidents there would have been."),
            .required("notifications", count, "How often a beginning would have been sent."),
            .required("down_seconds", seconds, "How long incidents would have been open."),
        ]
    )

    private static let finding = Schema.object(
        "PreviewedMonitor",
        [
            .required("id", .integer(1...Int64.max, example: 1), "The monitor's number."),
            .required("name", .string(example: "Shop"), "Its name."),
            .required("checks", count, "How many of its stored results were looked at."),
            .required("current", outages, "With the settings in force."),
            .required("proposed", outages, "With the settings to try."),
        ]
    )

    private static let outages = Schema.object(
        "PreviewedOutages",
        [
            .required("count", count, "How many incidents there would have been."),
            .required("notifications", count, "How often a beginning would have been sent."),
            .required("down_seconds", seconds, "How long incidents would have been open."),
            .required("incidents", .array(outage), "The first of them."),
        ]
    )

    private static let outage = Schema.object(
        "PreviewedIncident",
        [
            .required("started_at", .timestamp, "When it would have begun: with the check that settled it."),
            .required("ended_at", end, "When it would have ended; null for one that goes on."),
            .required("duration_seconds", seconds, "How long, or until the end of the time looked at."),
            .required("failed_checks", count, "How many failed, from the first of those that led to it."),
            .required(
                "reason",
                Schema.string(example: "http_status").nullable,
                "Why the check failed that settled it."
            ),
            .required("reopenings", count, "How often it would have come back before it had settled."),
            .required("degraded", .boolean, "Whether the monitor would have been degraded only, and never down."),
        ]
    )

    // MARK: Rules

    static let rule = Schema.object(
        "RulePreview",
        window + [
            .required("step_seconds", .integer(1...Int64.max, example: 60), "Seconds between two evaluations."),
            .required("evaluations", count, "How many there were."),
            .required("totals", ruleTotals, "Of all series together."),
            .required("series", .array(series), "The series that would have had an alert, in order."),
            .required("left_out", Schema.string().nullable, "What was not looked at; null when everything was."),
        ]
    )

    private static let ruleTotals = Schema.object(
        "RulePreviewTotals",
        [
            .required("series", count, "How many series were looked at."),
            .required("firing_series", count, "How many of them would have had an alert."),
            .required("alerts", count, "How many alerts there would have been."),
            .required("reminders", count, "How often people would have been reminded."),
            .required("firing_seconds", seconds, "How long alerts would have been on."),
        ]
    )

    private static let series = Schema.object(
        "PreviewedSeries",
        [
            .required("series", .string(example: "up{job=\"node\"}"), "The series; empty where data is missing."),
            .required("labels", .any, "Its labels by name."),
            .required("count", count, "How many alerts it would have had."),
            .required("reminders", count, "How often people would have been reminded."),
            .required("firing_seconds", seconds, "How long they would have been on."),
            .required("alerts", .array(alert), "The first of them."),
        ]
    )

    private static let alert = Schema.object(
        "PreviewedAlert",
        [
            .required("started_at", .timestamp, "When people would have been told."),
            .required("ended_at", end, "When it would have ended; null for one that goes on."),
            .required("duration_seconds", seconds, "How long, or until the end of the time looked at."),
            .required("peak", Schema.number(example: 93.2).nullable, "The value farthest beyond the threshold."),
            .required("reminders", count, "How often people would have been reminded."),
        ]
    )
}
