package import Domain
package import SQL

/// What a message says of a monitor, read within somebody's transaction.
package struct MonitorBrief: Sendable, Equatable {
    package let id: MonitorID
    package let name: String
    package let url: String
    package let tags: [String]
    package let alerting: MonitorAlerting

    /// Reads one monitor; nil when there is none.
    ///
    /// What cannot be read of its row is left out. Throws the `SQLError` of the read, such as `.corrupt` or
    /// `.unavailable`.
    package static func read(_ id: MonitorID, _ session: any SQLSession) async throws(SQLError) -> MonitorBrief? {
        let rows = try await session.query(
            "SELECT name, url, tags, alerting FROM monitors WHERE id = $1",
            [.integer(id.rawValue)]
        )
        // Who is told that a monitor is down should be told, even if of its row only the number can be read.
        return rows.first.map { row in
            MonitorBrief(
                id: id,
                name: (try? row.text(0)) ?? "monitor \(id)",
                url: (try? row.text(1)) ?? "",
                tags: (try? row.lines(2)) ?? [],
                alerting: (try? AlertingCodec.decode(try row.optionalText(3))) ?? MonitorAlerting()
            )
        }
    }
}
