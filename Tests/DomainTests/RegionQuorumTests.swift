import Base
import Domain
import Testing

/// Verdicts over several regions: k of the fresh ones, hysteresis, and silence.
@Suite struct RegionQuorumTests {
    /// A monitor of regions that check every ten seconds; a result counts for 25 s.
    private struct Story {
        var verdict = MonitorVerdict()
        var rule = VerdictRule()
        var round = Timestamp(milliseconds: 1_000_000)
        var log: [String] = []

        init(_ change: (inout VerdictRule) -> Void = { _ in }) {
            (rule.freshness, rule.regions, rule.retryInterval) = (.seconds(25), 3, .seconds(5))
            change(&rule)
        }

        mutating func apply(_ event: MonitorVerdict.Event, at time: Timestamp) {
            for action in verdict.apply(event, at: time, rule) {
                switch action {
                case .changed(_, let state): log.append(state.rawValue)
                case .opened(_, let reopens): log.append(reopens ? "REOPEN" : "OPEN")
                case .escalated: log.append("WORSE")
                case .closed: log.append("CLOSE")
                case .confirm: log.append("confirm")
                case .confirmElsewhere: log.append("round")
                }
            }
        }

        mutating func check(_ region: Int, _ isUp: Bool, at due: Timestamp? = nil) {
            let due = due ?? round
            let check = CheckSummary(
                isSuccess: isUp,
                latency: .milliseconds(5),
                scheduledAt: due,
                region: RegionID(rawValue: UInt16(region))
            )
            apply(.checked(check), at: due)
        }

        /// A round in one word: `.` success, `x` failure, `-` nothing from the first, second and third region.
        mutating func run(_ word: some StringProtocol, _ order: [Int]? = nil) {
            let letters = Array(word)
            for region in order ?? Array(letters.indices) where letters[region] != "-" {
                check(region, letters[region] == ".")
            }
            round = round + .seconds(10)
            apply(.timePassed, at: round)
        }

        static func log(_ rounds: String, _ change: (inout VerdictRule) -> Void = { _ in }) -> String {
            var story = Story(change)
            for round in rounds.split(separator: " ") { story.run(round) }
            return story.log.filter { $0 != "round" && $0 != "confirm" }.joined(separator: " ")
        }
    }

    @Test(arguments: [
        (VerdictRule.Quorum.percent(50), 2, 1), (.percent(50), 3, 2), (.percent(34), 3, 2), (.percent(33), 3, 1),
        (.percent(100), 3, 3), (.percent(1), 20, 1), (.percent(67), 3, 3), (.majority, 2, 2), (.any, 3, 1),
        (.all, 3, 3),
    ]) func sharesAreRoundedUp(_ quorum: VerdictRule.Quorum, _ count: Int, _ needed: Int) {
        #expect(quorum.needed(of: count) == needed)
        #expect(VerdictRule.Quorum(json: quorum.json) == quorum)
    }

