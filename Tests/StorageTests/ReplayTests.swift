import Base
import Domain
import Runtime
import SQL
import SQLite
import SQLiteResults
import Storage
import TestSupport
import Testing
import Results

/// Results that are replayed without loading them into memory.
@Suite struct ReplayTests {
    @Test(arguments: DatabaseBackend.allCases, 0..<6 as Range<UInt64>)
    func replayReturnsHistoryOldestFirst(_ backend: DatabaseBackend, _ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let store = try await Store(backend)
        let monitors = [try await store.add(1).id, try await store.add(2).id]
        var repository = store.results
        for step in 0..<80 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0: _ = try await repository.maintain(everything: true)
            case 1: repository = ResultBackend(of: store.database).make(on: store.database)
            default:
                var batch: [CheckResult] = []
                for _ in 0..<Int.random(in: 1...10, using: &random) {
                    guard let monitor = monitors.randomElement(using: &random) else { continue }
                    let back = Int.random(in: 0..<8, using: &random) == 0 ? Int.random(in: 0...60, using: &random) : 0
                    let due = Timestamp.start + .seconds(step - back)
                    let isFailure = Int.random(in: 0..<4, using: &random) == 0
                    let region = UInt16.random(in: 0...2, using: &random)
                    batch.append(isFailure ? .failure(monitor, at: due) : .sample(monitor, at: due, region: region))
                }
                _ = try await repository.append(batch)
            }
            guard let monitor = monitors.randomElement(using: &random) else { continue }
            let from = Timestamp.start + .seconds(Int.random(in: -70...80, using: &random))
            let to = from + .seconds(Int.random(in: 0...90, using: &random))
            let history = try await repository.history(monitor, in: .init(from: from, to: to), limit: 10_000)
            let replayed = try await repository.replay(
                monitor,
                from: from,
                to: to,
                observations: true,
                into: [StoredCheck]()
            ) {
                $0.append($1)
            }
            #expect(
                replayed.map {
                    CheckResult.id(scheduledAt: $0.scheduledAt, region: RegionID(rawValue: UInt16($0.region)))
                }
                    == history.reversed().map(\.id),
                "seed \(seed), step \(step)"
            )
            #expect(replayed.map(\.failure) == history.reversed().map { $0.outcome.failure?.reason })
            #expect(replayed.allSatisfy { $0.latency == 1234 && $0.observation != 0 })
        }
    }

    @Test(arguments: DatabaseBackend.allCases) func certificatesAreFoundByObservation(_ backend: DatabaseBackend)
        async throws
    {
        let store = try await Store(backend)
        let monitor = try await store.add(1).id
        var result = CheckResult.sample(monitor, at: .start)
        result.outcome.certificate = CertificateFacts(
            subject: "CN=a",
            issuer: "CN=b",
            sans: [],
            notBefore: .start,
            notAfter: .start + .seconds(86_400),
            sha256: "00",
            valid: true,
            problem: nil,
            chain: []
        )
        _ = try await store.results.append([result, .sample(monitor, at: .start + .seconds(1))])
        let ends = try await store.results.certificateEnds(monitor)
        let observations = try await store.results.replay(
            monitor,
            from: .start,
            to: .start + .seconds(9),
            observations: true,
            into: [Int64]()
        ) { $0.append($1.observation) }
        #expect(observations.map { ends[$0] } == [Timestamp.start.milliseconds + 86_400_000, nil])
        // A damaged observation costs only itself.
        _ = try await store.database.execute("UPDATE observations SET content = 'zz' WHERE content NOT LIKE '%CN=a%'")
        #expect(try await store.results.certificateEnds(monitor) == ends)
        #expect(store.database.rowFaults.hasFaults(in: "observations"))
    }

    /// The rows of 100,000 results pass while the task is cancelled.
    @Test func cancelledReplayEndsEarly() async throws {
        let store = try await Store(.sqlite)
        let monitor = try await store.add(1).id
        _ = try await store.database.execute(
            """
            WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 100000)
            INSERT INTO results SELECT \(monitor), number, 0, 0, 200, 5, 0, x'00' FROM numbers
            """
        )
        let results = store.results
        let whole = try await results.replay(monitor, from: .init(milliseconds: 0), to: .start, into: 0) { count, _ in
            count += 1
        }
        #expect(whole == 100_000)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await results.replay(monitor, from: .init(milliseconds: 0), to: .start, into: 0) { count, _ in
                count += 1
            }
        }
        #expect(try await task.value == 4096)
    }

    // MARK: Long reads

    @Test func longReadsDelayNoWrites() async throws {
        let file = DatabaseFile()
        defer { file.remove() }
        let database = try await SQLiteDatabase.open(path: file.path)
        _ = try await database.execute("CREATE TABLE t (a BIGINT NOT NULL, b BIGINT)")
        _ = try await database.executeMany("INSERT INTO t VALUES ($1, $2)", columns: 2, values: [1, nil, 2, 7, 3, 8])
        let (inside, outside) = (GracefulShutdown(), GracefulShutdown())
        let long = Task {
            try await database.readLong { session throws(SQLError) in
                inside.trigger()
                await outside.wait()
                return try await session.query("SELECT COUNT(*) FROM t")[0].integer(0)
            }
        }
        await inside.wait()
        #expect(database.longReads == 2)
        #expect(try await database.query("SELECT COUNT(*) FROM t").first?.integer(0) == 3)
        _ = try await database.execute("INSERT INTO t VALUES (4, 9)")
        #expect(
            try await database.readLong { session throws(SQLError) in
                try await session.query("SELECT COUNT(*) FROM t")[0].integer(0)
            } == 4
        )
        outside.trigger()
        #expect(try await long.value <= 4)
        await database.close()
        await #expect(throws: SQLError.self) { try await database.readLong { _ throws(SQLError) in 0 } }
    }

    @Test(arguments: DatabaseBackend.allCases) func scansPassIntegers(_ backend: DatabaseBackend) async throws {
        let database = try await backend.open()
        _ = try await database.execute("CREATE TABLE t (a BIGINT NOT NULL, b BIGINT)")
        _ = try await database.executeMany("INSERT INTO t VALUES ($1, $2)", columns: 2, values: [1, nil, 2, 7, 3, 8])
        let found = try await database.readLong { session throws(SQLError) in
            var found: [Int64] = []
            try await session.scan("SELECT a, b FROM t WHERE a > $1 ORDER BY a DESC", [0]) { row in
                found += [row[0], row[1]]
                return row[0] > 2
            }
            return found
        }
        #expect(found == [3, 8, 2, 7])
        await #expect(throws: SQLError.self) {
            try await database.readLong { session throws(SQLError) in
                try await session.scan("DELETE FROM t", []) { _ in true }
            }
        }
    }
}
