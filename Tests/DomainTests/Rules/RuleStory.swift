import Base
import Domain

/// A rule machine fed with one word an evaluation, ten seconds apart; its actions are in `log`.
///
/// A word is `none`, `fail`, or comma-separated samples: a letter for the series, if there are several, and the value.
/// In the log `9!` is triggered, `1~recovered` resolved, `9+` repeated.
struct RuleStory {
    var machine = RuleMachine()
    var rule: ThresholdRule
    var time = Timestamp(milliseconds: 0)
    var log: [String] = []
    var showsSince = false

    init(_ rule: ThresholdRule) { self.rule = rule }

    /// A rule that fires above 5.
    static func rule(
        _ comparison: Comparison = .greater,
        _ threshold: Double = 5,
        hold: Duration = .zero,
        repeatInterval: Duration? = nil,
        keepFiring: Duration = .zero,
        noData: ThresholdRule.NoData = .ignore,
        maximumSeries: Int = 10,
        staleness: Duration = .seconds(300)
    ) throws(ThresholdRuleError) -> ThresholdRule {
        try ThresholdRule(
            comparison,
            threshold,
            hold: hold,
            repeatInterval: repeatInterval,
            keepFiring: keepFiring,
            noData: noData,
            maximumSeries: maximumSeries,
            staleness: staleness
        )
    }

    static func log(_ words: String, _ rule: ThresholdRule, showsSince: Bool = false) -> String {
        var story = RuleStory(rule)
        story.showsSince = showsSince
        story.tell(words)
        return story.log.joined(separator: " ")
    }

    static func result(_ word: Substring) -> QueryResult {
        if word == "fail" { return .failed(.unreachable("refused")) }
        let samples = word.split(separator: ",").filter { $0 != "none" }.compactMap { part -> Sample? in
            let name = part.prefix { "abcd".contains($0) }
            guard let value = Double(part.dropFirst(name.count)) else { return nil }
            return Sample(name.isEmpty ? .empty : SeriesKey([.init("x", String(name))]) ?? .empty, value)
        }
        return .vector(samples)
    }

    mutating func tell(_ words: String) {
        for word in words.split(separator: " ") {
            note(machine.apply(Self.result(word), at: time, rule))
            time = time + .seconds(10)
        }
    }

    mutating func note(_ actions: [RuleAction]) { log += actions.map(text) }

    private func text(_ action: RuleAction) -> String {
        func show(_ value: Double) -> String {
            value == value.rounded() && value.isFinite ? "\(Int(value))" : "\(value)"
        }
        func name(_ key: SeriesKey) -> String { key["x"] ?? "" }
        switch action {
        case .pending(let key): return "\(name(key))pending"
        case .triggered(let key, let value, let since):
            return "\(name(key))\(show(value))!" + (showsSince ? "@\(since.milliseconds / 10_000)" : "")
        case .resolved(let key, let value, let why): return "\(name(key))\(value.map(show) ?? "")~\(why)"
        case .repeated(let key, let value): return "\(name(key))\(show(value))+"
        case .unreachable: return "unreachable"
        case .reachable: return "reachable"
        case .noData: return "NODATA"
        case .noDataRepeated: return "NODATA+"
        case .dataBack(let why): return "DATA~\(why)"
        case .overflow(let count): return "overflow\(count)"
        case .notANumber(let key): return "\(name(key))nan"
        }
    }
}
