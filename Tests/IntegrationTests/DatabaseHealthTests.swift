import Base
import Glibc
import HTTPClient
import Runtime
import TestSupport
import Testing

/// A server whose database goes away.
@Suite struct DatabaseHealthTests {
    @Test("a process is not ready without its database, says why, and logs it once", .timeLimit(.minutes(10)))
    func removedFile() async throws {
        let folder = try CLIFolder()
        let client = HTTPClient(loop: try EventLoop(name: "health-test"))
        let (server, url) = try await folder.serve()
        func get(_ path: String) async throws -> (status: Int, body: JSONValue) {
            let request = HTTPClientRequest(method: "GET", url: url + path, body: [], maximumBody: 1 << 20)
            let answer = try await client.send(request)
            return (answer.status, try JSONValue(parsing: answer.body))
        }
        try await eventually { try await get("/api/v1/health/readiness").status == 200 }
        for suffix in ["", "-wal", "-shm"] { unlink("\(folder.path)/data/sentinel.db\(suffix)") }
        try await eventually { try await get("/api/v1/health/readiness").status == 503 }
        let reason = try await get("/api/v1/health/readiness").body["reason"]?.stringValue ?? ""
        #expect(reason.hasPrefix("database: ") && reason.hasSuffix("the file does not exist"), "\(reason)")
        let health = try await get("/health")
        #expect(health.status == 503 && health.body["checks"]?["database"]?["status"] == "failing", "\(health.body)")
        let answer = try await get("/api/v1/monitors")
        let detail = answer.body["detail"]?.stringValue ?? ""
        #expect(answer.status == 503 && detail.contains("the database cannot be opened or reached"), "\(detail)")
        #expect(!detail.contains("sentinel.db"))
        let records = server.standardError.split(separator: "\n").filter { $0.contains("the database cannot be used") }
        #expect(records.count == 1, "\(records)")
        server.send(signal: SIGTERM)
        _ = await server.wait(timeout: .seconds(60))
    }
}
