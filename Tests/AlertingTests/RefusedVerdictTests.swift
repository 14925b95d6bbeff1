import Domain
import Base
import Broker
import Messages
import SQL
import TestSupport
import Testing

@testable import Alerting

/// Verdicts that the store refuses for good.
@Suite(.everyDatabase, .timeLimit(.minutes(10))) struct RefusedVerdictTests {
    /// Refuses transactions while it is told to.
    private final class RefusingDatabase: ForwardingDatabase {
        let inner: any Database
        let refuses = Locked(false)

        init(_ inner: any Database) { self.inner = inner }

        func call<R>(_ kind: DatabaseCall, _ body: () async throws(SQLError) -> R) async throws(SQLError) -> R {
            if kind == .transaction, refuses.withLock({ $0 }) { throw .programming("refused") }
            return try await body()
        }
        func close() async { await inner.close() }
    }

    @Test("an outage whose beginning could not be written is seen with the next failure", arguments: [0, 2])
    func outageIsSeenWithTheNextFailure(_ retries: Int) async throws {
        let database = RefusingDatabase(try await DatabaseBackend.current.open())
        let bench = try await AlertingBench(database)
        let monitor = try await bench.add("shop") { $0.rule.retries = retries }
        try await bench.tell(monitor, "..")
        database.refuses.withLock { $0 = true }
        for _ in 0...(retries + 2) {
            bench.advance(by: .seconds(1))
            let result = bench.result(monitor, up: false)
            try await bench.broker.publish([result], to: Topics.results)
            await bench.settle()
        }
        database.refuses.withLock { $0 = false }
        try await bench.tell(monitor, String(repeating: "x", count: retries + 1))
        #expect(try await bench.incidentList().map(\.state) == [.open])
        try await bench.tell(monitor, ".")
        #expect(try await bench.incidentList().map(\.state) == [.resolved])
        try await bench.stop()
    }
}
