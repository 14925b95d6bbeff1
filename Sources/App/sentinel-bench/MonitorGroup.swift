import Base

/// Many monitors that differ only in a number.
struct MonitorGroup {
    /// The number is appended.
    let name: String
    /// The number is appended.
    let url: String
    let count: Int
    /// Seconds between two checks.
    let interval: Int
}

/// Creates a store with these monitors in the folder, with the statement in `Benchmarks/insert-monitors.sql`.
///
/// Throws when the server does not create a store, or the statement does not fit its schema.
func fill(_ options: Options, _ folder: WorkFolder, _ groups: [MonitorGroup]) throws {
    let server = try SentinelServer(options, in: folder)
    try server.stop()
    let begin = MonotonicTime.now
    guard let statement = try SQLScript("insert-monitors") else {
        throw BenchError("no Benchmarks/insert-monitors.sql")
    }
    for group in groups {
        let values = ["name": group.name, "url": group.url, "count": "\(group.count)", "interval": "\(group.interval)"]
        try statement.run(on: server.database, values)
    }
    let count = groups.reduce(0) { $0 + $1.count }
    say("  \(count) monitors were created in \((MonotonicTime.now - begin) / .seconds(1)) s")
}
