import Base
import Glibc
import Runtime
import Synchronization

/// A real Kafka broker on loopback ports of its own; ends when it is released, and with the process.
///
/// It serves plain connections, and SASL ones for the users `sentinel` and `limited` with the password `secret`; the
/// second one may do nothing. Where no Kafka is at hand, `isPresent` is false: tests that need it are skipped.
package final class KafkaServer: Sendable {
    private let folder: String
    private let guardian: RunningProcess
    private let prefixes = Atomic<Int>(0)
    /// The address for plain connections.
    package let bootstrap: String
    /// The address for SASL connections.
    package let saslBootstrap: String

    /// The server that the tests of this process share.
    package static func shared() async throws -> KafkaServer {
        try await sharing.withLock { () async throws -> KafkaServer in
            if let known = started.withLock({ $0 }) { return known }
            let server = try await KafkaServer()
            started.withLock { $0 = server }
            return server
        }
    }

    private static let sharing = AsyncLock()
    private static let started = Locked<KafkaServer?>(nil)

    /// The server for tests that kill it.
    package static func mortal() async throws -> KafkaServer {
        try await sharing.withLock { () async throws -> KafkaServer in
            if let known = killed.withLock({ $0 }) { return known }
            let server = try await KafkaServer()
            killed.withLock { $0 = server }
            return server
        }
    }

    private static let killed = Locked<KafkaServer?>(nil)

    /// The program that starts Kafka: `SENTINEL_KAFKA`.
    private static let program = getenv("SENTINEL_KAFKA").map { String(cString: $0) } ?? ""

    /// Whether there is a Kafka to start.
    package static let isPresent = access(program, X_OK) == 0 && access("/usr/bin/java", X_OK) == 0

    /// A server that failed to start.
    package struct StartError: Error, CustomStringConvertible { package let description: String }

    /// Starts a server, and waits until it answers.
    package init() async throws {
        guard Self.isPresent else { throw StartError(description: "no Kafka is at hand") }
        let program = Self.program
        folder = "/tmp/sentinel-test-" + UUID().description
        guard mkdir(folder, 0o700) == 0 else { throw Errno("mkdir") }
        // Ends the server when this process ends, however it does; apart from this process's group, which may be
        // killed as a whole.
        guardian = try RunningProcess(
            path: "/usr/bin/setsid",
            arguments: ["/bin/sh", "-c", Self.guarding, "sh", "\(getpid())", program, "\(folder)/cluster", folder],
            environment: Self.environment,
            ending: SIGTERM
        )
        var tries = 0
        while true {
            tries += 1
            var port = TestSocket.freePort()
            while port > 65_000 { port = TestSocket.freePort() }
            let saslPort = TestSocket.freePort()
            let start = ["start", "\(folder)/cluster", "\(port)"] + Self.properties(port, saslPort)
            do { try await Self.run(start) } catch  where tries < 3 {
                // Somebody else took a port meanwhile.
                _ = await (try RunningProcess(path: "/bin/rm", arguments: ["-rf", "\(folder)/cluster"])).wait()
                continue
            }
            bootstrap = "127.0.0.1:\(port)"
            saslBootstrap = "127.0.0.1:\(saslPort)"
            return
        }
    }

    /// The controller's port is 100 above the first one.
    private static func properties(_ port: UInt16, _ saslPort: UInt16) -> [String] {
        let plain = "PLAINTEXT://127.0.0.1:\(port),SASL_PLAINTEXT://127.0.0.1:\(saslPort)"
        let module = "org.apache.kafka.common.security.plain.PlainLoginModule required"
        let users = #"username="sentinel" password="secret" user_sentinel="secret" user_limited="secret""#
        return [
            "listeners=\(plain),CONTROLLER://127.0.0.1:\(port + 100)", "advertised.listeners=\(plain)",
            "inter.broker.listener.name=PLAINTEXT", "sasl.enabled.mechanisms=PLAIN",
            "listener.name.sasl_plaintext.plain.sasl.jaas.config=\(module) \(users);",
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users=User:ANONYMOUS;User:sentinel", "group.min.session.timeout.ms=500",
            // A broker that starts again waits until its former self counts as dead: by default nine seconds.
            "broker.session.timeout.ms=2000", "broker.heartbeat.interval.ms=300",
            "offsets.topic.num.partitions=1", "message.max.bytes=100000",
        ]
    }

    private static let environment = ["LC_ALL": "C", "PATH": "/usr/bin:/bin", "KAFKA_HEAP": "256m"]
    private static let guarding = """
        parent=$1 program=$2 cluster=$3 folder=$4
        trap '"$program" kill "$cluster"; rm -rf "$folder"; exit' TERM
        while kill -0 "$parent" 2>/dev/null; do sleep 1; done
        "$program" kill "$cluster"; rm -rf "$folder"
        """

    private static func run(_ arguments: [String]) async throws {
        let process = try RunningProcess(
            path: program,
            arguments: arguments,
            environment: environment
        )
        let output = await process.wait(timeout: .seconds(120))
        guard output.code == 0 else { throw StartError(description: "kafka \(arguments[0]): \(output.standardError)") }
    }

    /// Kills the broker, as kill -9 does.
    package func kill() async throws { try await Self.run(["kill", "\(folder)/cluster"]) }
    /// Starts the broker again on its data.
    package func restart() async throws { try await Self.run(["restart", "\(folder)/cluster"]) }
    /// Stops the broker's processor time.
    package func pause() async throws { try await Self.run(["pause", "\(folder)/cluster"]) }
    /// Lets it go on.
    package func resume() async throws { try await Self.run(["resume", "\(folder)/cluster"]) }

    /// A prefix for the names of one test.
    package func newPrefix() -> String { "test\(prefixes.add(1, ordering: .relaxed).newValue)." }

    /// Runs kcat against the server with an input; returns what it printed.
    package func kcat(_ arguments: [String], input: String = "") async throws -> String {
        let file = "\(folder)/input"
        try TestFile.write(input, to: file)
        let command = #"input=$1; shift; exec kcat -b "$@" < "$input""#
        let process = try RunningProcess(
            path: "/bin/sh",
            arguments: ["-c", command, "sh", file, bootstrap] + arguments,
            environment: Self.environment
        )
        let output = await process.wait(timeout: .seconds(30))
        guard output.code == 0 else { throw StartError(description: "kcat: \(output.standardError)") }
        return output.standardOutput
    }
}

/// Small files of tests.
enum TestFile {
    static func write(_ text: String, to path: String) throws(Errno) {
        let descriptor = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw Errno("open") }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw Errno("write") }
    }
}
