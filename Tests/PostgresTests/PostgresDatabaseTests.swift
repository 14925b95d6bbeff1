import Base
import Postgres
import SQL
import TestSupport
import Testing

/// What PostgreSQL alone does: other writers, lost connections, refusals.
@Suite(.timeLimit(.minutes(10))) struct PostgresDatabaseTests {
    private static func open(
        _ change: (inout PostgresConfiguration) -> Void = { _ in }
    ) async throws -> PostgresDatabase {
        var configuration = try await PostgresServer.shared().newSchema()
        change(&configuration)
        return try await PostgresDatabase.open(configuration)
    }

    /// Each reads the counter and writes it back, so that every overlap would lose an update.
    @Test func concurrentUpdatesOfOneCounterAllCount() async throws {
        let database = try await Self.open { $0.writers = 8 }
        try await database.execute("CREATE TABLE counter (value BIGINT NOT NULL)")
        try await database.execute("INSERT INTO counter (value) VALUES (0)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    // A transaction gives up after some conflicts; a client would send its request again.
                    while true {
                        do throws(SQLError) { return try await Self.increment(database) } catch {
                            guard error == .conflict else { throw error }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await database.query("SELECT value FROM counter").first?.integer(0) == 200)
        await database.close()
    }

    @Test("the writers of one row wait for each other")
    func fewWritersOfOneRowAllCount() async throws {
        let database = try await Self.open { $0.writers = 16 }
        try await database.execute("CREATE TABLE counter (value BIGINT NOT NULL)")
        try await database.execute("INSERT INTO counter (value) VALUES (0)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 { group.addTask { for _ in 0..<20 { try await Self.increment(database) } } }
            try await group.waitForAll()
        }
        #expect(try await database.query("SELECT value FROM counter").first?.integer(0) == 320)
        await database.close()
    }

    /// What is not the fault of the statement may pass; whoever gave up for it would lose what was to be written.
    @Test(arguments: [
        ("55000", true), ("XX000", true), ("XX001", true), ("XX002", true), ("58030", true), ("57014", true),
        ("53200", true), ("25P02", true), ("P0001", true), ("F0000", true), ("HV000", true), ("99999", true),
        ("22012", false), ("42601", false), ("54000", false),
    ]) func errorsThatMayPassAreTriedAgain(_ code: String, mayPass: Bool) async throws {
        let database = try await Self.open()
        let statement = "DO $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '\(code)'; END $$"
        let error = await #expect(throws: SQLError.self) { _ = try await database.execute(statement) }
        #expect(error?.isTransient == mayPass, "\(String(describing: error))")
        #expect("\(String(describing: error))".contains("refused"))
        await database.close()
    }

    private static func increment(_ database: PostgresDatabase) async throws(SQLError) {
        try await database.transaction { session throws(SQLError) in
            let value = try await session.query("SELECT value FROM counter").first?.integer(0) ?? 0
            _ = try await session.execute("UPDATE counter SET value = $1", [.integer(value + 1)])
        }
    }

    /// Many processes start at once on an empty database; whoever looks while another makes the tables sees its own.
    @Test func tablesThatAppearMeanwhileAreNotTakenForForeignOnes() async throws {
        for _ in 0..<20 {
            let configuration = try await PostgresServer.shared().newSchema()
            let maker = try await PostgresDatabase.open(configuration)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let database = try await PostgresDatabase.open(configuration)
                        for _ in 0..<10 {
                            let refusal = try await database.refusal(table: "steps", columns: ["a"], own: ["things"])
                            #expect(refusal == nil)
                        }
                        await database.close()
                    }
                }
                group.addTask { try await maker.execute("CREATE TABLE steps (a BIGINT)") }
                try await group.waitForAll()
            }
            await maker.close()
        }
    }

    @Test func valueThatIsTakenNamesTableAndColumns() async throws {
        let database = try await Self.open()
        try await database.execute("CREATE TABLE t (a BIGINT NOT NULL, b TEXT NOT NULL, UNIQUE (a, b))")
        let insert = "INSERT INTO t (a, b) VALUES ($1, $2)"
        _ = try await database.execute(insert, [1, "x"])
        await #expect(throws: SQLError.unique(table: "t", columns: ["a", "b"])) {
            try await database.execute(insert, [1, "x"])
        }
        await #expect(throws: SQLError.constraint("not null")) { try await database.execute(insert, [1, nil]) }
        // The connection goes on after an error.
        #expect(try await database.execute(insert, [2, "x"]) == 1)
        await database.close()
    }

    @Test func connectionThatTheServerEndsIsReplaced() async throws {
        let database = try await Self.open { ($0.writers, $0.readers) = (1, 1) }
        try await database.execute("CREATE TABLE t (n BIGINT)")
        let own = try await database.transaction { session throws(SQLError) in
            try await session.query("SELECT pg_backend_pid()").first?.integer(0) ?? 0
        }
        let killer = try await Self.open()
        _ = try await killer.query("SELECT pg_terminate_backend($1::int)", [.integer(own)])
        // The end of the connection may be noticed with the next statement only.
        await eventually {
            do throws(SQLError) { return try await database.execute("INSERT INTO t (n) VALUES (1)") == 1 } catch {
                guard case .unavailable = error else {
                    Issue.record("not unavailable: \(error)")
                    return true
                }
                return false
            }
        }
        await killer.close()
        await database.close()
    }

    @Test func transactionWhoseConnectionIsLostIsNotKept() async throws {
        let database = try await Self.open { $0.writers = 1 }
        let killer = try await Self.open()
        try await database.execute("CREATE TABLE t (n BIGINT)")
        let error = await #expect(throws: SQLError.self) {
            try await database.transaction { session throws(SQLError) in
                _ = try await session.execute("INSERT INTO t (n) VALUES (1)")
                let own = try await session.query("SELECT pg_backend_pid()").first?.integer(0) ?? 0
                _ = try await killer.query("SELECT pg_terminate_backend($1::int)", [.integer(own)])
                _ = try await session.execute("INSERT INTO t (n) VALUES (2)")
            }
        }
        guard case .unavailable = error else {
            Issue.record("not unavailable: \(String(describing: error))")
            return
        }
        #expect(try await database.query("SELECT COUNT(*) FROM t").first?.integer(0) == 0)
        await killer.close()
        await database.close()
    }

    @Test(arguments: [
        "postgres://sentinel@127.0.0.1:1/postgres", "postgres://nobody@127.0.0.1:PORT/postgres",
        "postgres://sentinel@127.0.0.1:PORT/missing",
    ])
    func refusedConnectionSaysWhy(_ url: String) async throws {
        let port = try await PostgresServer.shared().configuration().parameters["port"] ?? ""
        let configuration = try PostgresConfiguration(url: url.replacing("PORT", with: port))
        let error = await #expect(throws: SQLError.self) { try await PostgresDatabase.open(configuration) }
        guard case .unavailable(let reason) = error else {
            Issue.record("not unavailable: \(String(describing: error))")
            return
        }
        #expect(reason.contains("refused") || reason.contains("does not exist"))
    }

    @Test func addressThatIsNoneIsNotRepeatedInTheError() async throws {
        let error = #expect(throws: SQLError.self) {
            try PostgresConfiguration(url: "postgres://me:secret@[::1/x?y")
        }
        #expect(error?.description.contains("secret") == false)
    }

    @Test func manyRowsAreWrittenTogetherAndScannedOneByOne() async throws {
        let database = try await Self.open()
        try await database.execute("CREATE TABLE t (n BIGINT NOT NULL PRIMARY KEY)")
        let values = (1...5000).map { SQLValue.integer(Int64($0)) }
        let insert = "INSERT INTO t (n) VALUES ($1) ON CONFLICT DO NOTHING"
        #expect(try await database.executeMany(insert, columns: 1, values: values + values.prefix(10)) == 5000)
        let (sum, count) = try await database.readLong { session throws(SQLError) in
            var (sum, count) = (Int64(0), 0)
            try await session.scan("SELECT n FROM t ORDER BY n", []) { row in
                sum += row[0]
                count += 1
                return count < 4000
            }
            return (sum, count)
        }
        #expect(count == 4000)
        #expect(sum == 4000 * 4001 / 2)
        #expect(try await database.query("SELECT SUM(n), AVG(n) FROM t").first?.integer(0) == 5000 * 5001 / 2)
        #expect(try await database.query("SELECT AVG(n) FROM t").first?.double(0) == 2500.5)
        await database.close()
    }

    @Test func statementsBeyondTheCacheStillRun() async throws {
        let database = try await Self.open { $0.readers = 1 }
        for number in 0..<600 {
            #expect(try await database.query("SELECT \(number) + $1", [1]).first?.integer(0) == Int64(number) + 1)
        }
        #expect(try await database.query("SELECT 0 + $1", [1]).first?.integer(0) == 1)
        await database.close()
    }
}
