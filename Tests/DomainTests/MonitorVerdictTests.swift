import Base
import Domain
import Testing

/// Verdicts over sequences of checks and what happens around them.
@Suite struct MonitorVerdictTests {
    /// A machine fed with one letter an event, a second apart; its actions are in `log`.
    ///
    /// `.` success, `s` slow success, `x` failure, `M`/`m` maintenance begins and ends, `P`/`p` paused and resumed,
    /// `D`/`d` doubted and trusted, `a`/`A` failure and success from a second region, `b`/`B` from a third.
    private struct Story {
        var verdict = MonitorVerdict()
        var rule = VerdictRule()
        var time = Timestamp(milliseconds: 0)
        var log: [String] = []

        static let events: [Character: MonitorVerdict.Event] = [
            "M": .maintenanceBegan, "m": .maintenanceEnded, "P": .paused, "p": .resumed, "D": .doubted, "d": .trusted,
        ]

        init(_ change: (inout VerdictRule) -> Void = { _ in }) { change(&rule) }

        private func event(_ letter: Character) -> MonitorVerdict.Event {
            if let event = Self.events[letter] { return event }
            let region: UInt16 = "aA".contains(letter) ? 1 : "bB".contains(letter) ? 2 : 0
            return .checked(
                CheckSummary(
                    isSuccess: !"xab".contains(letter),
                    latency: letter == "s" ? .seconds(2) : .milliseconds(20),
                    scheduledAt: time,
                    region: RegionID(rawValue: .init(region))
                )
            )
        }

        mutating func tell(_ letters: String) {
            for letter in letters {
                time = time + .seconds(1)
                for action in verdict.apply(event(letter), at: time, rule) {
                    switch action {
                    case .changed(_, let state): log.append(state.rawValue)
                    case .opened(.down, let reopens): log.append(reopens ? "REOPEN" : "OPEN")
                    case .opened(.degraded, let reopens): log.append(reopens ? "REWARN" : "WARN")
                    case .escalated: log.append("WORSE")
                    case .closed(let closing): log.append(closing == .recovered ? "CLOSE" : "END")
                    case .confirm: log.append("confirm")
                    case .confirmElsewhere: log.append("round")
                    }
                }
            }
        }

        static func log(_ letters: String, _ change: (inout VerdictRule) -> Void = { _ in }) -> String {
            var story = Story(change)
            story.tell(letters)
            return story.log.joined(separator: " ")
        }
    }

    @Test(arguments: [
        ("...", "up"), ("x", "down OPEN"), (".x.", "up down OPEN up CLOSE"), ("xx..", "down OPEN up CLOSE"),
        (".xxx.x.", "up down OPEN up CLOSE down OPEN up CLOSE"),
    ]) func withoutRetriesEveryChangeCounts(_ letters: String, _ log: String) {
        #expect(Story.log(letters) == log)
    }

    @Test(arguments: [
        // One lost packet raises no alarm, not even at the start.
        (".x.x.", "up pending up pending up"), ("x.", "pending up"), (".xx.", "up pending up"),
        (".xxx.", "up pending down OPEN up CLOSE"), ("xxx", "pending down OPEN"),
        // A first success is not a recovery.
        (".", "up"), ("xx.", "pending up"),
    ]) func failuresAreConfirmed(_ letters: String, _ log: String) {
        #expect(Story.log(letters) { $0.retries = 2 } == log)
    }

    /// Sequences in which a monitor that compares neighbouring results loses its recovery.
    @Test(arguments: [
        (".xxM.m", "up pending down OPEN maintenance CLOSE up"),
        (".xxMm.", "up pending down OPEN maintenance down up CLOSE"),
        (".xxMxm.", "up pending down OPEN maintenance down up CLOSE"),
        (".xxPp.", "up pending down OPEN paused END unknown up"),
        (".xxDd.", "up pending down OPEN up CLOSE"),
        (".Mxxm.", "up maintenance down OPEN up CLOSE"), (".Mxx.m", "up maintenance up"),
        (".Dxxx.d", "up pending down up"), (".Dxxd.", "up pending down OPEN up CLOSE"),
    ]) func recoveriesAreNotLost(_ letters: String, _ log: String) {
        #expect(Story.log(letters) { $0.retries = 1 } == log)
    }

