import Base
import Domain
import HTTPClient
import PromQL
import Runtime
import TestSupport
import Testing

/// The client with Debian's Prometheus, which scrapes Debian's node exporter.
@Suite struct RealPrometheusTests {
    /// A client that keeps its server running.
    private struct Session {
        let client: PrometheusClient
        private let server: PrometheusServer

        init(scraping targets: [(job: String, authority: String)] = []) async throws {
            server = try await PrometheusServer(scraping: targets)
            client = PrometheusClient(
                http: HTTPClient(loop: try EventLoop(name: "promql-test")),
                configuration: try PrometheusConfiguration(baseURL: server.url)
            )
        }
    }

    private func complaint(_ client: PrometheusClient, _ query: String) async -> String? {
        if case .failed(let failure) = await client.evaluate(query) { failure.description } else { nil }
    }

    @Test func queriesAreAnswered() async throws {
        let exporter = try await NodeExporter()
        let session = try await Session(scraping: [("node", exporter.authority)])
        defer { withExtendedLifetime(session) {} }
        let client = session.client
        let up = try #require(
            SeriesKey([.init("__name__", "up"), .init("job", "node"), .init("instance", exporter.authority)])
        )
        await eventually { await client.evaluate(#"up{job="node"}"#) == .vector([Sample(up, 1)]) }
        #expect(await client.evaluate(#"up{job="node"}"#) == .vector([Sample(up, 1)]))
        await eventually { (try? await client.query("up").samples.count) == 2 }
        let both = try await client.query("up")
        #expect(both.samples.count == 2 && both.warnings.isEmpty)
        #expect(await client.evaluate("up", at: Timestamp(milliseconds: 1000)) == .vector([]))

        #expect(await client.evaluate("scalar(vector(1))") == .vector([Sample(.empty, 1)]))
        #expect(await client.evaluate("1/0") == .vector([Sample(.empty, .infinity)]))
        #expect(await client.evaluate("-1/0") == .vector([Sample(.empty, -.infinity)]))
        #expect(try await client.query("0/0").samples.map(\.value.isNaN) == [true])
        try await summaryIsFound(client, exporter)
    }

    private func summaryIsFound(_ client: PrometheusClient, _ exporter: NodeExporter) async throws {
        await eventually {
            await client.summary(job: "node", instance: exporter.authority).values.count == ServerMetric.allCases.count
        }
        let summary = await client.summary(job: "node", instance: exporter.authority)
        #expect(summary.failures.isEmpty && summary.failure == nil)
        #expect(Set(summary.values.keys) == Set(ServerMetric.allCases))
        for metric in [ServerMetric.memoryUsage, .diskUsage] {
            let value = try #require(summary.values[metric])
            #expect(value > 0 && value < 100)
        }
        #expect(try #require(summary.values[.cpuUsage]) <= 100)
        #expect(try #require(summary.values[.networkReceived]) >= 0)
        let nobody = await client.summary(job: "node", instance: "\"} or up{job=\"node")
        #expect(nobody.values.isEmpty && nobody.failures.isEmpty)
    }

    @Test func badQueriesAreExplained() async throws {
        let session = try await Session()
        defer { withExtendedLifetime(session) {} }
        let client = session.client
        #expect(
            await complaint(client, "scalar(1)")?.hasPrefix("bad query, line 1, column 8: 1:8: parse error: ") == true
        )
        #expect(
            await complaint(client, "\"é\" +\n  \"ü\" foo")?.hasPrefix("bad query, line 2, column 7: 2:8: parse error")
                == true
        )
        #expect(await complaint(client, "up[5m]")?.contains("matrix") == true)
        #expect(await complaint(client, "\"abc\"") == "bad query: the query gives a text, which cannot be compared")
        #expect(
            await complaint(client, "label_replace(vector(1), \"a\", \"b\", \"c\", \"(\")")?.hasPrefix("bad query")
                == true
        )

        let validation = try await client.validate("sum  by(job)(vector( 0))")
        #expect(validation.formatted?.hasPrefix("sum by (job) (vector(0))") == true && validation.series == 1)
        let failure = await #expect(throws: QueryError.self) { try await client.validate("sum(up") }
        #expect(failure?.description == "bad query, line 1, column 7: 1:7: parse error: unclosed left parenthesis")
    }

    /// Quoted texts come back unchanged: as a separator alone in a label.
    @Test func quotedTextsRoundTrip() async throws {
        let session = try await Session()
        defer { withExtendedLifetime(session) {} }
        let client = session.client
        let all = String(String.UnicodeScalarView((1..<0x180).compactMap(Unicode.Scalar.init)))
        for text in [all, "\"} or vector(2) #", "\\\"", "a\nb\r\t", "`'$1", "日本\u{2028}\u{10FFFF}"] {
            let query = "label_join(vector(1), \"x\", \(PromQL.quoted(text)), \"a\", \"b\")"
            let key = try #require(SeriesKey([.init("x", text)]))
            #expect(await client.evaluate(query) == .vector([Sample(key, 1)]))
        }
    }
}
