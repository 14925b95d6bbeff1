import Base
import Glibc
import TestSupport
import Testing

/// A PostgreSQL that refuses, and one that ends sessions, under processes that work.
@Suite(.timeLimit(.minutes(10))) struct PostgresFaultClusterTests {
    private static let ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'"

    @Test func refusalsAreSaidAndOutlived() async throws {
        let cluster = try await FaultCluster()
        let postgres = cluster.postgres
        try await cluster.monitor(count: 20)

        // Read-only: nobody can lead, judge or store.
        try await postgres.execute(
            "ALTER ROLE app SET default_transaction_read_only = on",
            Self.ending
        )
        try await everybodySays("the server is read-only", cluster)
        try await postgres.execute("ALTER ROLE app RESET default_transaction_read_only", Self.ending)
        await cluster.recovers()

        // No connection is left.
        try await postgres.execute("ALTER ROLE app CONNECTION LIMIT 0", Self.ending)
        try await everybodySays("too many connections", cluster)
        try await postgres.execute("ALTER ROLE app CONNECTION LIMIT -1")
        await cluster.recovers()

        // The role may not log in any more.
        try await postgres.execute("ALTER ROLE app NOLOGIN", Self.ending)
        try await everybodySays("not permitted to log in", cluster)
        try await postgres.execute("ALTER ROLE app LOGIN")
        await cluster.recovers()

        // The disk is full, for everything that is written.
        try await postgres.execute(
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END$$
            """
        )
        let tables = ["results", "leases", "incidents", "monitor_status", "notifications", "outbox_items"]
        for table in tables {
            try await postgres.execute(
                "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON \(table) FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
        }
        for (role, part) in [
            ("scheduler", "scheduler lease"), ("processor", "store"), ("alerter", "notifier lease"),
        ] {
            let member = cluster.members(role)[0]
            await cluster.says(member, part, "no space is left for the database", isBlocked: false)
        }
        for table in tables { try await postgres.execute("DROP TRIGGER refuse ON \(table)") }
        await cluster.recovers()

        // Sessions are ended while they work.
        for _ in 0..<10 {
            try await postgres.execute(Self.ending)
            for member in cluster.members where member.role != "worker" {
                await eventually { member.postgres.connectionCount > 0 }
            }
        }
        await cluster.tellsAnOutage(of: 20)
        await cluster.recovers()
        try await cluster.keepsEverySlot()
        await cluster.stop()
    }

    private func everybodySays(_ words: String, _ cluster: FaultCluster) async throws {
        for member in cluster.members where member.role != "worker" {
            await cluster.says(member, "database", words)
        }
    }
}
