import Base
import Domain
import HTTPCheck
import TestSupport
import Testing

/// Results of good and bad answers.
@Suite struct ExchangeTests {
    @Test func goodAnswerSucceedsWithAllPhases() async throws {
        let target = LoopbackTarget.answering { _, connection in connection.respond(body: "hello") }
        func phases(of outcome: Outcome) -> [Duration] {
            [outcome.phases.connect, outcome.phases.firstByte, outcome.phases.transfer].compactMap { $0 }
        }
        let outcome = try await ProbeBench.timed(target.url("/path?q=1")) { outcome in
            outcome.latency - phases(of: outcome).reduce(.zero, +) < .milliseconds(50)
        }
        #expect(outcome.failure == nil)
        #expect(outcome.statusCode == 200)
        #expect(outcome.httpVersion == "1.1")
        #expect(outcome.bodyBytes == 5)
        #expect(outcome.remoteAddress == target.authority)
        #expect(outcome.redirects == 0 && outcome.finalURL == nil)
        #expect(outcome.evidence == nil && outcome.certificate == nil)
        #expect(outcome.phases.dns == nil && outcome.phases.tls == nil)
        #expect(phases(of: outcome).count == 3)
        let sum = phases(of: outcome).reduce(.zero, +)
        #expect(sum <= outcome.latency && outcome.latency - sum < .milliseconds(50))
        let request = try #require(target.requests.first)
        #expect(request.hasPrefix("GET /path?q=1 HTTP/1.1\r\nHost: \(target.authority)\r\n"))
        #expect(request.contains("User-Agent: Sentinel/\(version)\r\n"))
        #expect(!request.contains("Accept-Encoding"))
    }

    @Test func slowAnswerCountsAsFirstByte() async throws {
        let target = LoopbackTarget { connection in
            _ = connection.readRequest()
            TestClock.wait(milliseconds: 80)
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")
            TestClock.wait(milliseconds: 60)
            connection.send("k")
        }
        let outcome = await (try ProbeBench()).run(target.url())
        #expect(outcome.isSuccess)
        let firstByte = try #require(outcome.phases.firstByte)
        #expect(firstByte >= .milliseconds(75))
        // A late read of the first byte reduces the transfer's time, not the sum.
        #expect(firstByte + (try #require(outcome.phases.transfer)) >= .milliseconds(135))
    }

