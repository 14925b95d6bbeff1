import Base
import Domain
import Testing

/// Alerts over sequences of evaluations.
@Suite struct RuleMachineTests {
    @Test(arguments: [
        ("1 1 9 9 1 1", "9! 1~recovered"), ("9 1 9 1", "9! 1~recovered 9! 1~recovered"), ("9", "9!"),
        ("5 6 5", "6! 5~recovered"), ("inf -inf", "inf! -inf~recovered"),
    ]) func withoutHoldEveryChangeCounts(_ values: String, _ log: String) throws {
        #expect(RuleStory.log(values, try RuleStory.rule()) == log)
    }

    @Test(arguments: [
        ("9 1 9 9 1", "pending pending"), ("9 9 9 1", "pending 9!@0 1~recovered"),
        // A failed query is not a value: the hold continues through it, and restarts after a long one.
        ("9 fail 9 1", "pending unreachable reachable 9!@0 1~recovered"),
        ("9 fail 1", "pending unreachable reachable"),
        ("9 fail fail fail fail fail fail 9 9 9", "pending unreachable reachable 9!@7"),
        // Missing data interrupts it.
        ("9 none 9 9", "pending pending"), ("9 nan 9 9", "pending nan pending"),
    ]) func alertFiresAfterItsHold(_ values: String, _ log: String) throws {
        let rule = try RuleStory.rule(hold: .seconds(20), staleness: .seconds(60))
        #expect(RuleStory.log(values, rule, showsSince: true) == log)
    }

    @Test(arguments: [
        ("9 1 9 1 1 1", "9! 1~recovered"), ("9 1 none 1", "9! 1~recovered"), ("9 none none none", "9! ~noData"),
        // One evaluation without data is not a recovery.
        ("9 none 9 none 9 none", "9!"), ("9 none", "9!"),
        ("9 1 fail 1 1", "9! unreachable reachable 1~recovered"),
        ("9 1 fail fail fail fail fail fail fail 1 1 1", "9! unreachable reachable 1~recovered"),
    ]) func alertEndsAfterKeepFiring(_ values: String, _ log: String) throws {
        let rule = try RuleStory.rule(keepFiring: .seconds(20), staleness: .seconds(60))
        #expect(RuleStory.log(values, rule) == log)
    }

    @Test func longGapRestartsKeepFiring() throws {
        var story = RuleStory(try RuleStory.rule(keepFiring: .seconds(20), staleness: .seconds(60)))
        story.tell("9 1 fail fail fail fail fail fail fail 1 1")
        #expect(story.log == ["9!", "unreachable", "reachable"])
        story.tell("1")
        #expect(story.log.last == "1~recovered")
    }

    @Test func clockSetBackSilencesNothing() throws {
        let rule = try RuleStory.rule(hold: .seconds(20), repeatInterval: .seconds(30))
        var story = RuleStory(rule)
        story.time = Timestamp(milliseconds: 86_400_000)
        story.tell("9 9 9")
        #expect(story.log == ["pending", "9!"])
        // An evaluation that is a little late is ignored; one from another day is not.
        story.time = story.time + .seconds(-60)
        story.tell("1")
        #expect(story.log == ["pending", "9!"])
        story.time = Timestamp(milliseconds: 0)
        story.tell("9 9 9 9 1 9 9 9")
        #expect(story.log == ["pending", "9!", "9+", "1~recovered", "pending", "9!"])
        story.time = Timestamp(milliseconds: -86_400_000)
        story.tell("1")
        #expect(story.log.last == "1~recovered")
    }

    @Test func remindersRepeatWhileFiring() throws {
        let rule = try RuleStory.rule(repeatInterval: .seconds(30))
        #expect(RuleStory.log("9 8 7 6 5.5 5.4 5.3 1 9", rule) == "9! 6+ 5.3+ 1~recovered 9!")
        #expect(RuleStory.log("9 fail fail fail 9 none none", rule) == "9! unreachable reachable 9+ ~noData")
        // No reminder about a state that is not observed.
        let kept = try RuleStory.rule(repeatInterval: .seconds(20), noData: .keep)
        #expect(RuleStory.log("9 none none none 9", kept) == "9! 9+")
    }

    @Test func eachSeriesIsItsOwnAlert() throws {
        let rule = try RuleStory.rule()
        #expect(RuleStory.log("a9,b1 a9,b9 a1,b9 b9 b1", rule) == "a9! b9! a1~recovered b1~recovered")
        #expect(RuleStory.log("a9,b9 b9 b9 none none", rule) == "a9! b9! a~vanished b~noData")
        #expect(RuleStory.log("b9,a9 a1,b1", rule) == "a9! b9! a1~recovered b1~recovered")
        // Of two values for one series the first counts.
        #expect(RuleStory.log("a9,a1 a1,a9", rule) == "a9! a1~recovered")
    }

