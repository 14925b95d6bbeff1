package import Base
package import Domain
package import SQL

/// Creates, changes, deletes and lists monitors.
package struct MonitorRepository: Sendable {
    let database: any Database
    let columns: MonitorColumns

    /// Needs a database whose schema is up to date; `settings` encodes and decodes the settings of each kind of check.
    package init(database: any Database, settings: CheckSettingsColumn) {
        self.database = database
        columns = MonitorColumns(settings: settings)
    }

    /// No program ever reaches this number; a greater one is corrupt.
    static let lastRevision: Int64 = 1 << 62

    /// Creates a monitor in state `unknown`; throws `.duplicate` when its name is taken.
    ///
    /// With `uniqueURL` also when its URL is taken: by default a URL may have several monitors.
    ///
    /// Throws `.duplicate` also when its URL is taken and `uniqueURL` is set, `.targetTaken` when no two monitors may
    /// share its target and another one has it, `.dependency` when it would depend on a
    /// monitor that does not exist, and `.database` when the database cannot be written.
    package func insert(
        _ draft: MonitorDraft,
        uniqueURL: Bool = false,
        now: Timestamp
    ) async throws(StorageError) -> Monitor {
        try await transaction { session throws(SQLError) in
            if uniqueURL {
                let taken = try await session.query(
                    "SELECT 1 FROM monitors WHERE url = $1 LIMIT 1",
                    [.text(draft.spec.identity)]
                )
                if !taken.isEmpty { throw .unique(table: "monitors", columns: ["url"]) }
            }
            let revision = try await Self.nextRevision(session)
            let rows = try await session.query(
                """
                INSERT INTO monitors
                    (name, url, interval_seconds, is_active, tags, alerting, kind, settings, created_at, updated_at,
                    revision, search)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11) RETURNING id
                """,
                columns.values(draft) + [
                    .integer(now.milliseconds), .integer(revision), .text(draft.searchText),
                ]
            )
            guard let id = try rows.first?.integer(0) else { throw .programming("no id was returned") }
            try await ExclusiveTargets.claim(draft.spec, of: id, isNew: true, session)
            try await Self.writeTags(draft.normalizedTags, of: id, session)
            try await Dependencies.write(draft.alerting.dependsOn, of: id, session)
            try await RegionTable.number(draft.alerting.regions, session)
            _ = try await session.execute(
                """
                INSERT INTO monitor_status (monitor_id, state, since, scheduled_at, reason)
                VALUES ($1, 'unknown', $2, 0, 0)
                """,
                [.integer(id), .integer(now.milliseconds)]
            )
            return MonitorColumns.monitor(draft, id: id, createdAt: now, updatedAt: now, revision: revision)
        }
    }

    /// One monitor; nil when there is none.
    ///
    /// Throws `.unreadable` when its row cannot be read, `.database` when the database cannot be.
    package func monitor(_ id: MonitorID) async throws(StorageError) -> Monitor? {
        do throws(SQLError) { return try await monitor(id, database) } catch { throw StorageError(error) }
    }

    /// Replaces a monitor's settings.
    ///
    /// Throws `.notFound` when there is none, `.conflict` when `expected` is given and is not its revision any more,
    /// `.duplicate` when the name is taken, `.dependency` when it would depend on itself or on a monitor that does not
    /// exist, `.unreadable` when what is stored cannot be read, and `.database` when the database cannot be written.
    package func update(
        _ id: MonitorID,
        _ draft: MonitorDraft,
        expected: Int64? = nil,
        now: Timestamp
    ) async throws(StorageError) -> Monitor {
        try await update(id, expected: expected, now: now) { $0 = draft }
    }

    /// Changes a monitor's settings in one step; throws as the other `update`.
    package func update(
        _ id: MonitorID,
        expected: Int64? = nil,
        now: Timestamp,
        _ change: @Sendable (inout MonitorDraft) -> Void
    ) async throws(StorageError) -> Monitor {
        let result = try await transaction { session throws(SQLError) -> Result<Monitor, StorageError> in
            guard let monitor = try await monitor(id, session) else { return .failure(.notFound) }
            if let expected, expected != monitor.revision { return .failure(.conflict) }
            var draft = MonitorDraft(monitor)
            change(&draft)
            return .success(try await write(draft, over: monitor, now: now, session))
        }
        return try result.get()
    }

    /// Overwrites all settings of a monitor, even if the stored ones cannot be read.
    ///
    /// Throws `.notFound` when there is none, `.duplicate` when the name is taken, `.dependency` when it would depend
    /// on itself or on a monitor that does not exist, and `.database` when the database cannot be written.
    package func overwrite(
        _ id: MonitorID,
        _ draft: MonitorDraft,
        now: Timestamp
    ) async throws(StorageError) -> Monitor {
        let written = try await transaction { session throws(SQLError) -> Monitor? in
            let key: [SQLValue] = [.integer(id.rawValue)]
            let rows = try await session.query("SELECT created_at FROM monitors WHERE id = $1", key)
            guard let row = rows.first else { return nil }
            let createdAt = (try? row.time(0)) ?? now
            _ = try await session.execute(
                "UPDATE monitors SET created_at = $2 WHERE id = $1",
                key + [.integer(createdAt.milliseconds)]
            )
            return try await write(draft, of: id, createdAt: createdAt, tags: true, parents: true, now: now, session)
        }
        guard let written else { throw .notFound }
        database.rowFaults.forget(id.rawValue, of: MonitorColumns.table.name)
        return written
    }

    /// Removes a monitor from every list at once; false when there is none.
    ///
    /// Its results are removed later, by `purgeDeleted`.
    ///
    /// Throws `.database` when the database cannot be written.
    package func delete(_ id: MonitorID, now: Timestamp) async throws(StorageError) -> Bool {
        try await transaction { session throws(SQLError) in
            let key: [SQLValue] = [.integer(id.rawValue)]
            for table in [MonitorColumns.table.name, StatusRepository.table.name] {
                session.rowFaults.forget(id.rawValue, of: table)
            }
            guard try await session.execute("DELETE FROM monitors WHERE id = $1", key) > 0 else { return false }
            try await ExclusiveTargets.release(id, session)
            _ = try await session.execute("DELETE FROM monitor_tags WHERE monitor_id = $1", key)
            _ = try await session.execute("DELETE FROM monitor_status WHERE monitor_id = $1", key)
            try await Dependencies.remove(id.rawValue, at: now, session) { () async throws(SQLError) in
                try await Self.nextRevision(session)
            }
            let revision = try await Self.nextRevision(session)
            _ = try await session.execute(
                "INSERT INTO deleted_monitors (id, revision, deleted_at, is_purged) VALUES ($1, $2, $3, 0)",
                key + [.integer(revision), .integer(now.milliseconds)]
            )
            return true
        }
    }
}

