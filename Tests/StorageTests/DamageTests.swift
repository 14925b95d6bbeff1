import Base
import Domain
import SQL
import SQLite
import Results
import SQLiteResults
import Storage
import TestSupport
import Testing
import Results

/// One damaged value affects only its own row, and is reported.
@Suite struct DamageTests {
    private static let values: [SQLValue] = [
        .text("x"), .text("{garbage"), .blob([1, 2, 255]), .integer(.min), .integer(.max), .integer(-1), .integer(0),
        .double(0.5), .null,
    ]
    /// Tables with several rows, and the column that identifies the damaged one.
    private static let tables: [(name: String, key: String)] = [
        ("monitors", "id"), ("monitor_status", "monitor_id"), ("incidents", "id"), ("incident_events", "id"),
        ("policies", "id"), ("silences", "id"), ("maintenance_windows", "id"), ("channels", "id"), ("servers", "id"),
        ("alert_rules", "id"), ("outbox_items", "id"), ("notifications", "id"), ("recent_results", "sequence"),
        ("observations", "monitor_id"), ("certificate_notices", "sha256"), ("monitor_revision", "rowid"),
        ("leases", "name"), ("certificate_holders", "monitor_id"),
    ]
    /// Columns that select rows: another value there changes the selection, but is no damage that a reader could see.
    private static let choices: Set<String> = [
        "is_active", "is_enabled", "state", "due_at", "ends_at", "channel_id", "monitor_id", "server_id", "revision",
        "sequence", "previous", "scheduled_at",
    ]

