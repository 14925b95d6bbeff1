import Base
import Glibc
import TestSupport

/// A folder that is removed when released.
final class CLIFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/sentinel-cli-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? ""
        }
        struct NoFolder: Error {}
        if path.isEmpty { throw NoFolder() }
    }

    deinit {
        for name in files { unlink("\(path)/\(name)") }
        rmdir("\(path)/data")
        rmdir(path)
    }

    /// The files in the folder.
    private var files: [String] {
        [
            ".env", "sentinel.yaml", "other.yaml", "secret", "sent-back", "rule.json", "foreign.db",
            "Migration+version2.swift",
        ]
            + ["sentinel", "other"].flatMap { name in
                ["", "-wal", "-shm", ".key", ".lock"].map { "data/\(name).db\($0)" }
            }
    }

    func write(_ text: String, to name: String) {
        guard let file = fopen("\(path)/\(name)", "w") else { return }
        fputs(text, file)
        fclose(file)
    }

    /// Runs the program in the folder.
    func run(_ words: [String], environment: [String: String] = [:]) async throws -> SentinelBinary.Output {
        try await SentinelBinary.run(words, environment: environment, folder: path)
    }

    private struct NotReady: Error {}

    /// Starts a server, or a role of a cluster, on a free port and waits until it reports its address.
    ///
    /// `limits` are commands of a shell that run before it.
    func serve(
        _ command: String = "serve",
        limits: String? = nil,
        environment: [String: String] = [:]
    ) async throws -> (server: RunningProcess, url: String) {
        let words = [command, "--port", "0", "--log-format", "json"]
        let server: RunningProcess
        if let limits {
            let script = "\(limits); exec \"$0\" \"$@\""
            let shell = ["-c", script, SentinelBinary.path] + words
            server = try RunningProcess(path: "/bin/sh", arguments: shell, environment: environment, folder: path)
        } else {
            server = try SentinelBinary.start(words, environment: environment, folder: path)
        }
        let deadline = MonotonicTime.now + .seconds(120)
        while MonotonicTime.now < deadline {
            let ready = server.standardError.split(separator: "\n").lazy.compactMap {
                try? JSONValue(parsing: String($0))
            }
            .first { $0["message"] == "listening" }
            if let url = ready?["url"]?.stringValue { return (server, url) }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw NotReady()
    }
}