extension MonitorRepository {
    private func monitor(_ id: MonitorID, _ session: any SQLSession) async throws(SQLError) -> Monitor? {
        try await session.readableFirst(
            MonitorColumns.table,
            "SELECT \(MonitorColumns.list) FROM monitors m WHERE m.id = $1",
            [.integer(id.rawValue)]
        ) { row throws(SQLError) in try columns.monitor(row) }
    }

    private func write(
        _ draft: MonitorDraft,
        over monitor: Monitor,
        now: Timestamp,
        _ session: any SQLSession
    ) async throws(SQLError) -> Monitor {
        try await write(
            draft,
            of: monitor.id,
            createdAt: monitor.createdAt,
            tags: draft.normalizedTags != monitor.tags,
            parents: draft.alerting.dependsOn != monitor.alerting.dependsOn,
            now: now,
            session
        )
    }

    /// Writes a row, and its related rows where they change.
    private func write(
        _ draft: MonitorDraft,
        of id: MonitorID,
        createdAt: Timestamp,
        tags: Bool,
        parents: Bool,
        now: Timestamp,
        _ session: any SQLSession
    ) async throws(SQLError) -> Monitor {
        try await ExclusiveTargets.claim(draft.spec, of: id.rawValue, isNew: false, session)
        try await RegionTable.number(draft.alerting.regions, session)
        let revision = try await Self.nextRevision(session)
        _ = try await session.execute(
            """
            UPDATE monitors SET name = $1, url = $2, interval_seconds = $3, is_active = $4, options = NULL, tags = $5,
                alerting = $6, kind = $7, settings = $8, updated_at = $9, revision = $10, search = $11
            WHERE id = $12
            """,
            columns.values(draft) + [
                .integer(now.milliseconds), .integer(revision), .text(draft.searchText),
                .integer(id.rawValue),
            ]
        )
        if tags {
            _ = try await session.execute(
                "DELETE FROM monitor_tags WHERE monitor_id = $1",
                [.integer(id.rawValue)]
            )
            try await Self.writeTags(draft.normalizedTags, of: id.rawValue, session)
        }
        if parents {
            try await Dependencies.write(draft.alerting.dependsOn, of: id.rawValue, session)
            try await Explanations(session).reconsider(id, draft.alerting.dependsOn, at: now)
        }
        return MonitorColumns.monitor(
            draft,
            id: id.rawValue,
            createdAt: createdAt,
            updatedAt: now,
            revision: revision
        )
    }

