import Base
import Domain

/// The schemas of incidents and of commands for them.
enum IncidentSchema {
    /// An incident in responses.
    static let answer = Schema.object("Incident", what + when)

    private static let number = Schema.integer(1...Int64.max, example: 1)

    private static let what: [Schema.Field] = [
        .required("id", number, "The incident's number."),
        .required("kind", .oneOf(Incident.Kind.allCases.map(\.rawValue)), "What it is about."),
        .required("monitor_id", number.nullable, "The monitor that it is about."),
        .required("rule_id", number.nullable, "The rule that it is about."),
        .required("part", .string(), "The affected part: a series, a certificate; empty for the whole."),
        .required("subject", .string(example: "Shop"), "The monitor's or rule's name when it was opened."),
        .required("target", .string(example: "https://example.com/"), "The URL or query when it was opened."),
        .required("severity", .oneOf(Severity.allCases.map(\.rawValue)), "Its severity."),
        .required(
            "state",
            .oneOf(Incident.State.allCases.map(\.rawValue)),
            "Whether it is open, acknowledged or resolved."
        ),
        .required("reason", Schema.string(example: "http_status").nullable, "What is wrong, as one word."),
        .required("message", .string(example: "status 503, expected 200-399"), "What is wrong, as a sentence."),
    ]

    private static let when: [Schema.Field] = [
        .required("opened_at", .timestamp, "When it began."),
        .required("acknowledged_at", Schema.timestamp.nullable, "When it was acknowledged."),
        .required("acknowledged_by", Schema.string(example: "Ada").nullable, "Who did."),
        .required("resolved_at", Schema.timestamp.nullable, "When it ended."),
        .required(
            "resolution",
            Schema.string(example: "recovered").nullable,
            "Why: recovered, paused, deleted or manual."
        ),
        .required("reopenings", .integer(0...Int64.max), "How often it was reopened."),
        .required("failures", .integer(0...Int64.max), "Failed checks that its timeline shows."),
        .required("updated_at", .timestamp, "When something last changed."),
        .required("tags", .array(.string()), "The monitor's tags."),
        .required("caused_by", number.nullable, "The incident of another monitor that caused this one."),
        .required("duration_seconds", .integer(0...Int64.max), "Its duration, until now while it is open."),
    ]

    /// A line of a timeline.
    static let event = Schema.object(
        "IncidentEvent",
        [
            .required("id", number, "The line's number; ascends."),
            .required("at", .timestamp, "When it happened."),
            .required("kind", .oneOf(IncidentEvent.Kind.allCases.map(\.rawValue)), "What happened."),
            .required("author", Schema.string(example: "Ada").nullable, "Who did it; null for the server itself."),
            .required("text", .string(example: "Down: status 503"), "In words."),
            .required("detail", .any, "The result of a failed check, or the differences; null when there are none."),
        ]
    )

    /// The body of an acknowledgement or resolution.
    static let action = Schema.object(
        "IncidentAction",
        [
            .optional("author", PlainText.author.nullable, default: .null, "Who does it."),
            .optional("comment", PlainText.comment.nullable, default: .null, "Why; for the timeline."),
        ]
    )

    static let comment = Schema.object(
        "IncidentComment",
        [
            .required("text", PlainText.comment, "What to add to the timeline."),
            .optional("author", PlainText.author.nullable, default: .null, "Who says it."),
        ]
    )
}
