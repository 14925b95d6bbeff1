import Base
import Domain
import Storage

/// The schemas of notifications.
enum NotificationSchema {
    /// A notification in a list.
    static let brief = Schema.object("Notification", fields)

    /// A notification with its attempts.
    static let full = Schema.object(
        "NotificationDetail",
        fields + [
            .required("message", message, "The message; each attempt sends the same."),
            .required("tries", .array(attempt), "Every attempt, oldest first."),
        ]
    )

    private static let number = Schema.integer(1...Int64.max, example: 1)
    private static let events = Schema.oneOf(AlertMessage.Event.allCases.map(\.rawValue))
    private static let severities = Schema.oneOf(Severity.allCases.map(\.rawValue))

    private static let fields: [Schema.Field] = [
        .required("id", number, "The notification's number."),
        .required("channel_id", number, "The channel."),
        .required("state", .oneOf(Notification.State.allCases.map(\.rawValue)), "Its state."),
        .required("event", events, "The event that it is about."),
        .required("severity", severities, "The highest severity of its incidents."),
        .required("subject", .string(example: "Shop"), "The subject of its first item."),
        .required("incident_ids", .array(number), "The incidents that it is about."),
        .required("created_at", .timestamp, "When it was created."),
        .required("attempts", .integer(0...Int64.max), "Attempts since it was last sent again by a person."),
        .required("next_at", Schema.timestamp.nullable, "When it is tried next; null when it is finished."),
        .required("finished_at", Schema.timestamp.nullable, "When it was delivered or given up."),
        .required(
            "recipients_left",
            .array(.string()),
            "The remaining recipients of a mail that some of its recipients got already. Empty for all."
        ),
        .required("reference", Schema.string().nullable, "The receiver's id for it."),
        .required("error", Schema.string(example: "status 500").nullable, "Why the last attempt failed."),
    ]

    private static let attempt = Schema.object(
        "NotificationTry",
        [
            .required("at", .timestamp, "When it began."),
            .required("duration_ms", .integer(0...Int64.max), "How long it took."),
            .required("outcome", .string(example: "delivered"), "delivered, partly, retry or refused."),
            .required("detail", Schema.string().nullable, "Why it was not delivered."),
        ]
    )

    private static let fact = Schema.object(
        "AlertFact",
        [.required("name", .string(), "Its name."), .required("value", .string(), "Its value.")]
    )

    private static let item = Schema.object(
        "AlertItem",
        [
            .required("event", events, "What happened."),
            .required("key", .string(), "The same in all messages about an incident."),
            .optional("incident_id", number, "The incident; left out when there is none."),
            .required("subject", .string(example: "Shop"), "What it is about."),
            .required("target", .string(example: "https://example.com/"), "Where."),
            .required("severity", severities, "Its severity."),
            .optional("reason", .string(example: "http_status"), "What is wrong, as one word."),
            .required("text", .string(), "What is wrong, or what was."),
            .required("since", .timestamp, "Since when."),
            .optional("until", .timestamp, "When it ended."),
            .optional("facts", .array(fact), "Evidence and differences."),
            .optional("labels", .array(fact), "Tags and other names."),
            .optional("link", .string(format: "uri"), "A page about it."),
            .optional("acknowledge_link", .string(format: "uri"), "A page to acknowledge it."),
        ]
    )

    private static let message = Schema.object(
        "AlertMessage",
        [
            .required("id", .string(), "The idempotency key: the same in each attempt."),
            .required("event", events, "The most important event of the items."),
            .required("severity", severities, "The highest severity of the open incidents."),
            .required("created_at", .timestamp, "When it was created."),
            .required("items", .array(item), "The news about each incident, the most important first."),
            .optional("omitted", .integer(1...Int64.max), "How many more items there are."),
        ]
    )
}
