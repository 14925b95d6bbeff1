import Base
import Domain
import Storage

/// The schemas of notifications.
enum NotificationSchema {
    /// A notification in a list.
    static let brief = Schema.object("Notification", fields)

    /// A notification by itself.
    static let full = Schema.object(
        "NotificationDetail",
        fields + [
            .required("message", message, "What it tells; each try sends the same."),
            .required("tries", .array(attempt), "Every try, oldest first."),
        ]
    )

    private static let number = Schema.integer(1...Int64.max, example: 1)
    private static let events = Schema.oneOf(AlertMessage.Event.allCases.map(\.rawValue))
    private static let severities = Schema.oneOf(Severity.allCases.map(\.rawValue))

    private static let fields: [Schema.Field] = [
        .required("id", number, "The notification's number."),
        .required("channel_id", number, "Where it goes."),
        .required("state", .oneOf(Notification.State.allCases.map(\.rawValue)), "What became of it."),
        .required("event", events, "What it tells of."),
        .required("severity", severities, "The worst of what it tells of."),
        .required("subject", .string(example: "Shop"), "What it tells of first."),
        .required("incident_ids", .array(number), "The incidents that it tells of."),
        .required("created_at", .timestamp, "When it was made."),
        .required("attempts", .integer(0...Int64.max), "How often it was tried, since it was last sent by hand."),
        .required("next_at", Schema.timestamp.nullable, "When it is tried next; null when it is finished."),
        .required("finished_at", Schema.timestamp.nullable, "When it was delivered or given up."),
        .required(
            "recipients_left",
            .array(.string()),
            "Who still has to get it once others have: a mail that was taken for some of its recipients. Empty for all."
        ),
        .required("reference", Schema.string().nullable, "The receiver's own number for it."),
        .required("error", Schema.string(example: "status 500").nullable, "Why the last try failed."),
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
            .required("key", .string(), "The same from an incident's beginning to its end."),
            .optional("incident_id", number, "The incident; left out for what is none."),
            .required("subject", .string(example: "Shop"), "What it is about."),
            .required("target", .string(example: "https://example.com/"), "Where."),
            .required("severity", severities, "How bad it is."),
            .optional("reason", .string(example: "http_status"), "A word for what is wrong."),
            .required("text", .string(), "What is wrong, or what was."),
            .required("since", .timestamp, "Since when."),
            .optional("until", .timestamp, "When it ended."),
            .optional("facts", .array(fact), "Evidence and differences."),
            .optional("labels", .array(fact), "Tags and other names."),
            .optional("link", .string(format: "uri"), "Where to read about it."),
            .optional("acknowledge_link", .string(format: "uri"), "Where to acknowledge it."),
        ]
    )

    private static let message = Schema.object(
        "AlertMessage",
        [
            .required("id", .string(), "The same in each try: the idempotency key."),
            .required("event", events, "The news that calls for action most."),
            .required("severity", severities, "The worst of what goes on."),
            .required("created_at", .timestamp, "When it was made."),
            .required("items", .array(item), "The news of each incident, the most important first."),
            .optional("omitted", .integer(1...Int64.max), "How many more there are."),
        ]
    )
}
