import Base
import Domain
import SQL
import Results
import Storage
import TestSupport

/// Repositories over a migrated database.
struct Store {
    let database: any Database
    let monitors: MonitorRepository
    let results: any ResultStore
    let statuses: StatusRepository

    init(_ database: any Database) async throws {
        self.database = database
        _ = try await Migrator(database: database, migrations: StorageSchema.migrations).up()
        monitors = MonitorRepository(database: database, settings: .forTests)
        results = ResultBackend(of: database).make(on: database)
        statuses = StatusRepository(database: database)
    }

    init(_ backend: DatabaseBackend) async throws { try await self.init(try await backend.open()) }

    /// Creates a monitor whose name and URL are made from a number.
    func add(_ number: Int, tags: [String] = [], isActive: Bool = true) async throws -> Monitor {
        try await monitors.insert(.sample(number, tags: tags, isActive: isActive), now: .start)
    }

    func set(_ status: MonitorStatus) async throws {
        _ = try await database.transaction { session throws(SQLError) in
            try await StatusRepository.apply(status, at: Timestamp(milliseconds: 1 << 60), in: session)
        }
    }

    func count(_ table: String) async throws -> Int64 {
        try await database.query("SELECT COUNT(*) FROM \(table)").first?.integer(0) ?? -1
    }
}

extension Timestamp {
    /// The hour at which the tests begin.
    static let start = Timestamp(milliseconds: 1_795_000_000_000)
}

extension MonitorDraft {
    static func sample(_ number: Int, tags: [String] = [], isActive: Bool = true) -> MonitorDraft {
        MonitorDraft(
            name: "monitor \(number)",
            spec: CheckSpec.http("http://service-\(number).example/health"),
            isActive: isActive,
            tags: tags
        )
    }
}

extension CheckResult {
    /// A plain successful check.
    static func sample(_ monitor: MonitorID, at time: Timestamp, region: UInt16 = 0) -> CheckResult {
        var outcome = Outcome(latency: .microseconds(1234))
        outcome.statusCode = 200
        outcome.phases.dns = .microseconds(210)
        outcome.phases.connect = .microseconds(180)
        outcome.phases.firstByte = .microseconds(700)
        outcome.phases.transfer = .microseconds(40)
        outcome.remoteAddress = "127.0.0.1:8080"
        outcome.httpVersion = "1.1"
        outcome.bodyBytes = 612
        return CheckResult(
            monitorID: monitor,
            region: RegionID(rawValue: region),
            scheduledAt: time,
            checkedAt: time + .milliseconds(2),
            outcome: outcome,
            revision: 1
        )
    }

    /// A failed check with evidence.
    static func failure(_ monitor: MonitorID, at time: Timestamp, body: String = "sorry") -> CheckResult {
        var result = CheckResult.sample(monitor, at: time)
        result.outcome.statusCode = 500
        result.outcome.failure = .init(.httpStatus, in: .assertion, "status 500 is not expected")
        result.outcome.evidence = .init(headers: [.init(name: "Server", value: "x")], body: Array(body.utf8))
        return result
    }
}
