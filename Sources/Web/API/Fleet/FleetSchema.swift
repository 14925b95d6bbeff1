import Base
import Fleet

/// The schemas of the fleet.
enum FleetSchema {
    private static let count = Schema.integer(0...Int64.max, example: 12)
    private static let role = Schema.oneOf(FleetRole.allCases.map(\.rawValue))
    private static let actions = FleetCommand.Action.allCases.map(\.rawValue)

    /// A process in responses.
    static let process = Schema.object("FleetWorker", identity + life + work)

    private static let identity: [Schema.Field] = [
        .required("id", .string(example: "worker-3f9a2c1b"), "Its name for commands; a restart gives another one."),
        .required("role", .string(example: "worker"), "What it does."),
        .required("host", .string(example: "node-1"), "The machine."),
        .required("pid", .integer(example: 4711), "The process on that machine."),
        .required("version", .string(example: version), "The program's version."),
        .required("region", .string(example: "local"), "The place that it runs in."),
    ]

    private static let life: [Schema.Field] = [
        .required(
            "state",
            .oneOf(FleetProcess.State.allCases.map(\.rawValue) + ["lost"]),
            "What it does; lost when nothing was heard of it for 15 seconds."
        ),
        .required("started_at", .timestamp, "When it was started."),
        .required("uptime_seconds", .integer(0...Int64.max, example: 3600), "For how long it has run."),
        .required("heartbeat_at", .timestamp, "When it was last heard of."),
        .required("accepts", .array(.oneOf(actions)), "The commands that it carries out."),
        .required("commands", .array(command), "Commands that wait for it, and before them the last one it has taken."),
    ]

    private static let work: [Schema.Field] = [
        .required("concurrency", count.nullable, "How many checks may run at once; null for other roles than workers."),
        .required("concurrency_limit", count.nullable, "The most that it can be resized to."),
        .required("active", count.nullable, "Checks that run."),
        .required("waiting", count.nullable, "Due checks that wait for a place."),
        .required(
            "processed",
            count.nullable,
            "Checks made, or results stored, since its start; null when not counted."
        ),
        .required("failed", count.nullable, "Those of them that found their target down."),
        .required("throughput_per_minute", count.nullable, "How many were processed in the last minute."),
        .required("load_average", .number(example: 0.42), "The load of its machine in the last minute."),
    ]

    /// A command in responses.
    static let command = Schema.object(
        "FleetCommand",
        [
            .required("id", .string(format: "uuid"), "The command's id."),
            .required("action", .oneOf(actions), "What was asked for."),
            .required("concurrency", Schema.integer(1...1_000_000).nullable, "For resize: how many checks at once."),
            .required("requested_at", .timestamp, "When it was asked for."),
            .required(
                "state",
                .oneOf(FleetCommand.State.allCases.map(\.rawValue)),
                "Pending until the process has taken it, within two seconds."
            ),
            .required("detail", Schema.string().nullable, "Why it was refused; null otherwise."),
        ]
    )

    /// The body of a change.
    static let change = Schema.object(
        "FleetWorkerChange",
        [.required("concurrency", .integer(1...1_000_000, example: 2000), "How many checks may run at once.")]
    )

    /// What waits in a topic.
    static let queue = Schema.object(
        "FleetQueue",
        [
            .required("topic", .string(example: "check-jobs"), "The topic."),
            .required("group", .string(example: "workers"), "The group that consumes it."),
            .required("depth", count, "Messages that are not acknowledged: the sum of the next two."),
            .required("lag", count, "Messages that nobody has been given yet."),
            .required("in_flight", count, "Messages that were delivered and not acknowledged."),
            .required(
                "oldest_age_seconds",
                Schema.number(example: 0.2).nullable,
                "The age of the oldest message; null when there is none or the broker does not say."
            ),
            .required(
                "dead_letters",
                count.nullable,
                "Messages that were put aside; null when the broker does not say."
            ),
            .required("members", count.nullable, "Members of the group; null when the broker does not say."),
        ]
    )

    /// A requested check.
    static let task = Schema.object(
        "FleetTask",
        [
            .required(
                "task_id",
                .string(example: "0b0e7a0e-6f0a-4f0c-9d2f-3a1f8e6b5c4d"),
                "For GET /api/tasks/{task_id}."
            ),
            .required("state", .oneOf(["queued", "running", "finished", "failed"]), "Its state."),
            .required("monitor_id", .integer(example: 1), "The monitor's number."),
            .required("created_at", .timestamp, "When the check was requested."),
            .required("started_at", Schema.timestamp.nullable, "When it was started."),
            .required(
                "run_time_ms",
                Schema.number(example: 12.3).nullable,
                "How long the check took; null without one."
            ),
            .required("is_success", Schema.boolean.nullable, "Whether the check succeeded; null without one."),
            .required("error", Schema.string().nullable, "Why the check failed, or was not made; null otherwise."),
            .required("worker", Schema.string(example: "worker-3f9a2c1b").nullable, "The process that ran it."),
        ]
    )
}

/// The roles that processes have.
enum FleetRole: String, CaseIterable, Sendable {
    case api, scheduler, worker, processor, alerter
}
