import Base
import Testing

@testable import Domain

/// Stored checks under rules that were not in effect at the time.
@Suite struct VerdictReplayTests {
    /// One letter a check, a minute apart: `.` success, `s` slow success, `x` failure, `t` a timeout; `a`/`A` failure and
    /// success from a second region at the same instants; `-` a minute without a check.
    static func checks(_ letters: String) -> [StoredCheck] {
        var due: Int64 = 0
        return letters.compactMap { letter in
            due += 60_000
            let reason: Reason? = letter == "t" ? .connectTimeout : "xa".contains(letter) ? .httpStatus : nil
            guard letter != "-" else { return nil }
            return StoredCheck(
                due: due,
                region: "aA".contains(letter) ? 1 : 0,
                reason: Int64(reason?.rawValue ?? 0),
                latency: letter == "s" ? 2_000_001 : 20_000
            )
        }
    }

    static func forecast(_ letters: String, limit: Int = 100, _ rule: VerdictRule) -> OutageForecast {
        var replay = VerdictReplay(rule, limit: limit)
        for check in checks(letters) { replay.see(check) }
        return replay.finish(at: Timestamp(milliseconds: Int64(letters.count + 1) * 60_000))
    }

    /// `3-5x2` for an outage from the third minute to the fifth with two failures, `+1` for each reopening.
    static func text(_ forecast: OutageForecast) -> String {
        forecast.outages.map { outage in
            func minute(_ time: Timestamp?) -> String { time.map { "\($0.milliseconds / 60_000)" } ?? "" }
            let times = "\(minute(outage.startedAt))-\(minute(outage.endedAt))"
            return times + "x\(outage.failedChecks)" + (outage.reopenings > 0 ? "+\(outage.reopenings)" : "")
        }.joined(separator: " ")
    }

    private static func rule(_ change: (inout VerdictRule) -> Void) -> VerdictRule {
        var rule = VerdictRule()
        change(&rule)
        return rule
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let letters: String
        let rule: VerdictRule
        let expected: String
        let minutesDown: Int
        var testDescription: String { "\(letters) \(expected)" }

        init(_ letters: String, _ expected: String, down: Int, _ change: (inout VerdictRule) -> Void = { _ in }) {
            (self.letters, self.expected, minutesDown) = (letters, expected, down)
            rule = VerdictReplayTests.rule(change)
        }
    }

    @Test(arguments: [
        // One lost packet.
        Case("..x..", "3-4x1", down: 1), Case("..x..", "", down: 0) { $0.retries = 1 },
        Case("..xx..x.", "4-5x2", down: 1) { $0.retries = 1 }, Case("..xxx.", "", down: 0) { $0.retries = 3 },
        // An open outage has no end.
        Case("..xxx", "3-x3", down: 3), Case("", "", down: 0), Case("x", "1-x1", down: 1),
        // A time without checks.
        Case(".x---.", "2-6x1", down: 4),
        Case("..x.x.x....", "3-4x1 5-6x1 7-8x1", down: 3),
        // Flapping: three of five; it ends when fewer are left.
        Case("..x.x.x....", "7-8x1", down: 1) { ($0.retries, $0.failures) = (3, VerdictRule.Share(3, of: 5)) },
        // Recovery needs two successes.
        Case(".x..x.x..", "2-4x1 5-9x2", down: 6) { $0.recoveries = 2 },
        // A failure within three minutes belongs to the same outage.
        Case(".x.x.....x.", "2-5x2+1 10-11x1", down: 3) { $0.settleTime = .seconds(180) },
        Case(".x.x.", "2-3x1 4-5x1", down: 2) { $0.settleTime = .seconds(60) },
        // A slow success is not a failure, and ends an outage.
        Case("..sss..", "", down: 0) { ($0.degradedAbove, $0.alertOnDegraded) = (.seconds(2), false) },
        Case(".xsx.", "2-3x1 4-5x1", down: 2) { ($0.degradedAbove, $0.alertOnDegraded) = (.seconds(2), false) },
        // With slowness that opens incidents.
        Case("..sss..", "3-6x0", down: 3) { $0.degradedAbove = .seconds(2) },
        // Two regions: a majority needs both.
        Case(".A.axxa.A", "5-8x3", down: 3), Case(".A.aA.", "", down: 0),
        Case(".A.aA.", "4-5x1", down: 1) { $0.quorum = .any },
    ]) func historyIsReplayed(_ story: Case) {
        let forecast = Self.forecast(story.letters, story.rule)
        #expect(Self.text(forecast) == story.expected)
        #expect(forecast.count == forecast.outages.count)
        #expect(forecast.notifications == forecast.outages.reduce(0) { $0 + 1 + $1.reopenings })
        #expect(forecast.downTime == .seconds(60 * story.minutesDown))
    }

