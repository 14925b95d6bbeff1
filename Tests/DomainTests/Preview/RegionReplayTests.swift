import Base
import Testing

@testable import Domain

/// Stored checks of several regions under rules that count silence.
@Suite struct RegionReplayTests {
    /// A word a minute: `.` success, `x` failure, `-` nothing from the first, second and third region.
    private func forecast(_ rounds: String, regions: Set<Int64>? = nil, _ change: (inout VerdictRule) -> Void) -> String
    {
        var rule = VerdictRule()
        (rule.retries, rule.freshness, rule.regions) = (0, .seconds(130), 3)
        change(&rule)
        var replay = VerdictReplay(rule, regions: regions, limit: 100)
        var due: Int64 = 0
        for word in rounds.split(separator: " ") {
            due += 60_000
            for (region, letter) in word.enumerated() where letter != "-" {
                let reason = letter == "x" ? Int64(Reason.httpStatus.rawValue) : 0
                replay.see(StoredCheck(due: due, region: Int64(region), reason: reason, latency: 20_000))
            }
        }
        return VerdictReplayTests.text(replay.finish(at: Timestamp(milliseconds: due + 60_000)))
    }

    @Test(arguments: [
        (VerdictRule.Quorum.majority, "... .x. .xx .xx ... ...", "3-5x3"), (.any, "... .x. .xx .xx ... ...", "2-5x5"),
        (.all, "... .x. .xx .xx ... ...", ""),
        // The two regions that were well are silent: the third decides alone, two minutes and ten seconds later.
        (.majority, "... ..x --x --x --x --x ... ...", "4-7x2"),
    ])
    func theQuorumOfTheFreshRegionsDecides(_ quorum: VerdictRule.Quorum, _ rounds: String, _ expected: String) {
        #expect(forecast(rounds) { $0.quorum = quorum } == expected)
    }

    @Test func tooFewFreshRegionsOpenNothing() {
        #expect(forecast("... ..x --x --x --x --x ... ...") { ($0.quorum, $0.minimumFresh) = (.majority, 2) } == "")
    }

    @Test func otherRegionsAreNotSeen() {
        #expect(forecast("xx. xx. ...", regions: [2]) { $0.quorum = .any } == "")
        #expect(forecast("xx. xx. ...", regions: [0, 2]) { $0.quorum = .any } == "1-3x2")
    }

    /// The replay agrees with the machine, to which time passes every second.
    @Test(arguments: 0..<50) func replayAgreesWithTheLiveVerdict(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var rule = VerdictRule()
        (rule.freshness, rule.regions, rule.retries) = (.seconds(25), 3, Int.random(in: 0...1, using: &random))
        rule.recoveries = Int.random(in: 1...3, using: &random)
        rule.quorum = [.any, .majority, .all].randomElement(using: &random) ?? .any
        rule.minimumFresh = Int.random(in: 1...2, using: &random)
        var replay = VerdictReplay(rule, limit: 1000)
        var (live, opened, closed) = (MonitorVerdict(), [Timestamp](), [Timestamp]())
        func note(_ actions: [MonitorVerdict.Action], _ time: Timestamp) {
            for action in actions {
                if case .opened = action { opened.append(time) }
                if case .closed = action { closed.append(time) }
            }
        }
        for second in 1...3000 {
            let time = Timestamp(milliseconds: Int64(second) * 1000)
            note(live.apply(.timePassed, at: time, rule), time)
            guard second.isMultiple(of: 10) else { continue }
            for region in 0..<3 {
                guard let letter = "...xx---".randomElement(using: &random), letter != "-" else { continue }
                let reason = letter == "x" ? Int64(Reason.httpStatus.rawValue) : 0
                let check = StoredCheck(due: time.milliseconds, region: Int64(region), reason: reason, latency: 20_000)
                replay.see(check)
                note(live.apply(.checked(check.summary), at: time, rule), time)
            }
        }
        let found = replay.finish(at: Timestamp(milliseconds: 3_001_000))
        func isNear(_ times: [Timestamp], _ others: [Timestamp]) -> Bool {
            times.count == others.count && zip(times, others).allSatisfy { $1 - $0 >= .zero && $1 - $0 <= .seconds(1) }
        }
        #expect(isNear(found.outages.map(\.startedAt), opened), "seed \(seed)")
        #expect(isNear(found.outages.compactMap(\.endedAt), closed), "seed \(seed)")
    }
}