    private static func writeTags(_ tags: [String], of id: Int64, _ session: any SQLSession) async throws(SQLError) {
        guard !tags.isEmpty else { return }
        _ = try await session.executeMany(
            "INSERT INTO monitor_tags (monitor_id, tag) VALUES ($1, $2)",
            columns: 2,
            values: tags.flatMap { [.integer(id), .text($0)] }
        )
    }

    /// Increments the revision; the lock on its row makes revisions become visible in order.
    private static func nextRevision(_ session: any SQLSession) async throws(SQLError) -> Int64 {
        // A corrupt counter continues after the newest monitor's revision.
        let rows = try await session.query(
            """
            UPDATE monitor_revision SET value = 1 + CASE WHEN value >= 0 AND value <= $1 THEN value
                ELSE COALESCE((SELECT MAX(revision) FROM monitors WHERE revision <= $1), 0) END
            RETURNING value
            """,
            [.integer(lastRevision)]
        )
        if let row = rows.first {
            session.rowFaults.forget(CollectionOfOne(revisionRow), of: revisionTable)
            return try row.integer(0)
        }
        // Somebody deleted the counter: it is made anew behind every change that is known.
        let made = try await session.query(
            """
            INSERT INTO monitor_revision (value)
            SELECT 1 + COALESCE(MAX(revision), 0) FROM (
                SELECT revision FROM monitors WHERE revision <= $1
                UNION ALL SELECT revision FROM deleted_monitors WHERE revision <= $1
            ) AS known
            RETURNING value
            """,
            [.integer(lastRevision)]
        )
        guard let row = made.first else { throw .programming("no revision was returned") }
        session.rowFaults.forget(CollectionOfOne(revisionRow), of: revisionTable)
        return try row.integer(0)
    }

    private static let revisionTable = "monitor_revision"
    private static let revisionRow = "1"

    /// Notes whether the counter of revisions is there.
    func noteRevision(isThere: Bool) {
        guard !isThere else {
            return database.rowFaults.forget(CollectionOfOne(Self.revisionRow), of: Self.revisionTable)
        }
        let problem = "the row is missing; the next change of a monitor makes it anew"
        database.rowFaults.note([RowFault(table: Self.revisionTable, row: Self.revisionRow, problem: problem)])
    }

    func transaction<R: Sendable>(
        _ body: @Sendable (any SQLSession) async throws(SQLError) -> R
    ) async throws(StorageError) -> R {
        do throws(SQLError) { return try await database.transaction(body) } catch { throw StorageError(error) }
    }
}
