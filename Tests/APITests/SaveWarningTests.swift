import API
import Base
import Domain
import HTTPServer
import PromQL
import Testing

/// What an answer says of settings that are taken although they are odd.
@Suite struct SaveWarningTests {
    private static let rules = RuleContractTests.path

    private static func rule(_ query: String, _ comparison: String, _ threshold: Double) -> JSONValue {
        [
            "name": "Slow", "metric_name": "p95", "promql": .string(query), "source": "sentinel",
            "comparison": .string(comparison), "threshold": .number(threshold),
        ]
    }

    private static func warnings(_ answer: Answer) -> [String] {
        (answer.json["warnings"]?.arrayValue ?? []).compactMap(\.stringValue)
    }

    @Test func monitorThatWouldAlwaysBeDegradedIsWarnedOf() async throws {
        let app = try await PreviewContractTests.application([String(repeating: "s", count: 30) + "."])
        let odd = await app.send(.patch, "/api/v1/monitors/1", ["degraded_above": 0.3])
        #expect(
            Self.warnings(odd) == [
                "degraded_above is less than nearly all checks take: 96 % of the last 31 successful ones were slower, "
                    + "such as 900 ms > 300 ms"
            ]
        )
        #expect(await app.send(.get, "/api/v1/monitors/1").json["warnings"] == nil, "it goes with the write")
        #expect(Self.warnings(await app.send(.put, "/api/v1/monitors/1", odd.json)).count == 1)
        #expect(await app.send(.patch, "/api/v1/monitors/1", ["degraded_above": 0.9]).json["warnings"] == nil)
        #expect(await app.send(.patch, "/api/v1/monitors/1", ["degraded_above": .null]).json["warnings"] == nil)
    }

    @Test func fewChecksWarnOfNothing() async throws {
        let app = try await PreviewContractTests.application([String(repeating: "s", count: 19)])
        #expect(await app.send(.patch, "/api/v1/monitors/1", ["degraded_above": 0.3]).json["warnings"] == nil)
    }

    @Test func ruleThatWouldFireNearlyAllTheTimeIsWarnedOf() async throws {
        let app = try await PreviewContractTests.application([String(repeating: "s", count: 200)])
        let odd = await app.send(.post, Self.rules, Self.rule("latency_p95(5m)", ">", 0.3))
        #expect(odd.status == 201, "\(odd)")
        #expect(
            Self.warnings(odd) == [
                "threshold is beyond what is usual: 100 % of the values of the last day meet it, such as "
                    + "900 ms > 0.3 ms; the alert would be on nearly all the time"
            ]
        )
        let path = "\(Self.rules)1"
        #expect(await app.send(.get, path).json["warnings"] == nil)
        #expect(Self.warnings(await app.send(.put, path, odd.json)).count == 1, "an answer may be sent back")
        #expect(await app.send(.patch, path, ["threshold": 1000]).json["warnings"] == nil)
        #expect(Self.warnings(await app.send(.patch, path, ["threshold": 500])).count == 1)
    }

    @Test func prometheusRulesAreHeldAgainstItsLastDay() async throws {
        let prometheus = RuleServices.Prometheus(
            summary: { _, _ in ServerSummary() },
            fault: { _ in nil },
            recent: { query, grid throws(QueryError) in
                if query == "away" { throw .timeout }
                guard let key = SeriesKey([.init("job", "node")]) else { return [] }
                var series = TimeSeries(key, count: grid.count)
                for index in 0..<grid.count { series[index] = 95 }
                return [series]
            }
        )
        let app = try await PreviewContractTests.application(prometheus: prometheus)
        let odd = await app.send(.post, Self.rules, RuleContractTests.body)
        let words = try #require(Self.warnings(odd).first)
        #expect(words.contains("100 % of the values of the last day meet it, such as 95 > 80;"))
        let away = await app.send(.patch, "\(Self.rules)1", ["promql": "away"])
        #expect(away.status == 200 && away.json["warnings"] == nil)
    }

    @Test func ratioThresholdsAbove1AreRefused() async throws {
        let app = try await PreviewContractTests.application([])
        let refused = await app.send(.post, Self.rules, Self.rule("success_ratio(5m)", "<", 90))
        #expect(refused.status == 422 && refused.description.contains("0.9 stands for 90 %"), "\(refused)")
        #expect(await app.send(.post, Self.rules, Self.rule("success_ratio(5m)", "<", 0.9)).status == 201)
    }
}