    @Test func recoveriesAreConfirmed() {
        let log = Story.log(".x.x..x...") { $0.recoveries = 2 }
        #expect(log == "up down OPEN up CLOSE down OPEN up CLOSE")
    }

    /// Events are a second apart.
    @Test(arguments: [
        // An earlier failure is no confirmation, whatever requested the check.
        (".xxxxxxxxxx", 5, "up pending confirm confirm"),
        (".xxxxxxxxxxx..", 5, "up pending confirm confirm down OPEN confirm up CLOSE"),
        (".xxxxx..", 2, "up pending confirm confirm down OPEN confirm up CLOSE"),
        (".xxx..", 1, "up pending confirm confirm down OPEN confirm up CLOSE"),
        // A success resets everything.
        (".xxxx.xxxx", 2, "up pending confirm confirm up pending confirm confirm"),
        ("xxxx", 2, "pending confirm confirm"),
    ]) func failuresCountAtTheRetryInterval(_ letters: String, _ seconds: Int, _ log: String) {
        let change = { (rule: inout VerdictRule) in
            (rule.retries, rule.recoveries, rule.retryInterval) = (2, 2, .seconds(seconds))
        }
        #expect(Story.log(letters, change) == log)
        // Storing and reading it after each event changes nothing.
        var story = Story(change)
        for letter in letters {
            story.tell(String(letter))
            let verdict = story.verdict
            let restored = try? MonitorVerdict(verdict.state, scheduledAt: verdict.scheduledAt, stored: verdict.stored)
            #expect(restored == verdict)
            if let restored { story.verdict = restored }
        }
        #expect(story.log.joined(separator: " ") == log)
    }

    @Test func flappingNeedsNoRetryInterval() {
        let log = Story.log(".xxx.") {
            ($0.retries, $0.retryInterval, $0.failures) = (5, .seconds(60), .init(3, of: 6))
        }
        #expect(log == "up pending confirm down OPEN confirm")
    }

    /// So many of the last six checks failed, where failures in a row are not what it is down for.
    @Test(arguments: [
        (".x.x.x", 3), (".xx.x", 3), ("xxx", 3), ("xxxxxx", nil), (".x.x", nil), (".x.x.x.......", nil), ("x.x.xx", 4),
    ]) func flappingSaysHowManyFailed(_ letters: String, _ count: Int?) {
        var story = Story { ($0.retries, $0.failures) = (5, .init(3, of: 6)) }
        story.tell(letters)
        #expect(story.verdict.flapping(story.rule) == count)
    }

    @Test func flappingIsDown() {
        func change(_ rule: inout VerdictRule) { (rule.retries, rule.failures) = (5, .init(3, of: 6)) }
        #expect(Story.log(".x.x.x.......", change) == "up pending up pending up down OPEN up CLOSE")
        #expect(VerdictRule.Share(0, of: 3) == nil && VerdictRule.Share(4, of: 3) == nil)
        #expect(VerdictRule.Share(1, of: 65) == nil && VerdictRule.Share(64, of: 64) != nil)
    }

    @Test func slownessIsDegraded() {
        func change(_ rule: inout VerdictRule) {
            (rule.retries, rule.degradedAbove, rule.alertOnDegraded) = (1, .seconds(1), false)
        }
        #expect(Story.log(".s.ss.", change) == "up degraded up")
        #expect(Story.log("..sssx.", change) == "up degraded pending up")
        #expect(Story.log("ssxxs", change) == "up degraded pending down OPEN degraded CLOSE")
    }

    @Test(arguments: [
        (VerdictRule.Quorum.majority, ".ABx", "up degraded"), (.majority, ".ABxa", "up degraded down OPEN"),
        (.majority, ".ABxaA", "up degraded down OPEN degraded CLOSE"), (.any, ".ABx", "up down OPEN"),
        (.all, ".ABxab", "up degraded down OPEN"), (.atLeast(2), ".ABxb", "up degraded down OPEN"),
        (.atLeast(9), ".ABxab", "up degraded down OPEN"), (.majority, "x", "down OPEN"),
    ]) func quorumOfRegionsDecides(_ quorum: VerdictRule.Quorum, _ letters: String, _ log: String) {
        #expect(Story.log(letters) { $0.quorum = quorum } == log)
    }