    @Test(arguments: ["0%", "101%", "07%", "%", "-1%", "5.5%", "1e1%", "+5%", "most"])
    func wrongSharesAreRefused(_ text: String) { #expect(VerdictRule.Quorum(json: .string(text)) == nil) }

    @Test(arguments: [
        // Two regions that disagree do not flap, whichever way they are counted.
        ("-.. -.x -.x -.x -.x -.x", VerdictRule.Quorum.majority, 1, "up degraded"),
        ("-.. -.x -.x -.x -.x -.x", .any, 1, "up down OPEN"),
        // A silent region votes no more: the others decide, or nobody does when they are too few.
        ("-.. -.x -.- -.- -.-", .majority, 1, "up degraded up"),
        ("-.. -.x --x --x --x --x", .majority, 1, "up degraded down OPEN"),
        ("-.. -.. --. --. --. -..", .majority, 2, "up unknown up"),
        ("-.. --- --- --- ---", .majority, 1, "up unknown"),
        // Nothing is not good news: an outage goes on until somebody sees its end.
        ("-xx --- --- --- --- -xx -..", .majority, 1, "degraded down OPEN unknown degraded down degraded up CLOSE"),
    ]) func freshRegionsDecide(_ rounds: String, _ quorum: VerdictRule.Quorum, _ fresh: Int, _ log: String) {
        let seen = Story.log(rounds) { ($0.quorum, $0.minimumFresh) = (quorum, fresh) }
        // The first of two results of a round may show something else for a moment.
        #expect(seen == log || Set(seen.split(separator: " ")) == Set(log.split(separator: " ")), "\(seen)")
    }

    @Test func returnOfASilentRegionEndsNoOutageByItself() {
        let change = { (rule: inout VerdictRule) in (rule.quorum, rule.recoveries) = (.majority, 3) }
        // The second region is down alone, since the third is silent; then that one comes back.
        #expect(Story.log("-.. -.- -x- -x- -x- -x. -x.", change).hasSuffix("down OPEN"))
        #expect(Story.log("-.. -.- -x- -x- -x- -x. -x. -x.", change).hasSuffix("down OPEN degraded CLOSE"))
    }

    @Test func eachRegionHasTheTimeSinceWhenItSeesWhatItSees() throws {
        var story = Story { $0.retries = 1 }
        let start = story.round
        for word in ["...", "...", ".x.", ".x.", ".xx"] { story.run(word) }
        func sinces(_ verdict: MonitorVerdict) -> [Int?] {
            (0..<3).map { region in
                verdict.since(of: RegionID(rawValue: region)).map { Int(($0 - start).inSeconds) }
            }
        }
        // The second region was pending first, and down with the next failure.
        #expect(sinces(story.verdict) == [0, 30, 40])
        let text = try story.verdict.stored.map { try JSONValue(parsing: $0.description) }
        let twin = try MonitorVerdict(story.verdict.state, scheduledAt: story.verdict.scheduledAt, stored: text)
        #expect(sinces(twin) == [0, 30, 40])
        story.apply(.regionLeft(RegionID(rawValue: 1)), at: story.round)
        #expect(sinces(story.verdict) == [0, nil, 40])
        // Where regions are not named nothing is remembered.
        var plain = Story { $0.freshness = nil }
        plain.run("x..")
        #expect(sinces(plain.verdict) == [nil, nil, nil])
    }

    @Test func oneProcessThatReachesACanaryIsSufficient() throws {
        let (eu, start) = (try #require(RegionName(rawValue: "eu")), Timestamp(milliseconds: 1_000_000))
        var presence = RegionPresence(since: start)
        #expect(presence.isOnline(eu, at: start) == nil && presence.workers(in: eu, at: start) == nil)
        presence.hear(RegionBeat(region: eu, process: "a"), at: start)
        #expect(presence.isOnline(eu, at: start) == nil && presence.workers(in: eu, at: start) == 1)
        presence.hear(RegionBeat(region: eu, process: "a", isOnline: false), at: start)
        #expect(presence.isOnline(eu, at: start) == false)
        presence.hear(RegionBeat(region: eu, process: "b", isOnline: true), at: start + .seconds(20))
        #expect(presence.isOnline(eu, at: start + .seconds(20)) == true)
        presence.hear(RegionBeat(region: eu, process: "b", isLast: true), at: start + .seconds(21))
        #expect(presence.isOnline(eu, at: start + .seconds(21)) == false)
        // Who is not heard for half a minute says nothing.
        #expect(presence.isOnline(eu, at: start + .seconds(31)) == nil)
        #expect(presence.workers(in: eu, at: start + .seconds(31)) == 0)
    }

    @Test func theFirstFailureAsksTheOthersOnce() {
        var story = Story { ($0.retries, $0.quorum) = (1, .majority) }
        for word in ["...", "x..", "x..", "xx.", "..."] { story.run(word) }
        #expect(story.log.count { $0 == "round" } == 1)
        story.run(".x.")
        #expect(story.log.count { $0 == "round" } == 2)
        var doubted = Story { ($0.retries, $0.quorum) = (1, .majority) }
        doubted.run("...")
        doubted.apply(.doubted, at: doubted.round)
        doubted.run("x..")
        #expect(!doubted.log.contains("round"))
        var patient = Story { ($0.retries, $0.retryInterval) = (1, nil) }
        for word in ["...", "x.."] { patient.run(word) }
        #expect(!patient.log.contains("round"), "without a retry interval the next regular checks confirm")
    }

    /// The order of the results of a round, and results that come again or too late, change nothing in the end.
    @Test(arguments: 0..<200) func theOrderWithinARoundDoesNotMatter(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var first = Story {
            $0.retries = Int.random(in: 0...2, using: &random)
            $0.recoveries = Int.random(in: 1...3, using: &random)
            $0.quorum = [.any, .majority, .all, .atLeast(2), .percent(60)].randomElement(using: &random) ?? .any
            $0.minimumFresh = Int.random(in: 1...3, using: &random)
        }
        var second = first
        var past: [(Int, Bool, Timestamp)] = []
        for _ in 0..<100 {
            let word = (0..<3).map { _ in "..xx-".randomElement(using: &random) ?? "-" }
            let due = first.round
            first.run(String(word), [0, 1, 2].shuffled(using: &random))
            let order = [0, 1, 2].shuffled(using: &random)
            for region in order where word[region] != "-" {
                second.check(region, word[region] == ".")
                past.append((region, word[region] == ".", due))
                if let old = past.randomElement(using: &random) { second.check(old.0, !old.1, at: old.2) }
            }
            second.round = second.round + .seconds(10)
            second.apply(.timePassed, at: second.round)
            let (left, right) = (first.verdict, second.verdict)
            // In between an outage may have opened for one order and not for the other: what is known is the same.
            #expect(left.knownRegions == right.knownRegions && left.regionCounts == right.regionCounts, "seed \(seed)")
            for region in left.knownRegions { #expect(left.verdict(of: region) == right.verdict(of: region)) }
        }
    }

    /// However regions fail, fall silent and come back: down needs enough fresh ones, and outages open and close in turn.
    @Test(arguments: 0..<200) func outagesNeedAQuorumOfFreshRegions(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var story = Story {
            $0.retries = Int.random(in: 0...1, using: &random)
            $0.recoveries = Int.random(in: 1...3, using: &random)
            $0.quorum = [.any, .majority, .all, .percent(50)].randomElement(using: &random) ?? .any
            $0.minimumFresh = Int.random(in: 1...3, using: &random)
        }
        var isOpen = false
        for _ in 0..<200 {
            story.run(String((0..<3).map { _ in "...xx--".randomElement(using: &random) ?? "-" }))
            for word in story.log {
                if word == "OPEN" || word == "CLOSE" {
                    #expect(isOpen == (word == "CLOSE"), "seed \(seed)")
                    isOpen = word == "OPEN"
                }
            }
            story.log = []
            let (counts, rule) = (story.verdict.regionCounts, story.rule)
            if counts.all < rule.minimumFresh { #expect(story.verdict.state == .unknown, "seed \(seed)") }
            if counts.all >= rule.minimumFresh, counts.down >= rule.quorum.needed(of: counts.all) {
                #expect(story.verdict.state == .down && isOpen, "seed \(seed)")
            }
            let stored = story.verdict.stored
            let text = try stored.map { try JSONValue(parsing: $0.description) }
            let twin = try MonitorVerdict(story.verdict.state, scheduledAt: story.verdict.scheduledAt, stored: text)
            #expect(twin.remembers(theSameAs: story.verdict), "seed \(seed)")
        }
        for _ in 0..<4 { story.run("...") }
        #expect(story.verdict.state == .up && !story.verdict.isOpen, "seed \(seed)")
    }
}
