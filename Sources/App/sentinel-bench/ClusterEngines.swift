import Base
import Foundation

/// PostgreSQL and Redis of Debian on free loopback ports, which can be killed and started again.
///
/// Both keep what they have confirmed when they are killed: PostgreSQL with its own settings, Redis with
/// `appendfsync always`.
final class ClusterEngines {
    enum Engine: String, CaseIterable {
        case postgres, redis
    }

    private static let programs = "/usr/lib/postgresql/15/bin"
    private let folder: WorkFolder
    private let ports: [Engine: Int]
    private var processes: [Engine: ChildProcess] = [:]

    var databaseURL: String {
        "postgres://sentinel@127.0.0.1:\(ports[.postgres] ?? 0)/postgres?sslmode=disable"
    }
    var redisURL: String { "redis://127.0.0.1:\(ports[.redis] ?? 0)/0" }

    /// Makes an empty installation of both, and waits until they answer.
    init(in folder: WorkFolder) throws {
        self.folder = folder
        ports = [.postgres: try freePort(), .redis: try freePort()]
        try FileManager.default.setAttributes([.posixPermissions: 0o711], ofItemAtPath: folder.path)
        let data = folder.file("postgres")
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: false)
        if let user = Self.postgresUser { chown(data, user.pointee.pw_uid, user.pointee.pw_gid) }
        try FileManager.default.createDirectory(atPath: folder.file("redis"), withIntermediateDirectories: false)
        try ChildProcess(
            Self.asPostgres + [
                "\(Self.programs)/initdb", "-D", data, "-A", "trust", "-U", "sentinel", "-E", "UTF8", "--no-locale",
            ],
            environment: ["LC_ALL": "C"],
            output: folder.file("initdb.log")
        ).wait(within: .seconds(60))
        for engine in Engine.allCases { try start(engine) }
    }

    /// The user that PostgreSQL runs as where it would be root, which it refuses.
    private static var postgresUser: UnsafeMutablePointer<passwd>? { geteuid() == 0 ? getpwnam("postgres") : nil }

    private static var asPostgres: [String] {
        geteuid() == 0
            ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] : []
    }

    /// Starts an engine with its data, and waits until it answers.
    func start(_ engine: Engine) throws {
        let port = ports[engine] ?? 0
        let command =
            switch engine {
            case .postgres:
                Self.asPostgres + [
                    "\(Self.programs)/postgres", "-D", folder.file("postgres"), "-c", "listen_addresses=127.0.0.1",
                    "-c", "port=\(port)", "-c", "unix_socket_directories=", "-c", "max_connections=300",
                ]
            case .redis:
                [
                    "redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder.file("redis"),
                    "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--loglevel", "warning",
                ]
            }
        processes[engine] = try ChildProcess(
            command,
            environment: ["LC_ALL": "C"],
            output: folder.file("\(engine.rawValue).log")
        )
        try waitUntil("\(engine.rawValue) answers", within: .seconds(60), every: 0.02) { try answers(engine) }
    }

    /// Ends an engine at once, as `kill -9` does; it stays away until `start`.
    func kill(_ engine: Engine) throws {
        processes[engine]?.kill()
        guard engine == .postgres else { return }
        // The postmaster's children see its end, and a new one waits for theirs.
        try? FileManager.default.removeItem(atPath: folder.file("postgres/postmaster.pid"))
    }

    private func answers(_ engine: Engine) throws -> Bool {
        switch engine {
        case .postgres: try query("SELECT 1") == "1"
        case .redis:
            try output(of: ["redis-cli", "-p", "\(ports[.redis] ?? 0)", "PING"]) == "PONG"
        }
    }

    /// What a statement of SQL prints, without alignment; nil when the server refuses.
    func query(_ statement: String) throws -> String? {
        try output(of: [
            "\(Self.programs)/psql", "-h", "127.0.0.1", "-p", "\(ports[.postgres] ?? 0)", "-U", "sentinel", "-d",
            "postgres", "-qAtc", statement,
        ])
    }

    private func output(of command: [String]) throws -> String? {
        let file = folder.file("out-\(MonotonicTime.now.nanoseconds)")
        defer { try? FileManager.default.removeItem(atPath: file) }
        guard (try? ChildProcess(command, output: file).wait(within: .seconds(120))) != nil else { return nil }
        return try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// User and system seconds that an engine and its children have used so far.
    func cpuSeconds(_ engine: Engine) throws -> Double {
        guard let process = processes[engine] else { return 0 }
        let children = try String(
            contentsOfFile: "/proc/\(process.pid)/task/\(process.pid)/children",
            encoding: .utf8
        ).split(separator: " ").compactMap { pid_t($0) }
        return ([process.pid] + children).reduce(0) { $0 + ((try? ProcessSample(of: $1).cpuSeconds) ?? 0) }
    }

    /// Ends both.
    func stop() throws {
        for process in processes.values { process.kill() }
        processes = [:]
    }
}
