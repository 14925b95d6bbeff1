import Base
import Glibc
import HTTPClient
import Runtime
import TestSupport
import Testing
import sentinel

/// The documented metrics are those of the program.
@Suite struct DocumentedMetricsTests {
    @Test(.timeLimit(.minutes(10))) func everyMetricIsDocumented() async throws {
        let folder = try CLIFolder()
        let (server, url) = try await folder.serve()
        let client = HTTPClient(loop: try EventLoop(name: "metrics-test"))
        let answer = try await client.send(HTTPClientRequest(url: "\(url)/metrics"))
        let text = String(decoding: answer.body, as: UTF8.self)
        let served = Set(
            text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
        )
        #expect(served.count > 30)
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let bytes = try SmallFile.read("\(root)/docs/operations.md", limit: 1 << 20) ?? []
        let document = String(decoding: bytes, as: UTF8.self)
        let rows = document.split(separator: "\n").filter { $0.hasPrefix("| `") }
        let names = rows.compactMap { $0.dropFirst(3).split(whereSeparator: { "{`".contains($0) }).first }
        let documented = Set(
            names.filter { $0.hasPrefix("sentinel_") || $0.hasPrefix("process_") || $0.hasPrefix("http_") }
        )
        #expect(served.subtracting(documented) == [], "not documented")
        let conditional = Set(
            rows.filter { $0.contains("` * |") || $0.contains("Prometheus") || $0.contains("watchers") }
                .compactMap { $0.dropFirst(3).split(whereSeparator: { "{`".contains($0) }).first }
        )
        #expect(documented.subtracting(served).subtracting(conditional) == [], "not there")
        server.send(signal: SIGTERM)
        #expect(await server.wait(timeout: .seconds(60)).code == 0)
    }
}