    /// Slow ones open an outage of their own kind, which a failure makes worse and only a recovery ends.
    @Test(arguments: [
        (".s.ss.", "up degraded WARN up CLOSE"), ("..sssxs", "up degraded WARN pending degraded"),
        (".ssxx.", "up degraded WARN pending down WORSE up CLOSE"),
        (".ssxxs.", "up degraded WARN pending down WORSE degraded CLOSE WARN up CLOSE"),
        (".ssPp.", "up degraded WARN paused END unknown up"), (".Mssm.", "up maintenance degraded WARN up CLOSE"),
        (".ssMxxm.", "up degraded WARN maintenance down WORSE up CLOSE"),
        // What is seen while this end is doubted neither opens an outage nor makes one worse.
        (".Dssd.", "up degraded WARN up CLOSE"), (".ssDxxd.", "up degraded WARN pending down WORSE up CLOSE"),
    ]) func degradedMonitorsOpenOutagesThatEscalate(_ letters: String, _ log: String) {
        let change = { (rule: inout VerdictRule) in (rule.retries, rule.degradedAbove) = (1, .seconds(1)) }
        #expect(Story.log(letters, change) == log)
    }

    @Test func degradedOutagesReopenWithinTheSettleTime() {
        let change = { (rule: inout VerdictRule) in (rule.degradedAbove, rule.settleTime) = (.seconds(1), .seconds(3)) }
        #expect(Story.log("s.s", change) == "degraded WARN up CLOSE degraded REWARN")
        #expect(Story.log("s.x", change) == "degraded WARN up CLOSE down REOPEN")
        #expect(Story.log("x.s", change) == "down OPEN up CLOSE degraded WARN", "slowness is not the same outage")
        #expect(Story.log("s....s", change) == "degraded WARN up CLOSE degraded WARN")
    }

    @Test func theSettingDecidesWhetherDegradedOpensAnOutage() {
        #expect(Story.log(".ABx", { $0.alertOnDegraded = true }) == "up degraded WARN")
        #expect(Story.log(".s") { ($0.degradedAbove, $0.alertOnDegraded) = (.seconds(1), false) } == "up degraded")
        var story = Story { $0.degradedAbove = .seconds(1) }
        story.tell("s")
        story.rule.alertOnDegraded = false
        story.tell("s")
        story.rule.alertOnDegraded = nil
        story.tell("s")
        #expect(story.log == ["degraded", "WARN", "END", "WARN"])
    }

    @Test func removedRegionDecidesNothing() {
        var story = Story { $0.quorum = .all }
        story.tell(".Ax")
        let actions = story.verdict.apply(.regionLeft(RegionID(rawValue: 1)), at: story.time, story.rule)
        #expect(actions == [.changed(from: .degraded, to: .down), .opened(.down, reopens: false)])
        #expect(story.verdict.view(of: RegionID(rawValue: 1)) == .unknown)
    }

