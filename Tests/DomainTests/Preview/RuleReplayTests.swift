import Base
import Testing

@testable import Domain

/// Time series under rules that were not in effect.
@Suite struct RuleReplayTests {
    private static let step: Duration = .seconds(60)

    private static func key(_ name: String) -> SeriesKey { SeriesKey([.init("a", name)]) ?? .empty }

    /// One digit a minute: the value; `-` nothing, `?` not a number.
    private static func timeSeries(_ name: String, _ digits: String) -> TimeSeries {
        var timeSeries = TimeSeries(key(name), count: digits.count)
        for (index, digit) in digits.enumerated() where digit != "-" {
            timeSeries[index] = digit == "?" ? .nan : Double(String(digit))
        }
        return timeSeries
    }

    private static func time(_ index: Int) -> Timestamp { Timestamp(milliseconds: Int64(index + 1) * 60_000) }

    private static func forecast(
        _ allSeries: [TimeSeries],
        limit: Int = 100,
        _ rule: ThresholdRule
    ) -> RuleForecast {
        var replay = RuleReplay(rule, limit: limit)
        let count = allSeries.first?.count ?? 0
        for index in 0..<count { replay.see(allSeries, index, at: time(index)) }
        return replay.finish(at: time(count))
    }

    private static func text(_ forecast: RuleForecast) -> String {
        forecast.series.map { series in
            func minute(_ time: Timestamp?) -> String { time.map { "\($0.milliseconds / 60_000)" } ?? "" }
            let alerts = series.alerts.map { alert in
                let peak = alert.peak.map { "^\(Int($0))" } ?? ""
                return "\(minute(alert.startedAt))-\(minute(alert.endedAt))\(peak)"
                    + (alert.reminders > 0 ? "r\(alert.reminders)" : "")
            }
            return ([series.key?.description ?? "nothing"] + alerts).joined(separator: " ")
        }.joined(separator: "; ")
    }

    @Test func alertsBeginAndEndBySeries() throws {
        let allSeries = [Self.timeSeries("x", "1159511911"), Self.timeSeries("y", "1111111166")]
        let plain = try ThresholdRule(.greater, 4)
        #expect(Self.text(Self.forecast(allSeries, plain)) == #"{a="x"} 3-6^9 8-9^9; {a="y"} 9-^6"#)
        let held = try ThresholdRule(.greater, 4, hold: .seconds(60))
        #expect(Self.text(Self.forecast(allSeries, held)) == #"{a="x"} 4-6^9; {a="y"} 10-^6"#)
        let kept = try ThresholdRule(.greater, 4, keepFiring: .seconds(120))
        #expect(Self.text(Self.forecast(allSeries, kept)) == #"{a="x"} 3-^9; {a="y"} 9-^6"#)
        let repeating = try ThresholdRule(.greater, 4, repeatInterval: .seconds(60))
        let forecast = Self.forecast(allSeries, repeating)
        #expect(Self.text(forecast) == #"{a="x"} 3-6^9r2 8-9^9; {a="y"} 9-^6r1"#)
        #expect(forecast.count == 3 && forecast.reminders == 3 && forecast.firingTime == .seconds(60 * (3 + 1 + 2)))
        let low = try ThresholdRule(.less, 2)
        #expect(Self.text(Self.forecast([Self.timeSeries("x", "3102")], low)) == #"{a="x"} 2-4^0"#)
    }

    @Test func missingDataFollowsThePolicy() throws {
        let allSeries = [Self.timeSeries("x", "19--91"), Self.timeSeries("y", "11-111")]
        let ignore = try ThresholdRule(.greater, 4)
        #expect(Self.text(Self.forecast(allSeries, ignore)) == #"{a="x"} 2-4^9 5-6^9"#)
        let keep = try ThresholdRule(.greater, 4, noData: .keep)
        #expect(Self.text(Self.forecast(allSeries, keep)) == #"{a="x"} 2-6^9"#)
        let alert = try ThresholdRule(.greater, 4, noData: .alert)
        #expect(Self.text(Self.forecast(allSeries, alert)) == #"nothing 3-4; {a="x"} 2-6^9"#)
        let silent = [Self.timeSeries("x", "--")]
        #expect(Self.text(Self.forecast(silent, alert)) == "nothing 1-")
        #expect(Self.text(Self.forecast(silent, ignore)) == "")
    }

    @Test func listsAreCutButCountsAreComplete() throws {
        let allSeries = [Self.timeSeries("x", "191919"), Self.timeSeries("y", "191919")]
        var forecast = Self.forecast(allSeries, limit: 2, try ThresholdRule(.greater, 4))
        #expect(forecast.isCut && forecast.count == 6 && forecast.series.allSatisfy { $0.alerts.count == 2 })
        forecast.keep(3)
        #expect(forecast.series.map(\.alerts.count) == [2, 1] && forecast.count == 6)
        let overflowing = try ThresholdRule(.greater, 4, maximumSeries: 1)
        let narrow = Self.forecast(allSeries, overflowing)
        #expect(narrow.hasOverflowed && narrow.series.count == 1)
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func skippingUnchangedInstantsGivesTheSameReplay(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &random)] }
        let rule = try ThresholdRule(
            pick([.greater, .less, .equal, .notEqual, .greaterOrEqual]),
            Double(pick([0, 1, 5, 9])),
            hold: pick([.zero, .zero, .seconds(60), .seconds(150)]),
            repeatInterval: pick([nil, .seconds(60), .seconds(300)]),
            keepFiring: pick([.zero, .zero, .seconds(120)]),
            noData: pick([.ignore, .alert, .keep]),
            maximumSeries: pick([1, 2, 1000]),
            staleness: pick([.seconds(180), .seconds(600)])
        )
        let letters = pick(["1111111112", "11111115-", "115-?", "-------1", "?1"])
        let allSeries = (0..<pick([1, 2, 4])).map { number in
            Self.timeSeries("\(number)", String((0..<200).map { _ in pick(Array(letters)) }))
        }
        var quick = RuleReplay(rule, limit: .max)
        var slow = RuleReplay(rule, limit: .max)
        for index in 0..<200 {
            quick.see(allSeries, index, at: Self.time(index))
            let samples = allSeries.compactMap { timeSeries in timeSeries[index].map { Sample(timeSeries.series, $0) } }
            slow.see(.vector(samples), at: Self.time(index))
        }
        #expect(quick.finish(at: Self.time(200)) == slow.finish(at: Self.time(200)), "seed \(seed)")
    }
}
