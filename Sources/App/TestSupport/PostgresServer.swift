import Base
import Glibc
package import Postgres
import Runtime
package import SQL
import Synchronization

/// Debian's PostgreSQL on a loopback port of its own, started when first needed and ended with the process.
package final class PostgresServer: Sendable {
    private let process: RunningProcess
    private let folder: String
    /// Where it listens.
    package let port: UInt16
    private let schemas = Atomic<Int>(0)
    private static let programs = "/usr/lib/postgresql/15/bin"

    /// The server that the tests of this process share.
    package static func shared() async throws -> PostgresServer {
        try await sharing.withLock { () async throws -> PostgresServer in
            if let known = started.withLock({ $0 }) { return known }
            let server = try await PostgresServer()
            started.withLock { $0 = server }
            return server
        }
    }

    private static let sharing = AsyncLock()
    private static let started = Locked<PostgresServer?>(nil)

    /// Makes a new, empty installation and waits until it answers.
    package init(_ settings: [String: String] = [:]) async throws {
        folder = "/tmp/sentinel-test-" + Base.UUID().description
        port = TestSocket.freePort()
        guard mkdir(folder, 0o700) == 0 else { throw Errno("mkdir") }
        // PostgreSQL refuses to run as root.
        var wrapper: [String] = []
        if geteuid() == 0, let user = getpwnam("postgres") {
            chown(folder, user.pointee.pw_uid, user.pointee.pw_gid)
            wrapper = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
        }
        let made = try Self.start(
            wrapper + [
                "\(Self.programs)/initdb", "-D", "\(folder)/data", "-A", "trust", "-U", "sentinel", "-E", "UTF8",
            ]
                + ["--no-locale", "--no-sync"]
        )
        let output = await made.wait()
        guard output.code == 0 else { throw SQLError.unavailable("initdb: \(output.standardError)") }
        var options = [
            "listen_addresses": "127.0.0.1", "port": "\(port)", "unix_socket_directories": "", "fsync": "off",
            "full_page_writes": "off", "synchronous_commit": "off", "max_connections": "800", "shared_buffers": "64MB",
            "max_locks_per_transaction": "256", "max_pred_locks_per_transaction": "256", "autovacuum": "off",
            "logging_collector": "off",
        ]
        options["hba_file"] = try Self.writeRules("\(folder)/hba.conf")
        options.merge(settings) { $1 }
        let arguments = options.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
        let server = wrapper + ["\(Self.programs)/postgres", "-D", "\(folder)/data"] + arguments
        // The guardian ends the server, which would outlive it.
        process = try Self.start(
            ["/bin/sh", "-c", Self.guardian, "sh", "\(getpid())", folder] + server,
            ending: SIGTERM
        )
        var tries = 0
        while await !answers(), tries < 3000 {
            tries += 1
            try await Task.sleep(for: .milliseconds(10))
        }
        guard tries < 3000 else {
            throw SQLError.unavailable("the test's PostgreSQL does not answer: \(process.standardError.suffix(1000))")
        }
    }

    /// Only the user `locked` needs a password.
    private static func writeRules(_ path: String) throws(Errno) -> String {
        guard let file = fopen(path, "w") else { throw Errno("fopen \(path)") }
        fputs("host all locked all scram-sha-256\nhost all all all trust\n", file)
        fclose(file)
        chmod(path, 0o644)
        return path
    }

    /// Runs a server until a process ends, however it does, and removes the server's folder then.
    ///
    /// A server that ends is started again when its folder has a file `keep`, but not while there is one named `hold`.
    private static let guardian = """
        parent=$1 folder=$2; shift 2
        trap 'kill -QUIT $server; wait $server; rm -rf "$folder"; exit' TERM
        while kill -0 "$parent" 2>/dev/null; do
            if [ ! -e "$folder/hold" ]; then
                "$@" & server=$!
                while kill -0 "$parent" 2>/dev/null && kill -0 $server 2>/dev/null; do sleep 0.2; done
                [ -e "$folder/keep" ] || break
            fi
            sleep 0.1
        done
        kill -QUIT $server; wait $server; rm -rf "$folder"
        """

    /// Kills the server with a signal; it stays away until `resume`.
    ///
    /// SIGKILL ends it at once, SIGINT ends its connections and then the server itself.
    package func interrupt(signal: Int32 = SIGKILL) async throws {
        for name in ["keep", "hold"] {
            guard let file = fopen("\(folder)/\(name)", "w") else { throw Errno("fopen") }
            fclose(file)
        }
        let bytes = try SmallFile.read("\(folder)/data/postmaster.pid", limit: 4096) ?? []
        let line = String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
        guard let identifier = pid_t(line) else { throw Errno("postmaster.pid", code: ESRCH) }
        kill(identifier, signal)
        while kill(identifier, 0) == 0 { try await Task.sleep(for: .milliseconds(10)) }
    }

    /// Starts the server again, and waits until it answers.
    package func resume() async throws {
        unlink("\(folder)/hold")
        while await !answers() { try await Task.sleep(for: .milliseconds(20)) }
    }

    /// The address of the server's database with this name; with a schema, all tables live in it.
    package func url(_ database: String = "postgres", user: String = "sentinel", schema: String? = nil) -> String {
        "postgres://\(user)@127.0.0.1:\(port)/\(database)?sslmode=disable"
            + (schema.map { "&options=-csearch_path%3D\($0)" } ?? "")
    }

    private func answers() async -> Bool {
        guard let database = try? await PostgresDatabase.open(configuration()) else { return false }
        await database.close()
        return true
    }

    private static func start(_ command: [String], ending: Int32 = SIGKILL) throws(Errno) -> RunningProcess {
        try RunningProcess(
            path: command[0],
            arguments: Array(command.dropFirst()),
            environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin"],
            ending: ending
        )
    }

    /// How the server is reached; with a schema, all tables live in it.
    package func configuration(schema: String? = nil) -> PostgresConfiguration {
        var parameters = [
            "host": "127.0.0.1", "port": "\(port)", "user": "sentinel", "dbname": "postgres", "sslmode": "disable",
        ]
        if let schema { parameters["options"] = "-c search_path=\(schema)" }
        var configuration = PostgresConfiguration(parameters: parameters)
        // Hundreds of tests share two cores: a slow answer is no fault.
        (configuration.connectTimeout, configuration.patience) = (.seconds(60), .seconds(170))
        return configuration
    }

    /// A schema of its own, without tables.
    package func newSchema() async throws(SQLError) -> PostgresConfiguration {
        configuration(schema: try await newSchemaName())
    }

    /// The name of a new schema without tables.
    package func newSchemaName() async throws(SQLError) -> String {
        let name = "test\(schemas.add(1, ordering: .relaxed).newValue)"
        try await execute("CREATE SCHEMA \(name)")
        return name
    }

    /// Runs statements that cannot be part of a transaction.
    package func execute(_ statements: String...) async throws(SQLError) {
        let database = try await PostgresDatabase.open(configuration())
        for statement in statements { try await database.executeAlone(statement) }
        await database.close()
    }
}
