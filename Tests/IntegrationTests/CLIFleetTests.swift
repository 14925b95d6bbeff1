import Base
import Glibc
import HTTPClient
import Runtime
import TestSupport
import Testing

/// `sentinel fleet` against `sentinel serve`.
@Suite struct CLIFleetTests {
    private func worker(_ folder: CLIFolder, _ url: String) async throws -> JSONValue {
        let output = try await folder.run(["fleet", "--json"], environment: ["SENTINEL_URL": url])
        let workers = try JSONValue(parsing: output.standardOutput)["workers"]?.arrayValue ?? []
        return try #require(workers.first { $0["role"] == "worker" })
    }

    @Test(.timeLimit(.minutes(10))) func workersOfOneProcessAreSteered() async throws {
        let folder = try CLIFolder()
        let (server, url) = try await folder.serve()
        let environment = ["SENTINEL_URL": url]
        try await eventually { try await worker(folder, url)["state"] == "running" }
        let table = try await folder.run(["fleet"], environment: environment)
        for role in ["api", "scheduler", "worker", "processor", "alerter"] {
            #expect(table.standardOutput.contains("\n\(role)-"), "\(role): \(table.standardOutput)")
        }
        let id = try #require(try await worker(folder, url)["id"]?.stringValue)
        let paused = try await folder.run(["fleet", "pause", id], environment: environment)
        #expect(paused.code == 0 && paused.standardOutput == "\(id) has taken it: pause\n", "\(paused)")
        try await eventually { try await worker(folder, url)["state"] == "paused" }
        // Nothing is checked.
        let target = LoopbackTarget.answering()
        let added = try await folder.run(["monitors", "add", "a", target.url()], environment: environment)
        #expect(added.code == 0)
        let resized = try await folder.run(["fleet", "resize", id, "3"], environment: environment)
        #expect(resized.code == 0, "\(resized)")
        let still = try await worker(folder, url)
        #expect(still["processed"] == 0 && still["concurrency"] == 3 && still["state"] == "paused")
        let resumed = try await folder.run(["fleet", "resume", id], environment: environment)
        #expect(resumed.code == 0, "\(resumed)")
        try await eventually { try await worker(folder, url)["processed"]?.integerValue ?? 0 > 0 }

        let drained = try await folder.run(["fleet", "drain", id], environment: environment)
        #expect(drained.code == 1 && drained.standardError.contains("SIGTERM ends it"))
        let many = try await folder.run(["fleet", "resize", id, "1000000"], environment: environment)
        #expect(many.code == 1 && many.standardError.contains("409"))
        let nobody = try await folder.run(["fleet", "pause", "no/body"], environment: environment)
        #expect(nobody.code == 1 && nobody.standardError.contains("404: Worker not found"))
        // A process whose workers are paused ends as any other.
        _ = try await folder.run(["fleet", "pause", id], environment: environment)
        server.send(signal: SIGTERM)
        #expect(await server.wait(timeout: .seconds(40)).code == 0)
    }
}