    @Test func degradedIncidentsThatGoDownAreNotifiedAgain() {
        let forecast = Self.forecast(".sxxs.", Self.rule { $0.degradedAbove = .seconds(2) })
        #expect(Self.text(forecast) == "2-5x2 5-6x0" && forecast.count == 2)
        #expect(forecast.notifications == 3 && forecast.outages.map(\.isDegraded) == [false, true])
        #expect(forecast.outages.map(\.reason) == [.httpStatus, nil])
    }

    @Test func reasonIsThatOfTheDecidingCheck() {
        let forecast = Self.forecast(".xt..tx.", Self.rule { $0.retries = 1 })
        #expect(forecast.outages.map(\.reason) == [.connectTimeout, .httpStatus])
        let reopened = Self.forecast(".x.t.", Self.rule { $0.settleTime = .seconds(600) })
        #expect(reopened.outages.map(\.reason) == [.connectTimeout])
    }

    @Test func listIsCutButCountIsComplete() {
        let all = Self.forecast(".x.x.x.x", VerdictRule())
        var cut = Self.forecast(".x.x.x.x", limit: 2, VerdictRule())
        #expect(cut.isCut && !all.isCut && cut.outages == Array(all.outages.prefix(2)))
        #expect(cut.count == 4 && cut.downTime == all.downTime)
        cut.keep(1)
        #expect(cut.outages.count == 1 && cut.count == 4)
        cut.keep(-3)
        #expect(cut.outages.isEmpty)
    }

    // MARK: Against the machine itself

    /// The simple way: every check goes through the machine, and its actions are recorded.
    private static func slowly(_ checks: [StoredCheck], _ rule: VerdictRule, end: Timestamp) -> OutageForecast {
        var verdict = MonitorVerdict()
        var forecast = OutageForecast()
        var since = Timestamp(milliseconds: 0)
        for check in checks {
            for action in verdict.apply(.checked(check.summary), at: check.scheduledAt, rule) {
                switch action {
                case .opened(let outage, let reopens):
                    since = check.scheduledAt
                    forecast.notifications += 1
                    if reopens {
                        forecast.outages[forecast.count - 1].endedAt = nil
                        forecast.outages[forecast.count - 1].reopenings += 1
                        if outage == .down { forecast.outages[forecast.count - 1].isDegraded = false }
                    } else {
                        forecast.count += 1
                        forecast.outages.append(.init(startedAt: since, failedChecks: 0))
                        forecast.outages[forecast.count - 1].isDegraded = outage == .degraded
                    }
                case .escalated:
                    forecast.notifications += 1
                    forecast.outages[forecast.count - 1].isDegraded = false
                case .closed:
                    forecast.outages[forecast.count - 1].endedAt = check.scheduledAt
                    forecast.downTime += check.scheduledAt - since
                case .changed, .confirm, .confirmElsewhere: break
                }
            }
        }
        if verdict.isOpen { forecast.downTime += end - since }
        return forecast
    }

    @Test(arguments: 0..<400 as Range<UInt64>) func skippingUnchangedChecksGivesTheSameReplay(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var rule = VerdictRule()
        rule.retries = Int.random(in: 0...3, using: &random)
        rule.recoveries = Int.random(in: 1...3, using: &random)
        if Bool.random(using: &random) {
            let of = Int.random(in: 1...64, using: &random)
            rule.failures = VerdictRule.Share(Int.random(in: 1...min(of, 6), using: &random), of: of)
        }
        if Bool.random(using: &random) { rule.degradedAbove = .milliseconds(Int.random(in: 1...3, using: &random)) }
        rule.settleTime = .seconds(Int.random(in: 0...10, using: &random))
        rule.quorum = [.any, .majority, .all, .atLeast(2)].randomElement(using: &random) ?? .all
        let regions = Int64.random(in: 1...3, using: &random)
        var checks: [StoredCheck] = []
        var sickness = 0
        for second in 0..<600 as Range<Int64> {
            if Int.random(in: 0..<40, using: &random) == 0 { sickness = Int.random(in: 0...10, using: &random) }
            for region in 0..<regions where Int.random(in: 0..<20, using: &random) > 0 {
                let isFailure = Int.random(in: 0..<12, using: &random) < sickness
                let latency = Int64.random(in: 500...(Bool.random(using: &random) ? 900 : 4000), using: &random)
                let reason: Reason? = isFailure ? .httpStatus : nil
                checks.append(
                    StoredCheck(
                        due: second * 1000,
                        region: region,
                        reason: Int64(reason?.rawValue ?? 0),
                        latency: latency
                    )
                )
            }
        }
        let end = Timestamp(milliseconds: 700_000)
        var replay = VerdictReplay(rule, limit: .max)
        for check in checks { replay.see(check) }
        var found = replay.finish(at: end)
        for index in found.outages.indices {
            #expect(found.outages[index].failedChecks > 0 || found.outages[index].isDegraded)
            (found.outages[index].failedChecks, found.outages[index].reason) = (0, nil)
        }
        #expect(found == Self.slowly(checks, rule, end: end), "seed \(seed)")
    }
}
