import Base
package import Domain
package import SQL

/// The targets' responses to failed checks; the newest few of each monitor.
package enum EvidenceTable {
    /// The most bytes of a body that are stored; most kinds of checks keep fewer.
    private static let bodyLimit = 10_000

    /// Stores a result's evidence and removes the monitor's oldest beyond `keep`; nothing for a deleted monitor.
    ///
    /// Throws the `SQLError` of a statement.
    package static func write(_ result: CheckResult, keep: Int, _ session: any SQLSession) async throws(SQLError) {
        guard let evidence = result.outcome.evidence, result.outcome.failure != nil else { return }
        let monitor = SQLValue.integer(result.monitorID.rawValue)
        let body = evidence.body.prefix(bodyLimit)
        let inserted = try await session.execute(
            """
            INSERT INTO failure_evidence (monitor_id, scheduled_at, region, headers, body)
            SELECT $1, $2, $3, $4, $5 WHERE EXISTS (SELECT 1 FROM monitors WHERE id = $1)
            ON CONFLICT DO NOTHING
            """,
            [
                monitor, .integer(result.scheduledAt.milliseconds), .integer(Int64(result.region.rawValue)),
                .text(Outcome.Evidence.Header.json(evidence.headers).description), .blob(Array(body)),
            ]
        )
        guard inserted > 0 else { return }
        _ = try await session.execute(
            """
            DELETE FROM failure_evidence WHERE monitor_id = $1 AND (scheduled_at, region) <= (
                SELECT scheduled_at, region FROM failure_evidence WHERE monitor_id = $1
                ORDER BY scheduled_at DESC, region DESC LIMIT 1 OFFSET $2
            )
            """,
            [monitor, .integer(Int64(keep))]
        )
    }

    /// The evidence of one result; nil when there is none or it was removed.
    ///
    /// Throws `.corrupt` when it cannot be read, and otherwise the `SQLError` of the read.
    package static func read(_ result: CheckResult, _ session: any SQLSession) async throws(SQLError) -> Outcome
        .Evidence?
    {
        let rows = try await session.query(
            "SELECT headers, body FROM failure_evidence WHERE monitor_id = $1 AND scheduled_at = $2 AND region = $3",
            [
                .integer(result.monitorID.rawValue), .integer(result.scheduledAt.milliseconds),
                .integer(Int64(result.region.rawValue)),
            ]
        )
        guard let row = rows.first else { return nil }
        guard let value = try? JSONValue(parsing: try row.text(0)), let headers = Outcome.Evidence.Header.list(value)
        else {
            throw .corrupt("the headers of an evidence")
        }
        return Outcome.Evidence(headers: headers, body: try row.blob(1))
    }
}
