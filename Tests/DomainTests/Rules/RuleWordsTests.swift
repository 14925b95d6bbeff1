import Base
import Domain
import Testing

/// How a value and a threshold are written in messages.
@Suite struct RuleWordsTests {
    private static func rule(_ query: String, _ threshold: Double) throws -> AlertRule {
        AlertRule(
            id: AlertRuleID(rawValue: 1),
            name: "Slow",
            metricName: "p95",
            query: query,
            source: .sentinel,
            threshold: try ThresholdRule(.greater, threshold),
            createdAt: Timestamp(milliseconds: 0)
        )
    }

    @Test(arguments: [
        ("latency_p95(5m)", 848.1039999999999, 0.3, "848.1 ms > 0.3 ms"),
        ("latency_avg(5m)", 12_345.678, 1000, "12346 ms > 1000 ms"),
        ("success_ratio(5m)", 1.0 / 3, 0.25, "0.3333 > 0.25"), ("certificate_days", 6.54321, 7, "6.543 days > 7 days"),
        // What differs looks different.
        ("latency_max(5m)", 1000.04, 1000, "1000.04 ms > 1000 ms"), ("failures(5m)", 3, 3, "3 > 3"),
        ("failures(5m)", .infinity, 3, "inf > 3"), ("latency_avg(5m)", 0.000123456, 0, "0.0001235 ms > 0 ms"),
    ]) func valuesAreRoundedAndHaveTheirUnit(_ query: String, _ value: Double, _ limit: Double, _ words: String) throws
    {
        #expect(try Self.rule(query, limit).held(value) == words)
    }
}
