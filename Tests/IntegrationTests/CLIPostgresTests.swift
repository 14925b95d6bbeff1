import Base
import Glibc
import HTTPClient
import Runtime
import TestSupport
import Testing

/// `sentinel serve` and `migrate` on a PostgreSQL server.
@Suite(.timeLimit(.minutes(10))) struct CLIPostgresTests {
    private static let key = "a-key-of-more-than-32-characters-in-all"

    private func environment(_ url: String) -> [String: String] { ["DATABASE_URL": url, "SECRET_KEY": Self.key] }

    private func newURL() async throws -> String {
        let server = try await PostgresServer.shared()
        return server.url(schema: try await server.newSchemaName())
    }

    @Test func secondServerIsRefusedUntilTheFirstIsKilled() async throws {
        let folder = try CLIFolder()
        let environment = environment(try await newURL())
        let (server, _) = try await folder.serve(environment: environment)
        for words in [["serve", "--port", "0"], ["migrate", "down"], ["migrate", "up"]] {
            let output = try await folder.run(words, environment: environment)
            #expect(output.code == 1, "\(words)")
            #expect(output.standardError.contains("process serves the database 'postgres://sentinel@127.0.0.1:"))
            #expect(output.standardError.hasSuffix("/postgres' already, from 127.0.0.1\n"), "\(output)")
        }
        #expect(try await folder.run(["migrate", "status"], environment: environment).code == 0)
        server.send(signal: SIGKILL)
        _ = await server.wait()
        let (next, _) = try await folder.serve(environment: environment)
        next.send(signal: SIGTERM)
        #expect(await next.wait(timeout: .seconds(40)).code == 0)
        #expect(try await folder.run(["migrate", "down"], environment: environment).code == 0)
        #expect(try await folder.run(["migrate", "up"], environment: environment).code == 0)
    }

    private struct Refusal: Sendable, CustomTestStringConvertible {
        let name: String
        var statements: [String] = []
        var database = "postgres"
        var user = "sentinel"
        var address: String?
        let words: [String]
        var testDescription: String { name }
    }

    private static let refusals = [
        Refusal(
            name: "unreachable",
            address: "postgres://me@127.0.0.1:1/x?password=hunter2",
            words: ["'postgres://me@127.0.0.1:1/x' cannot be used", "Connection refused"]
        ),
        Refusal(
            name: "wrong password",
            statements: ["CREATE ROLE locked LOGIN PASSWORD 'x'"],
            user: "locked:hunter2",
            words: ["password authentication failed for user \"locked\"", "the user or the password is wrong"]
        ),
        Refusal(
            name: "no such user",
            user: "nobody",
            words: ["role \"nobody\" does not exist", "may not log in from here"]
        ),
        Refusal(
            name: "missing database",
            database: "missing",
            words: ["database \"missing\" does not exist", "createdb -h 127.0.0.1 -p ", "-E UTF8 -T template0 missing"]
        ),
        Refusal(
            name: "read only",
            statements: ["CREATE DATABASE frozen", "ALTER DATABASE frozen SET default_transaction_read_only = on"],
            database: "frozen",
            words: ["the server is read-only"]
        ),
        Refusal(
            name: "not enough privileges",
            statements: ["CREATE DATABASE owned", "CREATE ROLE guest LOGIN"],
            database: "owned",
            user: "guest",
            words: [
                "the user guest may not create tables in its schema public", "GRANT CREATE ON SCHEMA public TO guest",
            ]
        ),
        Refusal(
            name: "another encoding",
            statements: ["CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0"],
            database: "latin",
            words: ["its encoding is LATIN1", "createdb -E UTF8"]
        ),
        Refusal(name: "no schema", database: "postgres", words: ["none of the schemas of its search_path exists"]),
    ]

    @Test(arguments: refusals) private func databaseThatCannotBeUsedIsRefused(_ refusal: Refusal) async throws {
        let server = try await PostgresServer.shared()
        for statement in refusal.statements { try await server.execute(statement) }
        let schema = refusal.name == "no schema" ? "nowhere" : nil
        let url = refusal.address ?? server.url(refusal.database, user: refusal.user, schema: schema)
        for words in [["serve", "--port", "0"], ["migrate", "up"]] {
            let output = try await CLIFolder().run(words, environment: environment(url))
            #expect(output.code == 1)
            for words in refusal.words { #expect(output.standardError.contains(words), "\(output)") }
            #expect(!output.standardError.contains("hunter2"))
        }
    }

    @Test func tablesOfAnotherProgramAreLeftAlone() async throws {
        let server = try await PostgresServer.shared()
        let schema = try await server.newSchemaName()
        try await server.execute("CREATE TABLE \(schema).monitors (id BIGINT)")
        let output = try await CLIFolder().run(["serve"], environment: environment(server.url(schema: schema)))
        #expect(output.code == 1)
        #expect(output.standardError.contains("its schema \(schema) has tables of another program"), "\(output)")
    }

    @Test func newerSchemaIsRefused() async throws {
        let folder = try CLIFolder()
        let server = try await PostgresServer.shared()
        let schema = try await server.newSchemaName()
        let environment = environment(server.url(schema: schema))
        #expect(try await folder.run(["migrate", "up", "--to", "3"], environment: environment).code == 0)
        // An older schema is brought up to date.
        #expect(try await folder.run(["migrate", "up"], environment: environment).code == 0)
        try await server.execute(
            "INSERT INTO \(schema).schema_migrations VALUES (999, 'later', 0, '0123456789abcdef')"
        )
        let output = try await folder.run(["serve", "--port", "0"], environment: environment)
        #expect(output.code == 1)
        #expect(output.standardError.contains("written by a newer Sentinel: it is at version 999"), "\(output)")
    }

    /// The server is killed and started again under a running program: results of meanwhile are stored after.
    @Test(arguments: [SIGKILL, SIGINT]) func resultsOutliveAServerThatIsAway(_ signal: Int32) async throws {
        let postgres = try await PostgresServer(["synchronous_commit": "on"])
        let folder = try CLIFolder()
        let (server, url) = try await folder.serve(environment: environment(postgres.url()))
        let client = HTTPClient(loop: try EventLoop(name: "postgres-test"))
        let hits = Locked(0)
        let target = LoopbackTarget.answering { _, connection in
            hits.withLock { $0 += 1 }
            connection.respond(body: "ok")
        }
        func call(_ method: String, _ path: String, _ body: String = "") async throws -> JSONValue {
            let request = HTTPClientRequest(method: method, url: "\(url)\(path)", body: Array(body.utf8))
            return try JSONValue(parsing: try await client.send(request).body)
        }
        func stored() async -> Int {
            (try? await call("GET", "/api/v1/monitors/1/history?limit=1000"))?.arrayValue?.count ?? -1
        }
        _ = try await call("POST", "/api/v1/monitors", #"{"name":"a","url":"\#(target.url())","interval":10}"#)
        await eventually { await stored() >= 1 }
        try await postgres.interrupt(signal: signal)
        var health = JSONValue.null
        await eventually {
            health = (try? await call("GET", "/health")) ?? .null
            return "\(health)".contains("\"database\"") && health["status"] != "healthy"
        }
        let before = hits.withLock { $0 }
        await eventually { hits.withLock { $0 } > before }
        let seen = hits.withLock { $0 }
        try await postgres.resume()
        await eventually { await stored() >= seen }
        await eventually { (try? await call("GET", "/health"))?["status"] == "healthy" }
        #expect(server.standardError.contains("the database cannot be used; trying again"))
        #expect(server.standardError.contains("the database can be used again"))
        server.send(signal: SIGTERM)
        #expect(await server.wait(timeout: .seconds(40)).code == 0)
    }

    @Test func processWhoseDatabaseAnotherHasTakenEnds() async throws {
        let server = try await PostgresServer.shared()
        let schema = try await server.newSchemaName()
        let environment = environment(server.url(schema: schema))
        let (first, _) = try await CLIFolder().serve(environment: environment)
        // Its session is ended by the server; another process is faster.
        let pid = "SELECT l.pid FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = 7312 AND l.granted"
        let mine = "AND l.objid::bigint = (hashtext('\(schema)')::bigint & 4294967295)"
        first.send(signal: SIGSTOP)
        try await server.execute("SELECT pg_terminate_backend(pid) FROM (\(pid) \(mine)) AS held")
        let (second, _) = try await CLIFolder().serve(environment: environment)
        first.send(signal: SIGCONT)
        let output = await first.wait(timeout: .seconds(60))
        #expect(output.code == 1)
        #expect(output.standardError.contains("another sentinel process serves the database"), "\(output)")
        second.send(signal: SIGTERM)
        #expect(await second.wait(timeout: .seconds(40)).code == 0)
    }
}
