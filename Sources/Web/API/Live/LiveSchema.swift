import Base
import Live

/// The schema of a live event.
enum LiveSchema {
    static let event = Schema.object(
        "LiveEvent",
        [
            .required("id", .integer(0...1 << 53, example: 1_790_000_000_000_001), "Ascending over all topics."),
            .required("topic", .oneOf(LiveTopic.allCases.map(\.rawValue)), "What it is about."),
            .required(
                "type",
                .string(example: "changed"),
                "changed of a monitor, checked of a result; opened, reopened, acknowledged, updated or resolved."
            ),
            .required("at", .timestamp, "When it happened."),
            .required(
                "data",
                .any,
                "Of a monitor: monitor_id, state, previous, since, reason. Of an incident: id, event, state,"
                    + " monitor_id, subject, severity, reason, message, opened_at, resolved_at. Of a result: the result"
                    + " without its evidence."
            ),
        ]
    )
}
