package import Domain
package import SQL

/// What messages say about a monitor, read within the caller's transaction.
package struct MonitorBrief: Sendable, Equatable {
    package let id: MonitorID
    package let name: String
    package let url: String
    package let tags: [String]
    package let alerting: MonitorAlerting

    /// What people who are notified see as the target; the address of a push monitor is its only credential.
    package var target: String { url.hasPrefix("push/") ? "push" : url }

    /// Reads one monitor; nil when there is none.
    ///
    /// Values that cannot be read are left out. Throws the `SQLError` of the read, such as `.corrupt` or
    /// `.unavailable`.
    package static func read(_ id: MonitorID, _ session: any SQLSession) async throws(SQLError) -> MonitorBrief? {
        let rows = try await session.query(
            "SELECT name, url, tags, alerting FROM monitors WHERE id = $1",
            [.integer(id.rawValue)]
        )
        // People must be notified that a monitor is down even if only the id of its row can be read.
        return rows.first.map { MonitorBrief(id, $0) }
    }

    /// From the name, the URL, the tags and the settings of alerting; what cannot be read is left out.
    init(_ id: MonitorID, _ row: Row) {
        self.id = id
        name = (try? row.text(0)) ?? "monitor \(id)"
        url = (try? row.text(1)) ?? ""
        tags = (try? row.lines(2)) ?? []
        alerting = (try? AlertingCodec.decode(try row.optionalText(3))) ?? MonitorAlerting()
    }
}