    @Test func missingDataFollowsThePolicy() throws {
        #expect(RuleStory.log("a9,b9 b9 none b1", try RuleStory.rule(noData: .keep)) == "a9! b9! b1~recovered")
        let alert = try RuleStory.rule(noData: .alert)
        #expect(RuleStory.log("none none 1 none 1", alert) == "NODATA DATA~recovered NODATA DATA~recovered")
        #expect(RuleStory.log("a9,b9 b9 none b9", alert) == "a9! b9! NODATA DATA~recovered")
        // A missing series has not recovered, even if others are present.
        #expect(RuleStory.log("a9,b1 b1 b1 a9,b1 a1,b1", alert) == "a9! a1~recovered")
        #expect(RuleStory.log("a9,b1 b1 b1 a9,b1", try RuleStory.rule()) == "a9! a~vanished a9!")
        #expect(
            RuleStory.log("fail none fail 1", alert)
                == "unreachable reachable NODATA unreachable reachable DATA~recovered"
        )
        let patient = try RuleStory.rule(hold: .seconds(20), repeatInterval: .seconds(20), noData: .alert)
        #expect(RuleStory.log("none 1 none none none none none", patient) == "NODATA NODATA+")
    }

    @Test func nanIsReportedOnce() throws {
        for comparison in Comparison.allCases {
            #expect(RuleStory.log("nan nan", try RuleStory.rule(comparison)) == "nan")
        }
        #expect(RuleStory.log("nan nan 1 nan", try RuleStory.rule()) == "nan nan")
        #expect(RuleStory.log("9 nan nan 9", try RuleStory.rule()) == "9! nan ~noData 9!")
        #expect(RuleStory.log("9 nan nan 9 1", try RuleStory.rule(noData: .keep)) == "9! nan 1~recovered")
        #expect(RuleStory.log("9 nan 9", try RuleStory.rule(noData: .alert)) == "9! nan NODATA DATA~recovered")
        #expect(RuleStory.log("a9,b1 anan,b1", try RuleStory.rule(noData: .alert)) == "a9! anan")
    }

    @Test func failedQueriesAreReportedOnceAndEndNothing() throws {
        #expect(
            RuleStory.log("9 fail fail 9 fail 1", try RuleStory.rule())
                == "9! unreachable reachable unreachable reachable 1~recovered"
        )
    }

    @Test func tooManySeriesAreReportedAndBounded() throws {
        let rule = try RuleStory.rule(maximumSeries: 2)
        #expect(
            RuleStory.log("a9,b9,c9,d9 a9,b9,c9 a9,b9 a1,b9,c9", rule) == "overflow4 a9! b9! overflow3 a1~recovered"
        )
        // Firing series are handled before new ones.
        #expect(RuleStory.log("c9,d9 a9,b9,c1,d9", rule) == "c9! d9! overflow4 c1~recovered")
        let kept = try RuleStory.rule(noData: .keep, maximumSeries: 2)
        #expect(RuleStory.log("a9,b9 c9,d9 a1,b9", kept) == "a9! b9! overflow4 a1~recovered")
    }

    @Test func loweredSeriesLimitEndsNoFiringAlert() throws {
        var story = RuleStory(try RuleStory.rule())
        story.tell("a9,b9,c9")
        story.rule = try RuleStory.rule(maximumSeries: 1)
        story.tell("a9,b1,c9,d9")
        #expect(story.log == ["a9!", "b9!", "c9!", "overflow4", "b1~recovered"])
        #expect(story.machine.series.count == 2)
    }

    @Test func changedThresholdEndsAlertsBelowIt() throws {
        var story = RuleStory(try RuleStory.rule(keepFiring: .seconds(60)))
        story.tell("a9,b7")
        story.rule = try RuleStory.rule(.greater, 8, keepFiring: .seconds(60))
        story.tell("a9,b7 a9,b7")
        #expect(story.log == ["a9!", "b7!", "b7~ruleChanged"])
        // The hold for the old threshold does not count for the new one.
        story = RuleStory(try RuleStory.rule(hold: .seconds(20)))
        story.tell("9 9")
        story.rule = try RuleStory.rule(.greater, 8, hold: .seconds(20))
        story.tell("9 9")
        #expect(story.log == ["pending"])
        story.tell("9")
        #expect(story.log == ["pending", "9!"])
    }

    @Test func changedRuleEndsAllAlerts() throws {
        var story = RuleStory(try RuleStory.rule(noData: .alert))
        story.tell("a9,b9,c1 none")
        story.note(story.machine.ruleChanged())
        #expect(story.log == ["a9!", "b9!", "NODATA", "a~ruleChanged", "b~ruleChanged", "DATA~ruleChanged"])
        #expect(story.machine.ruleChanged().isEmpty && story.machine.series.isEmpty)
        // Without a policy for it, missing data is no longer an alert.
        story = RuleStory(try RuleStory.rule(noData: .alert))
        story.tell("none")
        story.rule = try RuleStory.rule()
        story.tell("none")
        #expect(story.log == ["NODATA", "DATA~ruleChanged"])
    }

    @Test func lateAndRepeatedEvaluationsChangeNothing() throws {
        var story = RuleStory(try RuleStory.rule())
        story.tell("1 9")
        let machine = story.machine
        for seconds in [-60, 0] {
            let actions = story.machine.apply(.vector([]), at: story.time + .seconds(seconds - 10), story.rule)
            #expect(actions.isEmpty)
        }
        #expect(story.machine == machine)
    }
}
