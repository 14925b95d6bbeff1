import Base
import Glibc
package import Redis
import Runtime
import Synchronization

/// Debian's Redis on a loopback port and in a folder of its own; ends with the process.
package final class RedisServer: Sendable {
    package let port: UInt16
    /// Where it would write its data.
    package let folder: String
    private let settings: [String]
    private let password: String?
    private let authority: String?
    private let process = Locked<RunningProcess?>(nil)
    private let databases = Atomic<Int>(0)

    /// The server that the tests of this process share.
    package static func shared() async throws -> RedisServer {
        try await sharing.withLock { () async throws -> RedisServer in
            if let known = started.withLock({ $0 }) { return known }
            let server = try await RedisServer()
            started.withLock { $0 = server }
            return server
        }
    }

    private static let sharing = AsyncLock()
    private static let started = Locked<RedisServer?>(nil)

    /// Starts a server and waits until it answers; `settings` are those of its configuration.
    ///
    /// With `tls`, PEM files, it speaks nothing else.
    package init(
        password: String? = nil,
        tls: (certificate: String, key: String, authority: String)? = nil,
        _ settings: [String: String] = [:]
    ) async throws {
        folder = "/tmp/sentinel-test-" + Base.UUID().description
        port = TestSocket.freePort()
        self.password = password
        authority = tls?.authority
        var all = [
            "port": "\(port)", "bind": "127.0.0.1", "dir": folder, "save": "", "appendonly": "no",
            "databases": "1000", "daemonize": "no", "loglevel": "warning",
        ]
        // By default it is 10,000 above the other port, where any connection of this machine may have it.
        if settings["cluster-enabled"] == "yes" { all["cluster-port"] = "\(TestSocket.freePort())" }
        all.merge(settings) { $1 }
        if let tls {
            all.merge([
                "port": "0", "tls-port": "\(port)", "tls-cert-file": tls.certificate, "tls-key-file": tls.key,
                "tls-ca-cert-file": tls.authority, "tls-auth-clients": "no",
            ]) { $1 }
        }
        if let password { all["requirepass"] = password }
        self.settings = all.sorted { $0.key < $1.key }.flatMap { ["--\($0.key)", $0.value] }
        guard mkdir(folder, 0o700) == 0 else { throw Errno("mkdir") }
        try await start()
    }

    deinit { kill(SIGKILL) }

    /// Runs a server until a process ends, however it does, and removes the server's folder then.
    private static let guardian = """
        parent=$1 folder=$2; shift 2
        "$@" & server=$!; echo $server
        trap 'kill -KILL $server; wait $server; exit' TERM
        while kill -0 "$parent" 2>/dev/null && kill -0 $server 2>/dev/null; do sleep 0.2; done
        kill -KILL $server 2>/dev/null; wait $server
        kill -0 "$parent" 2>/dev/null || rm -rf "$folder"
        """

    /// Starts the server again, with its folder.
    package func start() async throws {
        // A server that was killed may still hold the port.
        if let old = process.withLock({ $0 }) { _ = await old.wait(timeout: .seconds(30)) }
        let started = try RunningProcess(
            path: "/bin/sh",
            arguments: ["-c", Self.guardian, "sh", "\(getpid())", folder, "/usr/bin/redis-server"] + settings,
            environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin"]
        )
        process.withLock { $0 = started }
        let loop = try EventLoop(name: "redis-test")
        for _ in 0..<3000 {
            let client = RedisClient(try url(), on: loop)
            let isReady = (try? await client.call(RedisCommand("PING"))) != nil
            await client.close()
            if isReady { return loop.shutdown() }
            try await Task.sleep(for: .milliseconds(10))
        }
        loop.shutdown()
        let output = started.standardOutput.suffix(500) + started.standardError.suffix(500)
        throw RedisError.unavailable("the test's Redis does not answer: \(output)")
    }

    /// Sends the server a signal; after SIGKILL it can be started again.
    package func kill(_ signal: Int32) {
        let running = process.withLock { $0 }
        guard let number = running.flatMap({ Int32($0.standardOutput.prefix { $0.isNumber }) }) else { return }
        Glibc.kill(number, signal)
    }

    /// The server's address, with a database that no other test uses if wanted.
    package func url(ownDatabase: Bool = false) throws(RedisURL.ParseError) -> RedisURL {
        let account = password.map { ":\($0)@" } ?? ""
        let database = ownDatabase ? databases.add(1, ordering: .relaxed).newValue : 0
        var url = try RedisURL("\(authority == nil ? "redis" : "rediss")://\(account)127.0.0.1:\(port)/\(database)")
        url.caFile = authority
        return url
    }
}
