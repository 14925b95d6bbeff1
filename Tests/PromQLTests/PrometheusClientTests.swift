import Base
import Domain
import HTTPClient
import PromQL
import Runtime
import TestSupport
import Testing

/// The client with a server whose behaviour the test sets.
@Suite struct PrometheusClientTests {
    private static let empty = #"{"status":"success","data":{"resultType":"vector","result":[]}}"#

    private func client(
        _ url: String,
        _ credentials: PrometheusConfiguration.Credentials? = nil,
        _ change: (inout PrometheusConfiguration) -> Void = { _ in }
    ) throws -> PrometheusClient {
        var configuration = try PrometheusConfiguration(baseURL: url, credentials: credentials)
        change(&configuration)
        return PrometheusClient(
            http: HTTPClient(loop: try EventLoop(name: "promql-test")),
            configuration: configuration
        )
    }

    private func failure(_ client: PrometheusClient, timeout: Duration = .seconds(20)) async -> QueryError? {
        if case .failed(let failure) = await client.evaluate("up", timeout: timeout) { failure } else { nil }
    }

    @Test func queriesArePostedAsForms() async throws {
        let target = LoopbackTarget.answering { _, connection in connection.respond(body: Self.empty) }
        let client = try client(target.url("/prom/"), .basic(user: "me", password: "pässword"))
        let instant = Timestamp(milliseconds: 1_500)
        #expect(await client.evaluate("a{b=\"é&=+ \"}", at: instant, timeout: .milliseconds(2500)) == .vector([]))
        let request = try #require(target.requests.first)
        #expect(request.hasPrefix("POST /prom/api/v1/query HTTP/1.1\r\n"))
        #expect(request.contains("\r\nContent-Type: application/x-www-form-urlencoded\r\n"))
        #expect(request.contains("\r\nAuthorization: Basic bWU6cMOkc3N3b3Jk\r\n"))
        #expect(
            request.hasSuffix("\r\n\r\nquery=a%7Bb%3D%22%C3%A9%26%3D%2B%20%22%7D&timeout=2.5&limit=10001&time=1.5")
        )
        _ = await (try self.client(target.url(""), .bearer("t0ken"))).evaluate("up")
        let second = try #require(target.requests.last)
        #expect(
            second.hasPrefix("POST /api/v1/query HTTP/1.1\r\n")
                && second.contains("\r\nAuthorization: Bearer t0ken\r\n")
        )
        #expect(!second.contains("&time="))
    }

    @Test func badAddressesAreRefusedWithoutRepeatingThem() {
        let bad = [
            "", "prometheus:9090", "ftp://a/", "http://", "http://a/?x=1", "http://a/#x", "http://me:secret@a/",
            "http://a b/",
            "http://a/\n", "http://" + String(repeating: "a", count: 2048), "http://é/",
        ]
        for url in bad {
            let error = #expect(throws: PrometheusConfigurationError.self, "\(url)") {
                try PrometheusConfiguration(baseURL: url)
            }
            #expect(error?.description.contains("secret") == false)
        }
        #expect((try? PrometheusConfiguration(baseURL: "https://a:1/b//"))?.baseURL == "https://a:1/b")
        #expect((try? PrometheusConfiguration(baseURL: "http://[::1]:9090"))?.baseURL == "http://[::1]:9090")
    }

    @Test func networkErrorsAreNamed() async throws {
        let hung = LoopbackTarget { $0.waitForClose() }
        #expect(await failure(try client(hung.url()), timeout: .milliseconds(100)) == .timeout)
        let broken = LoopbackTarget.answering { _, connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"status\":")
            connection.close()
        }
        #expect(await failure(try client(broken.url()))?.label == "unreachable")
        let refused = try client("http://127.0.0.1:\(LoopbackTarget.closedPort())", .bearer("secret"))
        let failure = await failure(refused)
        #expect(failure?.label == "unreachable" && failure?.description.contains("secret") == false)
        let secret = try client(hung.url(), .bearer("se\ncret"))
        let refusal = await self.failure(secret)
        #expect(refusal?.label == "unreachable" && refusal?.description.contains("cret") == false)
    }

    @Test func invalidAnswersAreNamed() async throws {
        let answers = [
            ("503 Service Unavailable", "text/html", "<html>", "unreachable: HTTP status 503"),
            ("200 OK", "text/html", "<html>", "malformed answer: the answer is text/html, not JSON"),
            ("200 OK", "application/json", "", "malformed answer: the answer is empty"),
            ("401 Unauthorized", "text/plain", "no", "not authorized"),
            ("302 Found", "text/plain", "", "malformed answer: HTTP status 302, a redirect, which is not followed"),
        ]
        for (status, type, body, complaint) in answers {
            let target = LoopbackTarget.answering { _, connection in
                connection.respond(status, headers: ["Content-Type: \(type)"], body: body)
            }
            #expect(await failure(try client(target.url()))?.description == complaint)
        }
    }

    @Test func largeAnswerIsNotReadToItsEnd() async throws {
        let sent = Locked(0)
        let shared = Counter(sent)
        let target = LoopbackTarget.answering { _, connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n")
            let piece = [UInt8](repeating: 32, count: 1 << 20)
            for _ in 0..<100 where connection.send(piece) { shared.add() }
        }
        #expect(await failure(try client(target.url())) == .tooLarge("more than 8388608 bytes"))
        #expect(shared.count < 50)
    }

    private final class Counter: Sendable {
        private let value: Locked<Int>
        init(_ value: consuming Locked<Int>) { self.value = value }
        func add() { value.withLock { $0 += 1 } }
        var count: Int { value.withLock { $0 } }
    }

    @Test func warningsAreKept() async throws {
        let target = LoopbackTarget.answering { _, connection in
            connection.respond(
                body: #"{"status":"success","warnings":["partial"],"data":{"resultType":"scalar","result":[1,"1"]}}"#
            )
        }
        let answer = try await client(target.url()).query("1")
        #expect(answer == PrometheusAnswer(samples: [Sample(.empty, 1)], warnings: ["partial"]))
    }

    @Test func validationWorksWithoutFormatting() async throws {
        let target = LoopbackTarget.answering { request, connection in
            if request.hasPrefix("POST /api/v1/format_query") {
                connection.respond("404 Not Found", body: "404 page not found")
            } else {
                connection.respond(body: Self.empty)
            }
        }
        let validation = try await client(target.url()).validate("up")
        #expect(validation.formatted == nil && validation.series == 0 && validation.warnings.isEmpty)
    }

    @Test func summaryDistinguishesNoDataFromFailure() async throws {
        let target = LoopbackTarget.answering { request, connection in
            let values = ["MemTotal": "25.5", "filesystem": "NaN", "receive": "1e3"]
            if request.contains("transmit") {
                connection.respond("503 Service Unavailable")
            } else if let value = values.first(where: { request.contains($0.key) })?.value {
                let result = #"[{"metric":{"instance":"i"},"value":[1,"\#(value)"]}]"#
                connection.respond(body: #"{"status":"success","data":{"resultType":"vector","result":\#(result)}}"#)
            } else {
                connection.respond(body: Self.empty)
            }
        }
        let summary = await (try client(target.url())).summary(job: "j", instance: "i")
        #expect(summary.values == [.memoryUsage: 25.5, .networkReceived: 1000])
        #expect(summary.metrics.map(\.metric.rawValue) == ["memory_usage_percent", "network_rx_bytes_per_sec"])
        #expect(summary.failures == [.networkSent: .unreachable("HTTP status 503")] && summary.failure == nil)
        let down = await (try client("http://127.0.0.1:\(LoopbackTarget.closedPort())")).summary(
            job: "j",
            instance: "i"
        )
        #expect(down.values.isEmpty && down.failure?.label == "unreachable")
    }

    @Test func summaryQueriesAllMetricsAtOnce() async throws {
        let hung = LoopbackTarget { $0.waitForClose() }
        let client = try client(hung.url())
        let task = Task { await client.summary(job: "j", instance: "i", timeout: .seconds(300)) }
        #expect(await eventually { hung.connectionCount == 5 })
        task.cancel()
        #expect(await task.value.failure == .unreachable("cancelled"))
    }
}
