import TestSupport
import Base
import Domain
import Testing
import sentinel

/// The exact output of `sentinel check`.
@Suite struct CLIReportTests {
    private let noon = Timestamp(milliseconds: 1_795_262_400_000)  // 2026-11-21T12:00:00Z

    private func report(
        _ outcome: Outcome,
        url: String = "https://example.com/",
        style: TerminalStyle = TerminalStyle(width: 60)
    ) -> String {
        CheckReport(spec: CheckSpec.http(url), outcome: outcome, at: noon, style: style).text
    }

    private func phases(_ milliseconds: [Double?]) -> Outcome.PhaseTimes {
        let times = milliseconds.map { $0.map { Duration.microseconds(Int($0 * 1000)) } }
        var phases = Outcome.PhaseTimes()
        (phases.dns, phases.connect, phases.tls) = (times[0], times[1], times[2])
        (phases.firstByte, phases.transfer) = (times[3], times[4])
        return phases
    }

    private func certificate(sans: [String] = ["example.com", "www.example.com"]) -> CertificateFacts {
        CertificateFacts(
            subject: "CN=example.com",
            issuer: "CN=Test CA,O=Testing",
            sans: sans,
            notBefore: noon - .seconds(10 * 86_400),
            notAfter: noon + .seconds(80 * 86_400 + 5),
            sha256: String(repeating: "0123456789abcdef", count: 4),
            valid: true,
            problem: nil,
            chain: []
        )
    }

    private var success: Outcome {
        var outcome = Outcome(latency: .milliseconds(200))
        outcome.statusCode = 200
        outcome.phases = phases([10, 30, 60, 90, 10])
        outcome.remoteAddress = "93.184.216.34:443"
        outcome.httpVersion = "2"
        outcome.bodyBytes = 1256
        outcome.redirects = 1
        outcome.finalURL = "https://www.example.com/"
        outcome.certificate = certificate()
        return outcome
    }

