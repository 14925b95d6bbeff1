import Domain
import SQL

/// The targets that no two monitors may share; see `CheckKind.hasExclusiveTarget`.
enum ExclusiveTargets {
    /// Begins the text of a refusal, which ends with the number of the monitor that has the target.
    static let mark = "exclusive target of monitor "

    /// Claims the target of a monitor, and releases its former one.
    ///
    /// A monitor that shared its target before this was checked keeps it. Throws `.constraint` with the mark when
    /// another monitor has the target.
    static func claim(
        _ spec: CheckSpec,
        of id: Int64,
        isNew: Bool,
        _ session: any SQLSession
    ) async throws(SQLError) {
        guard spec.kind.hasExclusiveTarget else { return }
        let target = SQLValue.text(spec.identity)
        _ = try await session.execute(
            "DELETE FROM exclusive_targets WHERE monitor_id = $1 AND target <> $2",
            [.integer(id), target]
        )
        _ = try await session.execute(
            "INSERT INTO exclusive_targets (target, monitor_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            [target, .integer(id)]
        )
        let owners = try await session.query("SELECT monitor_id FROM exclusive_targets WHERE target = $1", [target])
        guard let owner = try owners.first?.integer(0), owner != id else { return }
        if isNew { throw .constraint("\(mark)\(owner)") }
        let former = try await session.query(
            "SELECT 1 FROM monitors WHERE id = $1 AND url = $2",
            [.integer(id), target]
        )
        if former.isEmpty { throw .constraint("\(mark)\(owner)") }
    }

    /// Releases the target of a deleted monitor.
    ///
    /// Throws the `SQLError` of the write.
    static func release(_ id: MonitorID, _ session: any SQLSession) async throws(SQLError) {
        _ = try await session.execute("DELETE FROM exclusive_targets WHERE monitor_id = $1", [.integer(id.rawValue)])
    }
}
