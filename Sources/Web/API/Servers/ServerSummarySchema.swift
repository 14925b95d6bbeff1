import Base

/// The schema of a server's figures.
enum ServerSummarySchema {
    static let answer = Schema.object(
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
}
