import Base
import Domain
import Testing

/// Invariants of rule machines under any input.
@Suite struct RuleMachineInvariantTests {
    private static func rule(_ random: inout SeededGenerator) throws -> ThresholdRule {
        try RuleStory.rule(
            Comparison.allCases.randomElement(using: &random) ?? .greater,
            Double(Int.random(in: 3...6, using: &random)),
            hold: .seconds(Int.random(in: 0...3, using: &random) * 10),
            repeatInterval: Bool.random(using: &random) ? .seconds(30) : nil,
            keepFiring: .seconds(Int.random(in: 0...3, using: &random) * 10),
            noData: ThresholdRule.NoData.allCases.randomElement(using: &random) ?? .ignore,
            maximumSeries: Int.random(in: 1...6, using: &random),
            staleness: .seconds(Int.random(in: 1...6, using: &random) * 10)
        )
    }

    private static func result(_ random: inout SeededGenerator) -> QueryResult {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return .failed(.timeout)
        case 1: return .vector([])
        default:
            let values: [Double] = [1, 3, 4, 5, 6, 9, .nan, .infinity, -.infinity]
            return .vector(
                (0..<Int.random(in: 1...6, using: &random)).map { _ in
                    let name = "\(Int.random(in: 0..<8, using: &random))"
                    let value = values.randomElement(using: &random) ?? 0
                    return Sample(SeriesKey([.init("x", name)]) ?? .empty, value)
                }
            )
        }
    }

    /// Checks that alerts begin and end alternately.
    private struct AlternationCheck {
        var firing: Set<SeriesKey> = []
        var isFailing = false
        var isMissing = false

        mutating func take(_ actions: [RuleAction], _ hint: Comment) {
            for action in actions {
                switch action {
                case .triggered(let key, let value, _):
                    #expect(firing.insert(key).inserted && !value.isNaN, hint)
                case .resolved(let key, _, _): #expect(firing.remove(key) != nil, hint)
                case .repeated(let key, _): #expect(firing.contains(key), hint)
                case .pending(let key): #expect(!firing.contains(key), hint)
                case .unreachable:
                    #expect(!isFailing, hint)
                    isFailing = true
                case .reachable:
                    #expect(isFailing, hint)
                    isFailing = false
                case .noData:
                    #expect(!isMissing, hint)
                    isMissing = true
                case .noDataRepeated: #expect(isMissing, hint)
                case .dataBack:
                    #expect(isMissing, hint)
                    isMissing = false
                case .overflow, .notANumber: break
                }
            }
        }
    }

    @Test(arguments: 0..<150) func alertsBeginAndEndAlternately(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var machine = RuleMachine()
        var rule = try Self.rule(&random)
        var check = AlternationCheck()
        var time = Timestamp(milliseconds: 1000)
        for step in 0..<200 {
            if Int.random(in: 0..<40, using: &random) == 0 { rule = try Self.rule(&random) }
            if Int.random(in: 0..<60, using: &random) == 0 { check.take(machine.ruleChanged(), "seed \(seed)") }
            let result = Self.result(&random)
            time = time + .seconds(10 * Int.random(in: 0...2, using: &random))
            let before = machine
            let actions = machine.apply(result, at: time, rule)
            check.take(actions, "seed \(seed), step \(step)")
            #expect(Set(machine.firing) == check.firing && (machine.failingSince != nil) == check.isFailing)
            #expect(machine.missing.isFiring == check.isMissing)
            // No more than the rule allows, plus those that fired before it allowed fewer.
            if case .vector = result, machine != before {
                #expect(machine.series.count <= max(rule.maximumSeries, before.firing.count), "seed \(seed)")
            } else {
                #expect(machine.series == before.series, "seed \(seed)")
            }
            // The same input to a stored copy, with the samples in another order.
            var copy = try RuleMachine(json: JSONValue(parsing: before.json.description))
            #expect(copy == before)
            #expect(copy.apply(Self.shuffled(result, &random), at: time, rule) == actions && copy == machine)
        }
        check.take(machine.ruleChanged(), "seed \(seed)")
        #expect(check.firing.isEmpty && !check.isMissing)
    }

    private static func shuffled(_ result: QueryResult, _ random: inout SeededGenerator) -> QueryResult {
        guard case .vector(let samples) = result, Set(samples.map(\.series)).count == samples.count else {
            return result
        }
        return .vector(samples.shuffled(using: &random))
    }

    @Test func theStoredFormIsCompact() throws {
        var story = RuleStory(try RuleStory.rule(hold: .seconds(10), keepFiring: .seconds(60)))
        story.tell("a9,b9,cnan a9,b1 a1,b9,cnan fail")
        #expect(
            story.machine.json.description == #"{"v":1,"at":30000,"ok":20000,"bad":30000,"cond":[">",5],"series":["#
                + #"[["x","a"],{"f":[0,10000,20000],"x":1}],[["x","b"],{"p":20000,"x":9}],[["x","c"],{"nan":true}]]}"#
        )
        #expect(RuleMachine().json == ["v": 1])
    }

    @Test(arguments: [
        "[]", "{}", #"{"v":2}"#, #"{"v":1,"more":1}"#, #"{"v":1,"at":-1}"#, #"{"v":1,"at":1.5}"#, #"{"v":1,"at":"1"}"#,
        #"{"v":1,"at":253402300800000}"#, #"{"v":1,"over":false}"#, #"{"v":1,"cond":["=",1]}"#,
        #"{"v":1,"cond":[">"]}"#,
        #"{"v":1,"none":[]}"#, #"{"v":1,"none":{"f":[1]}}"#, #"{"v":1,"none":{"p":1,"f":[1,2]}}"#,
        #"{"v":1,"series":{}}"#, #"{"v":1,"series":[[["x"],{"p":1}]]}"#, #"{"v":1,"series":[[["x","a"],{}]]}"#,
        #"{"v":1,"series":[[["x",1],{"p":1}]]}"#, #"{"v":1,"series":[[["x",""],{"p":1}]]}"#,
        #"{"v":1,"series":[[["x","a"],{"p":1}],[["x","a"],{"p":2}]]}"#, #"{"v":1,"none":{"f":[1,2,3,4]}}"#,
        #"{"v":1,"none":{"x":"1"}}"#, #"{"v":1,"none":{"nan":false}}"#, #"{"v":1,"none":{"q":1}}"#,
    ]) func unknownStoredFormIsRefused(_ text: String) throws {
        let json = try JSONValue(parsing: text)
        #expect(throws: RuleMachineFormatError.self) { try RuleMachine(json: json) }
    }
}
