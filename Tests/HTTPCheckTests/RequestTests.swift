import Base
import Domain
import HTTPCheck
import TestSupport
import Testing

/// What a check sends, and what it searches in the answer.
@Suite struct RequestTests {
    private func request(_ change: (inout HTTPSettings.Options) -> Void) async throws -> String {
        let target = LoopbackTarget.answering()
        let outcome = await (try ProbeBench()).run(target.url(), change)
        #expect(outcome.failure == nil)
        return try #require(target.requests.first)
    }

    @Test(arguments: ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY"]) func methodIsSent(_ method: String)
        async throws
    {
        #expect(try await request { $0.method = method }.hasPrefix("\(method) / HTTP/1.1\r\n"))
        let withBody = try await request { ($0.method, $0.body) = (method, "a=b") }
        #expect(withBody.hasPrefix("\(method) / HTTP/1.1\r\n") && withBody.hasSuffix("\r\n\r\na=b"))
        #expect(withBody.contains("Content-Length: 3\r\n") && !withBody.contains("Content-Type"))
    }

    @Test func headMethodReadsNoBody() async throws {
        let target = LoopbackTarget.answering { _, connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        }
        let outcome = await (try ProbeBench()).run(target.url()) { $0.method = "HEAD" }
        #expect(outcome.failure == nil && outcome.bodyBytes == 0)
    }

    @Test func headersAgentAndCredentialsAreSent() async throws {
        let text = try await request {
            $0.headers = [.init(name: "X-One", value: "1"), .init(name: "X-Empty", value: "")]
            $0.userAgent = "Tester/9"
            $0.authentication = .basic(user: "ann", password: "s:e cret")
        }
        #expect(text.contains("X-One: 1\r\n") && text.contains("X-Empty:\r\n"))
        #expect(text.contains("User-Agent: Tester/9\r\n"))
        #expect(text.contains("Authorization: Basic YW5uOnM6ZSBjcmV0\r\n"))
        #expect(
            try await request { $0.authentication = .bearer(token: "t0k") }.contains("Authorization: Bearer t0k\r\n")
        )
    }

    @Test func optionsDoNotLeakIntoTheNextCheck() async throws {
        let target = LoopbackTarget.answering()
        let bench = try ProbeBench()
        _ = await bench.run(target.url()) {
            ($0.method, $0.body, $0.userAgent) = ("POST", "x", "Odd")
            $0.headers = [.init(name: "X-One", value: "1")]
            $0.authentication = .basic(user: "a", password: "b")
            $0.keyword = "ok"
        }
        #expect(await bench.run(target.url()).failure == nil)
        let second = try #require(target.requests.last)
        #expect(second.hasPrefix("GET / ") && second.contains("User-Agent: Sentinel/"))
        #expect(!second.contains("X-One") && !second.contains("Authorization") && !second.contains("Accept-Enc"))
    }

    static let injections: [@Sendable (inout HTTPSettings.Options) -> Void] = [
        { $0.headers = [.init(name: "X", value: "a\r\nEvil: 1")] },
        { $0.headers = [.init(name: "X", value: "a\nEvil: 1")] },
        { $0.headers = [.init(name: "X", value: "a\u{0}b")] },
        { $0.headers = [.init(name: "X: y\r\nEvil", value: "1")] },
        { $0.headers = [.init(name: "", value: "1")] },
        { $0.userAgent = "a\r\nEvil: 1" },
        { $0.method = "GET / HTTP/1.1\r\nEvil: 1\r\n\r\n" },
        { $0.authentication = .bearer(token: "a\r\nEvil: 1") },
        { $0.authentication = .basic(user: "a\r\n", password: "b") },
    ]

    @Test(arguments: injections.indices) func injectionIsRefused(_ index: Int) async throws {
        let target = LoopbackTarget.answering()
        expect(await (try ProbeBench()).run(target.url(), Self.injections[index]), .internalError, .internal)
        #expect(target.connectionCount == 0)
    }

    @Test(arguments: [
        ("200", 200, true), ("200", 201, false), ("200-299,404", 404, true), ("200-299,404", 403, false),
        ("500-599", 503, true), ("200-399", 304, true), ("200-399", 400, false),
    ])
    func expectedStatusDecides(_ set: String, _ status: Int, _ isFine: Bool) async throws {
        let target = LoopbackTarget.answering { _, connection in connection.respond("\(status) X") }
        let expected = try #require(StatusSet(text: set))
        let outcome = await (try ProbeBench()).run(target.url()) { $0.expectedStatus = expected }
        #expect(outcome.isSuccess == isFine && outcome.statusCode == status)
    }

    @Test func interimAnswersAreSkipped() async throws {
        let target = LoopbackTarget.answering { _, connection in
            connection.send(
                "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
            )
        }
        let outcome = await (try ProbeBench()).run(target.url()) { $0.keyword = "ok" }
        #expect(outcome.isSuccess && outcome.statusCode == 200)
    }

    @Test func keywordIsFoundAcrossPackets() async throws {
        let target = LoopbackTarget.answering { _, connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n")
            for piece in ["sp", "li", "t-w", "or", "d st", "op"] {
                connection.send(piece)
                TestClock.wait(milliseconds: 5)
            }
        }
        let bench = try ProbeBench()
        #expect(await bench.run(target.url()) { $0.keyword = "split-word" }.isSuccess)
        expect(await bench.run(target.url()) { $0.forbiddenKeyword = "split-word" }, .assertionBody, .assertion)
        expect(await bench.run(target.url()) { $0.keyword = "split-words" }, .assertionBody, .assertion)
    }

    /// "needle" in each coding.
    static let coded: [(String, [UInt8])] = [
        ("gzip", [31, 139, 8, 0, 0, 0, 0, 0, 2, 255, 203, 75, 77, 77, 201, 73, 5, 0, 5, 226, 88, 101, 6, 0, 0, 0]),
        ("deflate", [120, 1, 1, 6, 0, 249, 255, 110, 101, 101, 100, 108, 101, 8, 144, 2, 110]),
    ]

    @Test(arguments: coded) func keywordIsFoundInCompressedBody(_ coding: String, _ bytes: [UInt8]) async throws {
        let target = LoopbackTarget.answering { _, connection in
            connection.respond("200 OK", headers: ["Content-Encoding: \(coding)"], bytes: bytes)
        }
        let outcome = await (try ProbeBench()).run(target.url()) { $0.keyword = "needle" }
        #expect(outcome.failure == nil && outcome.bodyBytes == 6)
        #expect(target.requests.first?.contains("Accept-Encoding: gzip, deflate, br, zstd\r\n") == true)
    }

    @Test func bodyAtTheLimitIsAccepted() async throws {
        let target = LoopbackTarget.answering { _, connection in
            connection.respond(body: String(repeating: "a", count: 100))
        }
        let outcome = await (try ProbeBench()).run(target.url()) { $0.maximumBody = 100 }
        #expect(outcome.isSuccess && outcome.bodyBytes == 100)
    }

    @Test(arguments: [HTTPSettings.HTTPVersion.http10, .http11]) func configuredHTTPVersionIsSent(
        _ version: HTTPSettings.HTTPVersion
    )
        async throws
    {
        #expect(try await request { $0.httpVersion = version }.hasPrefix("GET / HTTP/\(version.rawValue)\r\n"))
    }
}
