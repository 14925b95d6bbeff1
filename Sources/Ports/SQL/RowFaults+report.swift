package import Base

extension RowFaults {
    /// Shows unreadable rows and those of a newer release in the program's health, and counts them in its metrics.
    ///
    /// The log says when rows of another table cannot be read.
    package func report(to health: Health, _ metrics: MetricsRegistry, _ logger: Logger? = nil) {
        let logged = Locked<Set<String>>([])
        listen { summary in
            health.set("stored_rows", summary.text.map { .degraded($0) } ?? .ok)
            let tables = Set(summary.counts.keys)
            let isNews = logged.withLock { logged in
                defer { logged = tables }
                return !tables.isSubset(of: logged)
            }
            if isNews, let text = summary.text { logger?.warning("stored rows cannot be read", ["rows": text]) }
        }
        newer.listen { text in health.set("newer_rows", text.map { .degraded($0) } ?? .ok) }
        metrics.gauge("sentinel_stored_rows_newer", "Stored rows with settings of a newer release, as last read.") {
            [weak self] in Double(self?.newer.count ?? 0)
        }
        metrics.gauge("sentinel_stored_rows_unreadable", "Stored rows that cannot be read, as last looked at.") {
            [weak self] in Double(self?.summary.counts.values.reduce(0, +) ?? 0)
        }
        metrics.counter(
            "sentinel_stored_rows_passed_over_total",
            "How many times a stored row that cannot be read was passed over."
        ) { [weak self] in Double(self?.passedOver ?? 0) }
    }
}
