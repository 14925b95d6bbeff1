import Alerting
import Base
import Domain
import Testing

/// The differences between a failed check and the last good one.
@Suite struct ResultDifferenceTests {
    private func differences(
        _ change: (_ good: inout Outcome, _ bad: inout Outcome) -> Void
    ) -> [String] {
        var good = Outcome(latency: .milliseconds(10))
        (good.statusCode, good.bodyBytes, good.remoteAddress) = (200, 1000, "127.0.0.1:80")
        (good.phases.connect, good.phases.firstByte) = (.milliseconds(1), .milliseconds(9))
        var bad = good
        bad.failure = .init(.httpStatus, in: .assertion, "status 503")
        change(&good, &bad)
        func result(_ outcome: Outcome) -> CheckResult {
            let time = Timestamp(milliseconds: 0)
            return CheckResult(
                monitorID: MonitorID(rawValue: 1),
                region: .local,
                scheduledAt: time,
                checkedAt: time,
                outcome: outcome
            )
        }
        return ResultDifference.between(good: result(good), bad: result(bad))
            .map { "\($0.name): \($0.before ?? "-") → \($0.after ?? "-")" }
    }

    private func header(_ fields: [String: String?]) -> HeaderOutline {
        HeaderOutline(fields.map { HeaderOutline.Field($0.key, $0.value) }, digest: UInt64(fields.count))
    }

    @Test func equalResultsHaveNoDifferences() {
        #expect(differences { _, _ in }.isEmpty)
        #expect(differences { $1.bodyBytes = 1063 }.isEmpty, "a little less or more is no difference")
        #expect(differences { $1.phases.firstByte = .milliseconds(30) }.isEmpty)
    }

    @Test func differencesOfTheAnswerAreListed() {
        #expect(differences { $1.statusCode = 503 } == ["status: 200 → 503"])
        #expect(differences { $1.bodyBytes = 10 } == ["body: 1000 bytes → 10 bytes"])
        #expect(differences { $1.remoteAddress = "127.0.0.2:80" } == ["address: 127.0.0.1:80 → 127.0.0.2:80"])
        #expect(differences { $1.phases.firstByte = .seconds(2) } == ["first byte time: 9ms → 2s"])
    }

    @Test func differencesOfTheHeaderAreListed() {
        let found = differences { good, bad in
            good.header = header(["server": "nginx", "content-type": "text/html", "etag": .none, "vary": .none])
            bad.header = header(["server": "envoy", "content-type": "text/html", "x-reason": .none])
        }
        #expect(
            found == ["header server: nginx → envoy", "headers gone: etag, vary → none", "headers added: - → x-reason"]
        )
        #expect(differences { good, _ in good.header = header(["server": "nginx"]) }.isEmpty)
        #expect(differences { _, bad in bad.header = header(["server": "nginx"]) }.isEmpty)
    }

    @Test func withoutAnAnswerOnlyReachedPhasesAreCompared() {
        let found = differences { good, bad in
            good.header = header(["server": "nginx"])
            (bad.statusCode, bad.bodyBytes, bad.header) = (nil, 0, nil)
        }
        #expect(found.isEmpty)
    }
}