    @Test(.timeLimit(.minutes(10)), arguments: tables.map(\.name)) func damagedValueAffectsOnlyItsRow(
        _ table: String
    ) async throws {
        let damaged = try await DamageStore()
        let database = damaged.database
        let key = try #require(Self.tables.first { $0.name == table }?.key)
        let all = try await damaged.survey()
        #expect(all.contains("due 3") && all.contains("sent 3") && all.contains("replayed 3") && all.contains("kept 3"))
        let columns = try await database.query("SELECT name FROM pragma_table_info('\(table)') WHERE pk = 0")
        let first = try await database.query("SELECT MIN(\(key)) FROM \(table)")[0][0]
        for row in columns {
            let column = try row.text(0)
            let old = try await database.query("SELECT \(column) FROM \(table) WHERE \(key) = $1", [first])[0][0]
            for value in Self.values where value != old {
                let update = "UPDATE \(table) SET \(column) = $2 WHERE \(key) = $1"
                guard (try? await database.execute(update, [first, value])) != nil else { continue }
                let seen = try await damaged.survey()
                let missing = all.subtracting(seen)
                #expect(missing.allSatisfy { $0.hasSuffix(" 1") }, "\(table).\(column) = \(value): \(missing.sorted())")
                if !missing.isEmpty, !Self.choices.contains(column) {
                    let counts = database.rowFaults.summary.counts
                    // Observations are reported as part of the results that refer to them.
                    #expect(
                        counts[table == "observations" ? "recent_results" : table] != nil,
                        "\(table).\(column) = \(value) is not reported: \(counts)"
                    )
                }
                // An observation may have been rewritten meanwhile.
                _ = try? await database.execute(update, [first, old])
            }
        }
        // Repaired rows are no longer reported.
        #expect(try await damaged.survey() == all)
        #expect(
            database.rowFaults.all.filter { $0.table != "incident_events" && $0.table != "certificate_notices" } == []
        )
    }

    @Test(arguments: [
        ("policies", "settings"), ("channels", "rate_per_minute"), ("maintenance_windows", "schedule"),
        ("silences", "matchers"), ("servers", "name"), ("alert_rules", "settings"), ("incidents", "state"),
        ("notifications", "state"), ("outbox_items", "state"),
    ]) func surveyReportsDamagedRows(_ table: String, _ column: String) async throws {
        let damaged = try await DamageStore()
        let survey = StoredRowSurvey(database: damaged.database, channels: damaged.channels)
        try await survey.run(at: DamageStore.now)
        #expect(damaged.database.rowFaults.summary.text == nil)
        _ = try await damaged.database.execute("UPDATE \(table) SET \(column) = x'00' WHERE id = 1")
        try await survey.run(at: DamageStore.now)
        #expect(damaged.database.rowFaults.summary.counts == [table: 1])
        #expect(damaged.database.rowFaults.all[0].problem.hasPrefix("\(column) "))
    }

    /// Sequence numbers that were never assigned.
    @Test(arguments: [Int64.max, .max - 1, RecentNumbers.beyond, 0, -1, .min + 1, .min])
    func invalidSequenceNumberAffectsOnlyItsRow(_ number: Int64) async throws {
        let damaged = try await DamageStore()
        let first = "(SELECT MIN(sequence) FROM recent_results)"
        _ = try await damaged.database.execute(
            "UPDATE recent_results SET sequence = $1 WHERE sequence = \(first)",
            [.integer(number)]
        )
        // As after a start: nothing but the rows is known.
        let results = SQLiteResults(database: damaged.database)
        let id = MonitorID(rawValue: 2)
        #expect(try await results.append([.sample(id, at: .start + .seconds(600))]) == 1)
        #expect(try await results.history(id, limit: 1).first?.scheduledAt == .start + .seconds(600))
        let before = try await damaged.store.count("recent_results")
        #expect(try await results.foldRecent() == before)
        #expect(try await damaged.store.count("recent_results") == 0)
        #expect(try await results.append([.sample(id, at: .start + .seconds(700))]) == 1)
        #expect(try await damaged.survey().contains("checked 3"))
    }

    private enum RecentNumbers {
        /// The first number that is never assigned.
        static let beyond: Int64 = 1 << 60 + 1
    }

    @Test func cyclicChainEnds() async throws {
        let damaged = try await DamageStore()
        _ = try await damaged.database.execute("UPDATE recent_results SET previous = sequence")
        #expect(try await damaged.survey().contains("checked 3"))
        _ = try await damaged.database.execute("UPDATE recent_results SET previous = sequence + 1")
        #expect(try await damaged.survey().contains("checked 3"))
    }

    @Test func missingStatusIsRecreated() async throws {
        let damaged = try await DamageStore()
        let (store, id) = (damaged.store, MonitorID(rawValue: 1))
        _ = try await store.database.execute("DELETE FROM monitor_status WHERE monitor_id = 1")
        #expect(try await store.monitors.list(limit: 9).items.count == 3)
        #expect(try await store.statuses.verdicts(of: [id]).map(\.status.state) == [.unknown])
        let results = [
            CheckResult.sample(id, at: .start + .seconds(60)),
            .sample(MonitorID(rawValue: 2), at: .start + .seconds(60)),
        ]
        #expect(try await store.results.append(results) == 2)
        #expect(try await store.statuses.status(id)?.state == .unknown)
        #expect(try await store.results.history(id, limit: 1).first?.scheduledAt == .start + .seconds(60))
        // Results of a deleted monitor are still ignored.
        #expect(try await store.results.append([.sample(MonitorID(rawValue: 99), at: .start)]) == 0)
    }

    @Test func damagedMonitorReportsItsColumnAndCanBeOverwritten() async throws {
        let damaged = try await DamageStore()
        let (monitors, id) = (damaged.store.monitors, MonitorID(rawValue: 1))
        _ = try await damaged.database.execute("UPDATE monitors SET interval_seconds = 0, tags = x'00' WHERE id = 1")
        await #expect(throws: StorageError.unreadable("monitors 1: interval_seconds is out of its range")) {
            try await monitors.monitor(id)
        }
        #expect(damaged.database.rowFaults.summary.counts == ["monitors": 1])
        let changes = try await monitors.changed(since: 0, limit: 9)
        #expect(changes.changed.map(\.id.rawValue) == [2, 3] && changes.faults.count == 1)
        let written = try await monitors.overwrite(id, .sample(1), now: .start)
        #expect(try await monitors.monitor(id) == written)
        #expect(damaged.database.rowFaults.summary.text == nil)
    }

    @Test func lateResultsAreStoredOnceWithoutFolding() async throws {
        let damaged = try await DamageStore()
        let (store, id) = (damaged.store, MonitorID(rawValue: 1))
        let late = CheckResult.sample(id, at: .start - .seconds(60))
        let before = try await store.count("recent_results")
        #expect(try await store.results.append([late, .sample(id, at: .start + .seconds(2)), late]) == 1)
        #expect(try await store.results.append([late]) == 0)
        #expect(try await store.count("recent_results") == before)
        #expect(try await store.results.history(id, limit: 9).count == 4)
    }

    @Test func concurrentAppendsLoseNothing() async throws {
        let damaged = try await DamageStore()
        let (store, id) = (damaged.store, MonitorID(rawValue: 1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for step in 0..<200 {
                group.addTask {
                    _ = try await store.results.append([.sample(id, at: .start + .seconds(100 + step))])
                    if step % 50 == 0 { _ = try await store.results.maintain(everything: true) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.results.history(id, limit: 1000).count == 203)
        _ = try await store.results.maintain(everything: true)
        #expect(try await store.results.history(id, limit: 1000).count == 203)
    }
}