    @Test func successIsPrintedInASCII() {
        #expect(
            report(success) == """
                GET https://example.com/

                  dns         ##                                    10.00 ms
                  connect       #####                               30.00 ms
                  tls                ###########                    60.00 ms
                  first_byte                    ###############     90.00 ms
                  transfer                                     ##   10.00 ms
                  total                                            200.00 ms

                  UP    HTTP 200 in 200.00 ms

                  address     93.184.216.34:443
                  http        2
                  body        1256 bytes
                  redirects   1
                  final url   https://www.example.com/

                Certificate
                  subject     CN=example.com
                  issuer      CN=Test CA,O=Testing
                  valid       2026-11-11 to 2027-02-09, 80 days left
                  names       example.com, www.example.com
                  sha256      0123456789abcdef0123456789abcdef0123456789abcd
                              ef0123456789abcdef

                """
        )
    }

    @Test func coloursAndBlocksNeedASuitableTerminal() {
        let plain = report(success)
        #expect(plain.utf8.allSatisfy { $0 < 127 && ($0 >= 32 || $0 == 10) })
        let rich = report(success, style: TerminalStyle(width: 60, hasColour: true, hasUnicode: true))
        #expect(rich.contains("\u{1B}[32mUP\u{1B}[0m"))
        #expect(rich.contains("█"))
        #expect(!report(success, style: TerminalStyle(width: 60, hasUnicode: true)).contains("\u{1B}"))
    }

    struct Failure: CustomTestStringConvertible, Sendable {
        let reason: Reason
        let phase: Phase
        let times: [Double?]
        let verdict: String
        var status: Int?
        var testDescription: String { reason.description }
    }

    @Test(arguments: [
        Failure(
            reason: .dnsNXDomain,
            phase: .dns,
            times: [5, nil, nil, nil, nil],
            verdict: "  DOWN  dns_nxdomain in phase dns\n        it went wrong\n"
        ),
        Failure(
            reason: .connectRefused,
            phase: .connect,
            times: [nil, 5, nil, nil, nil],
            verdict: "  DOWN  connect_refused in phase connect\n        it went wrong\n"
        ),
        Failure(
            reason: .tlsExpired,
            phase: .tls,
            times: [1, 2, 2, nil, nil],
            verdict: "  DOWN  tls_expired in phase tls\n        it went wrong\n"
        ),
        Failure(
            reason: .timeoutFirstByte,
            phase: .firstByte,
            times: [1, 1, 1, 2, nil],
            verdict: "  DOWN  timeout_first_byte in phase first_byte\n        it went wrong\n"
        ),
        Failure(
            reason: .httpTruncated,
            phase: .transfer,
            times: [1, 1, 1, 1, 1],
            verdict: "  DOWN  HTTP 200 http_truncated in phase transfer\n        it went wrong\n",
            status: 200
        ),
        Failure(
            reason: .httpStatus,
            phase: .assertion,
            times: [1, 1, 1, 1, 1],
            verdict: "  DOWN  HTTP 503 http_status in phase assertion\n        it went wrong\n",
            status: 503
        ),
        Failure(
            reason: .policyBlocked,
            phase: .policy,
            times: [nil, nil, nil, nil, nil],
            verdict: "  DOWN  policy_blocked in phase policy\n        it went wrong\n"
        ),
    ])
    func failureIsShownInEveryPhase(_ failure: Failure) {
        var outcome = Outcome(
            failure: .init(failure.reason, in: failure.phase, "it went wrong"),
            latency: .milliseconds(5)
        )
        outcome.statusCode = failure.status
        outcome.phases = phases(failure.times)
        let text = report(outcome)
        #expect(text.contains(failure.verdict))
        let lines = text.split(separator: "\n")
        for (index, time) in failure.times.enumerated() {
            #expect(lines[index + 1].hasSuffix(time == nil ? " -" : " ms"))
            #expect(lines[index + 1].contains("#") == (time != nil))
        }
    }

    @Test func unreachedPhasesAreDrawnEmpty() {
        let outcome = Outcome(failure: .init(.dnsTimeout, in: .dns, "no answer"), latency: .zero)
        #expect(
            report(outcome) == """
                GET https://example.com/

                  dns                                                   -
                  connect                                               -
                  tls                                                   -
                  first_byte                                            -
                  transfer                                              -
                  total                                              0.00 ms

                  DOWN  dns_timeout in phase dns
                        no answer

                """
        )
    }

    @Test func shortPhasesAreThinStrokes() {
        var outcome = Outcome(latency: .milliseconds(100))
        outcome.phases = phases([0, 0.001, nil, 99, 0])
        let lines = report(outcome).split(separator: "\n")
        #expect(lines[1] == "  dns         |                                      0.00 ms")
        #expect(lines[2] == "  connect     |                                      0.00 ms")
        #expect(lines[5].contains("|"))
    }

    @Test(arguments: [40, 41, 60, 80, 123, 200])
    func linesStayWithinTheWidth(_ width: Int) {
        var outcome = success
        outcome.certificate = certificate(sans: (0..<200).map { "host-\($0).a-rather-long-domain.example.com" })
        outcome.failure = .init(.tlsHostname, in: .tls, String(repeating: "no name matches; ", count: 20))
        outcome.finalURL = "https://example.com/" + String(repeating: "x", count: 500)
        for hasUnicode in [false, true] {
            let text = report(outcome, style: TerminalStyle(width: width, hasUnicode: hasUnicode))
            #expect(text.split(separator: "\n").allSatisfy { $0.count <= width })
            let words = text.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
            #expect(words.contains("and 170 more"))
        }
    }

    @Test(arguments: [
        (-1, -1, "2026-11-20 to 2026-11-20, expired 1 day ago"), (-90, 13, "2026-08-23 to 2026-12-04, 13 days left"),
        (2, 90, "2026-11-23 to 2027-02-19, begins in 2 days"),
    ])
    func certificateValidityIsShownInDays(_ from: Int, _ to: Int, _ words: String) {
        var outcome = success
        outcome.certificate?.notBefore = noon + .seconds(from * 86_400)
        outcome.certificate?.notAfter = noon + .seconds(to * 86_400)
        #expect(report(outcome).contains(words))
    }

    @Test func certificateProblemsAreShown() {
        var outcome = success
        outcome.certificate?.valid = false
        outcome.certificate?.problem = "self-signed certificate"
        #expect(report(outcome).contains("  problem     self-signed certificate\n"))
        outcome.certificate?.problem = nil
        #expect(report(outcome).contains("  problem     not verified\n"))
    }

    @Test func externalTextCannotControlTheTerminal() {
        var outcome = success
        outcome.failure = .init(.httpStatus, in: .assertion, "\u{1B}]0;x\u{7}\n\u{202E}\u{9B}31m")
        outcome.certificate = certificate(sans: ["\u{1B}[2J", "bücher.example"])
        outcome.certificate?.subject = "CN=\u{1B}[31mred"
        let text = report(outcome, style: TerminalStyle(width: 80, hasUnicode: true))
        #expect(
            text.unicodeScalars.allSatisfy { $0.value == 10 || ($0.value >= 32 && $0.value != 127 && $0.value != 0x9B) }
        )
        #expect(!text.unicodeScalars.contains("\u{202E}"))
        #expect(text.contains("bücher.example"))
        #expect(report(outcome).contains("b?cher.example"))
    }

    @Test(arguments: [
        (0, "0.00"), (4_999, "0.00"), (5_000, "0.01"), (1_000_000, "1.00"), (12_345_678, "12.35"),
        (999_995_000, "1000.00"), (60_000_000_000, "60000.00"),
    ])
    func millisecondsAreRounded(_ nanoseconds: Int, _ text: String) {
        #expect(Waterfall.milliseconds(.nanoseconds(nanoseconds)) == text)
    }
}
