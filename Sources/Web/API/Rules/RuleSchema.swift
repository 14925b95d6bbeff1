import Base
import Domain
import Storage

/// The schemas of what is told of a rule beside its settings.
enum RuleSchema {
    static let creation = Schema.object("AlertRuleCreation", AlertRule.fields.members)

    /// How many firing series an answer lists.
    static let firingLimit = 100

    /// What answers tell of a rule behind its settings.
    static let members: [ServerMember<StoredRule>] = [
        ServerMember("health", health, "Whether the rule sees what it asks for.") { $0.health.json },
        ServerMember("firing", .array(firing), "The series whose alerts are on, at most \(firingLimit).") {
            .array($0.firing)
        },
        ServerMember("created_at", .timestamp, "When it was created.") { .time($0.rule.createdAt) },
    ]

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
}
