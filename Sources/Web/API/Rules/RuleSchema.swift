import Base
import Domain
import PromQL

/// The schemas of a rule as it is sent and as it is answered.
enum RuleSchema {
    static let creation = Schema.object("AlertRuleCreation", fields)
    /// What is left out goes back to its default; what only the server sets is let pass.
    static let replacement = Schema.object("AlertRuleReplacement", fields + readOnlyFields + [.warnings])
    static let change = Schema.object("AlertRuleChange", fields.map(\.partial) + readOnlyFields + [.warnings])
    static let answer = Schema.object(
        "AlertRule",
        (readOnlyFields.prefix(1) + fields + readOnlyFields.dropFirst()).map(\.response) + [.warnings]
    )

    /// How many firing series an answer lists.
    static let firingLimit = 100

    private static var fields: [Schema.Field] { basicFields + ownFields }

    private static var basicFields: [Schema.Field] {
        [
            .required("name", text("CPU is busy"), "Its name."),
            .optional(
                "server_id",
                .integer(example: 1).nullable,
                default: .null,
                "The server that it is about; a rule on Prometheus needs one."
            ),
            .required("metric_name", text("cpu_usage_percent"), "What the value is called in messages."),
            .required(
                "promql",
                .string(length: 1...PromQL.maximumText, example: "node_load1 / 4"),
                "The query; of a rule on Sentinel's own results a metric such as latency_p95(5m){tag=\"shop\"}."
            ),
            .required(
                "threshold",
                .number(example: 80.5),
                "What each series' value is held against, in the query's unit; of Sentinel's own metrics latencies are "
                    + "milliseconds, certificate_days days, and a success_ratio is from 0 to 1."
            ),
            .required("comparison", .string(example: ">"), "One of > < >= <= == !=."),
            .optional(
                "repeat_interval_sec",
                seconds(ThresholdRule.Limits.repeatInterval, example: 300).nullable,
                default: .integer(AlertRule.defaultRepeat.components.seconds),
                "Seconds from one reminder to the next; null reminds nobody."
            ),
            .optional("is_active", .boolean, default: true, "Whether it is evaluated."),
            .optional(
                "channel",
                text("telegram"),
                default: .string(AlertRule.defaultChannel),
                "The kind or name of the channels that are told where no policy says anything."
            ),
        ]
    }

    private static var ownFields: [Schema.Field] {
        let words = ThresholdRule.NoData.allCases.map(\.rawValue)
        return [
            .optional(
                "source",
                .oneOf(AlertRule.Source.allCases.map(\.rawValue)),
                default: "prometheus",
                "Who answers the query."
            ),
            .optional(
                "for_seconds",
                seconds(ThresholdRule.Limits.hold, example: 60),
                default: 0,
                "How long the comparison must hold before the alert begins."
            ),
            .optional(
                "keep_firing_seconds",
                seconds(ThresholdRule.Limits.keepFiring, example: 60),
                default: 0,
                "How long it must not hold before the alert ends."
            ),
            .optional("no_data", .oneOf(words), default: "ignore", "What missing data means."),
            .optional(
                "severity",
                .oneOf(Severity.allCases.map(\.rawValue)),
                default: "warning",
                "How bad its incidents are."
            ),
            .optional(
                "interval_seconds",
                seconds(AlertRule.intervals, example: 60).nullable,
                default: .null,
                "Seconds from one evaluation to the next; null takes ALERT_CHECK_INTERVAL_SECONDS."
            ),
            .optional(
                "max_series",
                .integer(1...Int64(ThresholdRule.Limits.maximumSeries.upperBound), example: 1000),
                default: 1000,
                "How many series are looked at."
            ),
        ]
    }

    private static var readOnlyFields: [Schema.Field] {
        [
            Schema.Field.required("id", .integer(1...Int64.max, example: 1), "The rule's number."),
            .required("health", health, "Whether the rule sees what it asks for."),
            .required("firing", .array(firing), "The series whose alerts are on, at most \(firingLimit)."),
            .required("created_at", .timestamp, "When it was created."),
        ].map(\.readOnly)
    }

    private static let health = Schema.object(
        "AlertRuleHealth",
        [
            .required("state", .oneOf(RuleHealth.State.allCases.map(\.rawValue)), "What the last evaluation came to."),
            .required("message", Schema.string().nullable, "What is wrong; null when nothing is."),
            .required("since", .timestamp, "Since when it has this state."),
        ]
    )

    private static let firing = Schema.object(
        "FiringSeries",
        [
            .required("series", .string(example: "up{job=\"node\"}"), "The series; empty where data is missing."),
            .required("since", .timestamp, "Since when its alert is on."),
        ]
    )

    static let event = Schema.object(
        "AlertEvent",
        [
            .required("alert_rule_id", .integer(1...Int64.max, example: 1), "The rule's number."),
            .required("server_id", Schema.integer(1...Int64.max, example: 1).nullable, "The server's number."),
            .required("metric_name", .string(example: "cpu_usage_percent"), "What the value is called."),
            .required("value", Schema.number(example: 93.2).nullable, "The value; null where there is no finite one."),
            .required(
                "status",
                .oneOf(AlertEvent.Status.allCases.map(\.rawValue)),
                "triggered when it began and with each reminder, resolved when it is over."
            ),
            .required("id", .integer(1...Int64.max, example: 1), "The event's number."),
            .required("created_at", .timestamp, "When it happened."),
            .required("series", .string(example: "{job=\"node\"}"), "The series; empty where data is missing."),
            .required("incident_id", Schema.integer(1...Int64.max, example: 1).nullable, "Its incident's number."),
        ]
    )

    private static func text(_ example: String) -> Schema {
        .string(
            length: 1...AlertRule.textLength,
            pattern: PlainText.linePattern,
            example: example,
            rule: PlainText.name
        )
    }

    private static func seconds(_ range: ClosedRange<Duration>, example: Int64) -> Schema {
        .integer(range.lowerBound.components.seconds...range.upperBound.components.seconds, example: example)
    }
}
