package import Base
package import Domain
package import SQL

/// Which certificates were notified, and which monitors show them; written in the transaction of the incidents.
package struct CertificateNoticeStore {
    private let session: any SQLSession

    package init(_ session: any SQLSession) { self.session = session }

    /// Loads every certificate, and which of these monitors show it.
    ///
    /// Rows that cannot be read are left out. Throws the `SQLError` of the read, such as `.corrupt` or `.unavailable`.
    package func load(_ isWatched: (MonitorID) -> Bool = { _ in true }) async throws(SQLError) -> CertificateWatch {
        var watch = CertificateWatch()
        let notices = "sha256, not_after, level, seen_at"
        _ = try await session.readable(
            StoredTable("certificate_notices", columns: notices),
            "SELECT \(notices) FROM certificate_notices"
        ) { row throws(SQLError) in
            watch.restore(
                sha256: try row.text(0),
                notAfter: try row.time(1),
                level: try row.number(2, in: -1000...1000),
                seenAt: try row.time(3)
            )
        }
        let holders = "monitor_id, sha256"
        _ = try await session.readable(
            StoredTable("certificate_holders", columns: holders),
            "SELECT \(holders) FROM certificate_holders"
        ) { row throws(SQLError) in
            let holder = MonitorID(rawValue: try row.integer(0))
            if isWatched(holder) { watch.restore(holder: holder, of: try row.text(1)) }
        }
        return watch
    }

    /// Stores a notice that was notified, and the monitor that saw it.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package func note(
        _ certificate: CertificateWatch.Certificate,
        level: Int,
        holders: [MonitorID],
        at now: Timestamp
    ) async throws(SQLError) {
        _ = try await session.execute(
            """
            INSERT INTO certificate_notices (sha256, level, not_after, subject, seen_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (sha256) DO UPDATE SET level = excluded.level, seen_at = excluded.seen_at
            """,
            [
                .text(certificate.sha256), .integer(Int64(level)), .integer(certificate.notAfter.milliseconds),
                .text(certificate.subject), .integer(now.milliseconds),
            ]
        )
        for holder in holders { try await hold(certificate.sha256, by: holder) }
    }

    /// Stores that a monitor shows a certificate.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package func hold(_ sha256: String, by monitor: MonitorID) async throws(SQLError) {
        _ = try await session.execute(
            "INSERT INTO certificate_holders (monitor_id, sha256) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            [.integer(monitor.rawValue), .text(sha256)]
        )
    }

    /// Stores that a monitor no longer shows a certificate.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package func release(_ sha256: String, by monitor: MonitorID, at now: Timestamp) async throws(SQLError) {
        _ = try await session.execute(
            "DELETE FROM certificate_holders WHERE monitor_id = $1 AND sha256 = $2",
            [.integer(monitor.rawValue), .text(sha256)]
        )
        _ = try await session.execute(
            "UPDATE certificate_notices SET seen_at = $2 WHERE sha256 = $1",
            [.text(sha256), .integer(now.milliseconds)]
        )
    }

    /// What was stored of a certificate: the notified threshold, and whether any monitor shows it.
    ///
    /// A row that cannot be read counts as missing. Throws the `SQLError` of the read, such as `.corrupt` or
    /// `.unavailable`.
    package func noted(_ sha256: String) async throws(SQLError) -> (level: Int?, isHeld: Bool) {
        let notices = try await session.query(
            "SELECT level FROM certificate_notices WHERE sha256 = $1",
            [.text(sha256)]
        )
        let holders = try await session.query(
            "SELECT 1 FROM certificate_holders WHERE sha256 = $1 LIMIT 1",
            [.text(sha256)]
        )
        return (notices.first.flatMap { try? $0.number(0, in: -1000...1000) }, !holders.isEmpty)
    }

    /// Forgets a certificate.
    ///
    /// Throws the `SQLError` of the write, such as `.full` or `.readOnly`.
    package func drop(_ sha256: String) async throws(SQLError) {
        _ = try await session.execute("DELETE FROM certificate_holders WHERE sha256 = $1", [.text(sha256)])
        _ = try await session.execute("DELETE FROM certificate_notices WHERE sha256 = $1", [.text(sha256)])
    }
}