    /// A broken answer and its expected reason.
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reason: Reason
        let phase: Phase
        var change: @Sendable (inout HTTPSettings.Options) -> Void = { _ in }
        let act: @Sendable (TargetConnection) -> Void
    }

    static let faults: [Fault] = [
        Fault(testDescription: "closed without a byte", reason: .httpEmpty, phase: .firstByte) { $0.close() },
        Fault(testDescription: "closed within the status line", reason: .httpMalformed, phase: .firstByte) {
            $0.send("HTTP/1.1 20")
        },
        Fault(testDescription: "protocol switched unasked", reason: .httpStatus, phase: .assertion) {
            $0.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nhello")
            $0.waitForClose()
        },
        Fault(testDescription: "reset", reason: .httpReset, phase: .firstByte) { $0.reset() },
        Fault(testDescription: "garbage", reason: .httpMalformed, phase: .firstByte) { $0.send("SSH-2.0-x\r\n\r\n") },
        Fault(testDescription: "no status", reason: .httpMalformed, phase: .firstByte) {
            $0.send("HTTP/1.1 abc\r\n\r\n")
        },
        Fault(testDescription: "illegal field", reason: .httpMalformed, phase: .firstByte) {
            $0.send("HTTP/1.1 200 OK\r\nno colon here\r\n\r\n")
        },
        Fault(
            testDescription: "field name with space, strictly",
            reason: .httpMalformed,
            phase: .firstByte,
            change: { $0.isStrict = true }
        ) {
            $0.send("HTTP/1.1 200 OK\r\nA b: c\r\n\r\n")
        },
        Fault(testDescription: "NUL in a field", reason: .httpMalformed, phase: .firstByte) {
            $0.send("HTTP/1.1 200 OK\r\nA: b\u{0}c\r\nContent-Length: 0\r\n\r\n")
        },
        Fault(testDescription: "continuation first", reason: .httpMalformed, phase: .firstByte) {
            $0.send("HTTP/1.1 200 OK\r\n X: a\r\nContent-Length: 5\r\n\r\nhello")
        },
        Fault(testDescription: "chunk size with a prefix", reason: .httpDecoding, phase: .transfer) {
            $0.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n")
        },
        Fault(testDescription: "trailer without a colon", reason: .httpDecoding, phase: .transfer) {
            $0.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX\r\n")
        },
        Fault(testDescription: "two in a status line of one", reason: .httpMalformed, phase: .firstByte) {
            $0.send("HTTP/2 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        },
        Fault(testDescription: "length in two parts", reason: .httpMalformed, phase: .firstByte) {
            $0.send("HTTP/1.1 200 OK\r\nContent-Length: 1 5\r\n\r\nhello")
        },
        Fault(testDescription: "header cut", reason: .httpMalformed, phase: .firstByte) {
            $0.send("HTTP/1.1 200 OK\r\nA: b\r\n")
        },
        Fault(testDescription: "header cut after its length", reason: .httpMalformed, phase: .firstByte) {
            $0.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n")
        },
        Fault(testDescription: "reset in the header", reason: .httpReset, phase: .firstByte) { connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n")
            TestClock.wait(milliseconds: 50)
            connection.reset()
        },
        Fault(testDescription: "endless length", reason: .httpMalformed, phase: .firstByte) {
            $0.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nhello")
        },
        Fault(testDescription: "two lengths", reason: .httpMalformed, phase: .firstByte) {
            $0.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")
        },
        Fault(
            testDescription: "length over the limit",
            reason: .httpBodyTooLarge,
            phase: .transfer,
            change: { $0.maximumBody = 1000 }
        ) { connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n")
            connection.waitForClose()
        },
        Fault(testDescription: "many fields", reason: .httpHeaderTooLarge, phase: .firstByte) { connection in
            connection.send("HTTP/1.1 200 OK\r\n")
            for index in 0..<2000 where !connection.send("X-\(index): \(String(repeating: "a", count: 100))\r\n") {
                return
            }
        },
        Fault(testDescription: "one endless field", reason: .httpHeaderTooLarge, phase: .firstByte) { connection in
            connection.send("HTTP/1.1 200 OK\r\nX: ")
            for _ in 0..<300 where !connection.send(String(repeating: "a", count: 1000)) { return }
        },
        Fault(testDescription: "short body", reason: .httpTruncated, phase: .transfer) {
            $0.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")
        },
        Fault(testDescription: "unfinished chunks", reason: .httpTruncated, phase: .transfer) {
            $0.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        },
        Fault(testDescription: "broken chunk size", reason: .httpDecoding, phase: .transfer) {
            $0.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n")
        },
        Fault(testDescription: "reset in the body", reason: .httpReset, phase: .transfer) { connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")
            TestClock.wait(milliseconds: 50)
            connection.reset()
        },
        Fault(
            testDescription: "body too large",
            reason: .httpBodyTooLarge,
            phase: .transfer,
            change: { $0.maximumBody = 1000 }
        ) { $0.respond(body: String(repeating: "a", count: 1001)) },
        Fault(testDescription: "broken gzip", reason: .httpDecoding, phase: .transfer, change: { $0.keyword = "a" }) {
            $0.respond(headers: ["Content-Encoding: gzip"], body: "this is not gzip at all")
        },
        Fault(testDescription: "broken deflate", reason: .httpDecoding, phase: .transfer, change: { $0.keyword = "a" })
        {
            $0.respond(headers: ["Content-Encoding: deflate"], body: "\u{7}\u{7}\u{7}\u{7}\u{7}\u{7}\u{7}")
        },
        Fault(testDescription: "broken brotli", reason: .httpDecoding, phase: .transfer, change: { $0.keyword = "a" }) {
            $0.respond("200 OK", headers: ["Content-Encoding: br"], bytes: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
        },
        Fault(testDescription: "silence", reason: .timeoutFirstByte, phase: .firstByte, change: short) {
            $0.waitForClose()
        },
        Fault(testDescription: "stalled body", reason: .timeoutTransfer, phase: .transfer, change: short) {
            connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")
            connection.waitForClose()
        },
        Fault(testDescription: "dripping body", reason: .timeoutTransfer, phase: .transfer, change: short) {
            connection in
            connection.send("HTTP/1.1 200 OK\r\n\r\n")
            while connection.send("x") { TestClock.wait(milliseconds: 10) }
        },
        Fault(testDescription: "dripping header", reason: .timeoutFirstByte, phase: .firstByte, change: short) {
            connection in
            connection.send("HTTP/1.1 200 OK\r\n")
            while connection.send("X: y\r\n") { TestClock.wait(milliseconds: 10) }
        },
        Fault(testDescription: "status 500", reason: .httpStatus, phase: .assertion) { $0.respond("500 Oops") },
        Fault(testDescription: "HTTP/1.1 for 2", reason: .assertionVersion, phase: .assertion, change: http2) {
            $0.respond()
        },
        Fault(
            testDescription: "prior knowledge refused",
            reason: .assertionVersion,
            phase: .assertion,
            change: { $0.httpVersion = .http2PriorKnowledge }
        ) { connection in
            connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            connection.waitForClose()
        },
        Fault(testDescription: "no keyword", reason: .assertionBody, phase: .assertion, change: { $0.keyword = "yes" })
        {
            $0.respond(body: "no")
        },
        Fault(
            testDescription: "forbidden keyword",
            reason: .assertionBody,
            phase: .assertion,
            change: { $0.forbiddenKeyword = "error" }
        ) { $0.respond(body: "an error here") },
    ]

    private static let short: @Sendable (inout HTTPSettings.Options) -> Void = { $0.timeout = .milliseconds(300) }
    private static let http2: @Sendable (inout HTTPSettings.Options) -> Void = { $0.httpVersion = .http2 }

    @Test(arguments: faults) func failureIsNamed(_ fault: Fault) async throws {
        let target = LoopbackTarget { connection in
            // With prior knowledge there is no request head to read, only its first bytes.
            if fault.testDescription.hasPrefix("prior") { _ = connection.read() } else { _ = connection.readRequest() }
            fault.act(connection)
        }
        let outcome = await (try ProbeBench()).run(target.url(), fault.change)
        expect(outcome, fault.reason, fault.phase)
        #expect(outcome.phases.connect != nil && outcome.phases.firstByte != nil)
        #expect((outcome.phases.transfer != nil) || fault.phase == .firstByte || outcome.statusCode == nil)
        if fault.testDescription.contains("drip") || fault.testDescription == "silence" {
            #expect(outcome.latency >= .milliseconds(299) && outcome.latency < .seconds(3))
        }
    }

    @Test func evidenceIsKeptOnFailure() async throws {
        let target = LoopbackTarget.answering { _, connection in
            connection.respond("503 Busy", headers: ["X-Why: tired "], body: String(repeating: "z", count: 5000))
        }
        let outcome = await (try ProbeBench()).run(target.url())
        expect(outcome, .httpStatus, .assertion)
        #expect(outcome.statusCode == 503)
        #expect(outcome.bodyBytes == 5000)
        let evidence = try #require(outcome.evidence)
        #expect(evidence.headers.contains(Outcome.Evidence.Header(name: "X-Why", value: "tired")))
        #expect(evidence.body == [UInt8](repeating: 0x7A, count: 4096))
    }

    @Test func headerEvidenceIsBounded() async throws {
        let target = LoopbackTarget.answering { _, connection in
            connection.respond("500 No", headers: (0..<900).map { "X-\($0): \(String(repeating: "v", count: 50))" })
        }
        let evidence = try #require(await (try ProbeBench()).run(target.url()).evidence)
        #expect((50...100).contains(evidence.headers.count))
    }
}

/// Waiting inside targets, which misbehave on purpose.
enum TestClock {
    static func wait(milliseconds: Int) { usleepMilliseconds(milliseconds) }
}
