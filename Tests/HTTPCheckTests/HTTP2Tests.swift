import Base
import Domain
import HTTPCheck
import TestSupport
import Testing

/// Checks against a real HTTP/2 server.
@Suite struct HTTP2Tests {
    private static let page = String(repeating: "two ", count: 10_000) + "the end"

    @Test func versionIsNegotiatedInTheHandshake() async throws {
        let authority = TestCertificate("HTTP/2 CA", sans: nil, isAuthority: true)
        let certificate = TestCertificate("two", issuer: authority, sans: "IP:127.0.0.1")
        let target = try await HTTP2Target(certificate: certificate, page: Self.page)
        let bench = try ProbeBench(ProbeConfiguration(caFile: authority.certificateFile()))
        let outcome = await bench.run(target.url("https")) { $0.keyword = "the end" }
        #expect(outcome.failure == nil, "\(String(describing: outcome.failure))")
        #expect(outcome.httpVersion == "2" && outcome.statusCode == 200)
        #expect(outcome.bodyBytes == Self.page.utf8.count)
        #expect(outcome.certificate?.valid == true)
        let phases = outcome.phases
        let times = [phases.connect, phases.tls, phases.firstByte, phases.transfer].compactMap { $0 }
        #expect(times.count == 4 && times.reduce(.zero, +) <= outcome.latency)
        let old = await bench.run(target.url("https")) { $0.httpVersion = .http11 }
        #expect(old.failure?.phase == .firstByte || old.failure?.phase == .tls, "\(String(describing: old.failure))")
    }

    @Test func priorKnowledgeNeedsNoHandshake() async throws {
        let target = try await HTTP2Target(page: Self.page)
        let bench = try ProbeBench()
        let outcome = await bench.run(target.url("http")) { $0.httpVersion = .http2PriorKnowledge }
        #expect(outcome.failure == nil, "\(String(describing: outcome.failure))")
        #expect(outcome.httpVersion == "2" && outcome.bodyBytes == Self.page.utf8.count)
        let missing = await bench.run(target.url("http", "/missing")) { $0.httpVersion = .http2PriorKnowledge }
        expect(missing, .httpStatus, .assertion)
        #expect(missing.statusCode == 404 && missing.evidence?.headers.isEmpty == false)
        let short = await bench.run(target.url("http")) {
            ($0.httpVersion, $0.maximumBody) = (.http2PriorKnowledge, 1000)
        }
        expect(short, .httpBodyTooLarge, .transfer)
        let absent = await bench.run(target.url("http")) {
            ($0.httpVersion, $0.keyword) = (.http2PriorKnowledge, "three")
        }
        expect(absent, .assertionBody, .assertion)
    }
}
