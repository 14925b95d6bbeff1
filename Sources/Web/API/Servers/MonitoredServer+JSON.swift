import Base
import Domain

extension MonitoredServer {
    var json: JSONValue {
        [
            "id": .integer(id.rawValue),
            "name": .string(name),
            "job_name": .string(jobName),
            "instance": .string(instance),
            "is_active": .bool(isActive),
        ]
    }

    /// Takes over the members that a checked body has.
    mutating func apply(_ body: JSONValue) {
        if let text = body["name"]?.stringValue { name = text }
        if let text = body["job_name"]?.stringValue { jobName = text }
        if let text = body["instance"]?.stringValue { instance = text }
        if let flag = body["is_active"]?.boolValue { isActive = flag }
    }
}

/// The schemas of a server.
enum ServerSchema {
    private static let id = Schema.Field.required("id", .integer(1...Int64.max, example: 1), "The server's number.")
    private static let fields: [Schema.Field] = [
        .required("name", text("web-1"), "Its name."),
        .required("job_name", text("node"), "The job label that Prometheus scrapes it under."),
        .required("instance", text("web-1:9100"), "The instance label that Prometheus scrapes it under."),
        .optional("is_active", .boolean, default: true, "Whether its rules are evaluated."),
    ]

    static let creation = Schema.object("ServerCreation", fields)
    /// What is left out goes back to its default.
    static let replacement = Schema.object("ServerReplacement", [id.readOnly] + fields)
    static let change = Schema.object("ServerChange", [id.readOnly] + fields.map(\.partial))
    static let answer = Schema.object("Server", ([id] + fields).map(\.response))

    static let summary = Schema.object(
        "ServerSummary",
        [
            .required("server_id", .integer(1...Int64.max, example: 1), "The server's number."),
            .required("server_name", .string(example: "web-1"), "Its name."),
            .required("metrics", metrics, "The figures; those that there is no data for are left out."),
            .optional(
                "errors",
                .map(of: .string(), maximumCount: 10) { _ in nil },
                "Why figures could not be asked for."
            ),
        ]
    )

    private static let metrics = Schema.object(
        "ServerMetrics",
        [
            .optional("cpu_usage_percent", .number(example: 12.5), "Time that no processor was idle."),
            .optional("memory_usage_percent", .number(example: 40.2), "Memory that is not available."),
            .optional("disk_usage_percent", .number(example: 71.3), "The root file system's part in use."),
            .optional("network_rx_bytes_per_sec", .number(example: 1024.5), "Bytes received a second."),
            .optional("network_tx_bytes_per_sec", .number(example: 512.5), "Bytes sent a second."),
        ]
    )

    private static func text(_ example: String) -> Schema {
        .string(
            length: 1...MonitoredServer.textLength,
            pattern: PlainText.linePattern,
            example: example,
            rule: TextRules.name
        )
    }
}