    @Test func failureWithinTheSettleTimeIsTheSameOutage() {
        #expect(
            Story.log(".x.x...x") { $0.settleTime = .seconds(3) }
                == "up down OPEN up CLOSE down REOPEN up CLOSE down OPEN"
        )
    }

    @Test func lateAndRepeatedResultsChangeNothing() {
        var story = Story()
        story.tell("..")
        let verdict = story.verdict
        for seconds in [-1, 0] {
            let observation = CheckSummary(
                isSuccess: false,
                latency: .zero,
                scheduledAt: story.time + .seconds(seconds),
                region: RegionID(rawValue: 0)
            )
            #expect(story.verdict.apply(.checked(observation), at: story.time + .seconds(9), story.rule).isEmpty)
        }
        #expect(story.verdict == verdict)
    }

    /// For any sequence, outages open and close alternately, states really change, and a quiet end is an end.
    @Test(arguments: 0..<200) func invariantsHoldForRandomHistories(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var story = Story {
            $0.retries = Int.random(in: 0...3, using: &random)
            $0.recoveries = Int.random(in: 1...3, using: &random)
            $0.settleTime = .seconds(Int.random(in: 0...10, using: &random))
            $0.failures = Bool.random(using: &random) ? .init(3, of: 6) : nil
            $0.degradedAbove = Bool.random(using: &random) ? .seconds(1) : nil
            $0.quorum = [.any, .majority, .all, .atLeast(2)].randomElement(using: &random) ?? .any
        }
        var state = MonitorState.unknown
        var isOpen = false
        var isDegraded = false
        for _ in 0..<300 {
            story.tell(String("....xxxsMmPpDdaAbB".randomElement(using: &random) ?? "."))
            for word in story.log {
                switch word {
                case "OPEN", "REOPEN":
                    #expect(!isOpen && state == .down, "seed \(seed)")
                    (isOpen, isDegraded) = (true, false)
                case "WARN", "REWARN":
                    #expect(!isOpen && state == .degraded, "seed \(seed)")
                    (isOpen, isDegraded) = (true, true)
                case "WORSE":
                    #expect(isOpen && isDegraded && state == .down, "seed \(seed)")
                    isDegraded = false
                case "CLOSE", "END":
                    #expect(isOpen, "seed \(seed)")
                    isOpen = false
                case "confirm": break
                default:
                    #expect(word != state.rawValue, "seed \(seed)")
                    state = MonitorState(rawValue: word) ?? .unknown
                }
            }
            story.log = []
            #expect(story.verdict.isOpen == isOpen && story.verdict.state == state, "seed \(seed)")
        }
        story.tell("mpd" + String(repeating: ".AB", count: 8))
        #expect(!story.verdict.isOpen && story.verdict.state == .up, "seed \(seed)")
        story.tell(String(repeating: "xab", count: 8))
        #expect(story.verdict.outage == .down && story.verdict.state == .down, "seed \(seed)")
    }

    /// Stored and read at any moment, a verdict continues unchanged.
    @Test(arguments: 0..<100) func storedVerdictsContinueUnchanged(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var story = Story {
            $0.retries = Int.random(in: 0...3, using: &random)
            $0.recoveries = Int.random(in: 1...3, using: &random)
            $0.settleTime = .seconds(Int.random(in: 0...10, using: &random))
            $0.failures = Bool.random(using: &random) ? .init(3, of: 6) : nil
            $0.degradedAbove = Bool.random(using: &random) ? .seconds(1) : nil
        }
        var twin = story
        for _ in 0..<200 {
            let letter = String("....xxxsPpaAbB".randomElement(using: &random) ?? ".")
            story.tell(letter)
            twin.tell(letter)
            let verdict = twin.verdict
            let text = try verdict.stored.map { try JSONValue(parsing: $0.description) }
            twin.verdict = try MonitorVerdict(verdict.state, scheduledAt: verdict.scheduledAt, stored: text)
        }
        #expect(story.log == twin.log && story.verdict.remembers(theSameAs: twin.verdict), "seed \(seed)")
    }

    @Test func unchangedVerdictsNeedNotBeStored() {
        for (letters, rule) in [("..", VerdictRule()), ("xx", VerdictRule()), (".xx", VerdictRule())] {
            var story = Story { $0 = rule }
            story.tell(letters)
            let before = story.verdict
            #expect(before.stored == nil)
            story.tell(String(letters.suffix(1)))
            #expect(story.verdict.remembers(theSameAs: before))
        }
        var story = Story { $0.retries = 2 }
        story.tell(".x")
        #expect(story.verdict.stored != nil)
    }

    @Test(arguments: [
        "{}", "[]", #"{"regions":[],"open":1}"#, #"{"regions":[[1,2]],"open":true}"#,
        #"{"regions":[[0,0,9,0,0,0,0,0,0]],"open":true}"#, #"{"regions":[[0,0,1,0,256,0,0,0,0]],"open":true}"#,
        #"{"regions":[[70000,0,1,0,0,0,0,0,0]],"open":true}"#,
    ]) func invalidStoredVerdictsAreRefused(_ text: String) throws {
        let value = try JSONValue(parsing: text)
        #expect(throws: MonitorVerdict.Unreadable.self) {
            try MonitorVerdict(.up, scheduledAt: nil, stored: value)
        }
    }
}
