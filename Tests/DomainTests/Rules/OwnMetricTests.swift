import TestSupport
import Base
import Domain
import Testing

/// Metrics over Sentinel's own results.
@Suite struct OwnMetricTests {
    @Test(arguments: [
        ("latency_p95(5m)", "latency_p95(5m)"), (" latency_avg ( 90m ) ", "latency_avg(1h30m)"),
        ("latency_max(60s)", "latency_max(1m)"), ("latency_p1(10s)", "latency_p1(10s)"),
        ("success_ratio(7d){tag=\"shop\"}", "success_ratio(7d){tag=\"shop\"}"),
        (
            "checks(10m){ name = \"A \\\"b\\\" \\u00e9\\n\" , tag=\"b\",tag=\"a\",tag=\"b\", monitor=\"12\" }",
            "checks(10m){tag=\"a\",tag=\"b\",monitor=\"12\",name=\"A \\\"b\\\" é\\n\"}"
        ),
        ("failures(1h){monitor=\"12\"}", "failures(1h){monitor=\"12\"}"),
        ("certificate_days", "certificate_days"), ("certificate_days {tag=\"a\"}", "certificate_days{tag=\"a\"}"),
    ]) func metricsAreParsed(_ text: String, _ canonical: String) throws {
        let metric = try OwnMetric(parsing: text)
        #expect(metric.description == canonical)
        #expect(try OwnMetric(parsing: canonical) == metric)
    }

    @Test(arguments: [
        ("", "column 1: expected the name of a metric"),
        ("latncy_avg(5m)", "column 1: unknown metric \"latncy_avg\"; did you mean \"latency_avg\"?"),
        ("latency_p0(5m)", "column 1: unknown metric \"latency_p0\"; did you mean \"latency_p50\"?"),
        ("latency_p095(5m)", "column 1: unknown metric \"latency_p095\"; did you mean \"latency_p95\"?"),
        ("checks", "column 7: expected a time window in parentheses; did you mean \"checks(5m)\"?"),
        ("checks(5)", "column 8: expected a time window such as 30s, 5m or 1h"),
        ("checks()", "column 8: expected a time window such as 30s, 5m or 1h"),
        ("checks(5m", "column 10: expected \")\""), ("checks(5s)", "column 8: the time window must be from 10s to 7d"),
        ("checks(8d)", "column 8: the time window must be from 10s to 7d"),
        ("certificate_days(5m)", "column 17: certificate_days has no time window"),
        ("checks(5m) > 3", "column 12: unexpected text after the metric"),
        ("checks(5m){}", "column 11: an empty selector; leave it out"),
        ("checks(5m){tag}", "column 15: expected \"=\""),
        ("checks(5m){tag=shop}", "column 16: expected a value in double quotes"),
        ("checks(5m){tags=\"a\"}", "column 12: unknown label \"tags\"; did you mean \"tag\"?"),
        ("checks(5m){tag=\"a}", "column 16: a value does not end"),
        ("checks(5m){tag=\"\"}", "column 16: an empty value"),
        ("checks(5m){tag=\"\\q\"}", "column 17: an unknown escape"),
        ("checks(5m){tag=\"\\u00\"}", "column 17: expected four hexadecimal digits after \\u"),
        ("checks(5m){tag=\"a\" name=\"b\"}", "column 20: expected \",\" or \"}\""),
        ("checks(5m){name=\"a\",name=\"b\"}", "column 21: name stands twice"),
        ("checks(5m){monitor=\"-1\"}", "column 20: a monitor is a positive number"),
        ("checks(5m){monitor=\"01\"}", "column 20: a monitor is a positive number"),
        ("checks(5m){tag=\"é\",x}", "column 20: unknown label \"x\""),
    ]) func invalidMetricsAreExplained(_ text: String, _ complaint: String) {
        let error = #expect(throws: OwnMetricError.self) { try OwnMetric(parsing: text) }
        #expect(error?.description == complaint)
    }

    @Test func longTextsAreRefused() {
        let text = "checks(5m){tag=\"\(String(repeating: "x", count: 1010))\"}"
        #expect(throws: OwnMetricError.self) { try OwnMetric(parsing: text) }
    }

    @Test(arguments: 0..<50) func randomTextsAreParsedOrRefused(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let parts = [
            "checks", "latency_p9", "(", ")", "5m", "{", "}", "tag", "=", "\"a\"", ",", " ", "\\", "\"", "é", "\0",
        ]
        for _ in 0..<300 {
            let text = (0..<Int.random(in: 0...10, using: &random)).map { _ in
                parts.randomElement(using: &random) ?? ""
            }.joined()
            do throws(OwnMetricError) {
                let metric = try OwnMetric(parsing: text)
                let again = try OwnMetric(parsing: metric.description)
                #expect(again == metric)
            } catch {
                #expect(error.column >= 1 && error.column <= text.unicodeScalars.count + 1, "\(text)")
            }
        }
    }

    private let now = Timestamp(milliseconds: 10_000_000)

    private func value(_ text: String, _ points: [ResultPoint]) throws -> Double? {
        try OwnMetric(parsing: text).value(of: points, at: now)
    }

    /// One result for each latency, a second apart, the newest last; nil for a failure.
    private func points(_ latencies: [Int?]) -> [ResultPoint] {
        latencies.enumerated().map { index, latency in
            ResultPoint(
                at: now - .seconds(latencies.count - 1 - index),
                isSuccess: latency != nil,
                latency: .milliseconds(latency ?? 9999)
            )
        }
    }

    @Test(
        arguments: [
            ("latency_p50(5m)", [30, 10, 20, 40], 20.0), ("latency_p95(5m)", Array(1...100), 95),
            ("latency_p99(5m)", [7], 7),
            ("latency_p95(5m)", Array(1...20), 19), ("latency_p95(5m)", Array(1...21), 20),
            ("latency_p1(5m)", [3, 2], 2),
            ("latency_avg(5m)", [10, 20, nil], 15), ("latency_max(5m)", [10, 30, nil, 20], 30),
            ("success_ratio(5m)", [1, nil, 1, 1], 0.75), ("checks(5m)", [1, nil], 2),
            ("failures(5m)", [1, nil, nil], 2),
            ("checks(5m)", [], 0), ("failures(5m)", [1], 0),
        ] as [(String, [Int?], Double)]
    ) func valuesAreComputed(_ text: String, _ latencies: [Int?], _ expected: Double) throws {
        #expect(try value(text, points(latencies)) == expected)
        #expect(try value(text, points(latencies).reversed()) == expected)
    }

    @Test func withoutDataThereIsNoValue() throws {
        for text in ["latency_avg(5m)", "latency_p95(5m)", "latency_max(5m)"] {
            #expect(try value(text, points([nil])) == nil && value(text, []) == nil)
        }
        for text in ["success_ratio(5m)", "failures(5m)", "certificate_days"] { #expect(try value(text, []) == nil) }
    }

    @Test func theWindowExcludesItsStartAndTheFuture() throws {
        let offsets = [-10_001, -10_000, -9999, 0, 1]
        let points = offsets.map { ResultPoint(at: now + .milliseconds($0), isSuccess: true, latency: .zero) }
        #expect(try value("checks(10s)", points) == 2)
    }

    @Test func certificateIsFromTheNewestCheckWithOne() throws {
        let old = ResultPoint(
            at: now - .seconds(60),
            isSuccess: true,
            latency: .zero,
            certificateNotAfter: now + .seconds(86_400)
        )
        var new = old
        (new.at, new.certificateNotAfter) = (now - .seconds(30), now - .seconds(43_200))
        let blind = ResultPoint(at: now, isSuccess: false, latency: .zero)
        #expect(try value("certificate_days", [old, blind]) == 1)
        #expect(try value("certificate_days", [blind, new, old]) == -0.5)
    }

    @Test func selectorsFilterMonitors() throws {
        let monitor = Monitor(
            id: MonitorID(rawValue: 12),
            name: "Shop",
            spec: CheckSpec.http("https://example.com/"),
            interval: .seconds(60),
            isActive: true,
            tags: ["eu", "shop"],
            createdAt: now,
            updatedAt: now,
            revision: 1
        )
        let cases = [
            ("", true), ("{tag=\"shop\"}", true), ("{tag=\"shop\",tag=\"eu\"}", true),
            ("{tag=\"shop\",tag=\"us\"}", false),
            ("{monitor=\"12\"}", true), ("{monitor=\"1\"}", false), ("{name=\"Shop\"}", true),
            ("{name=\"shop\"}", false),
        ]
        for (text, expected) in cases {
            #expect(try OwnMetric(parsing: "checks(5m)" + text).selector.selects(monitor) == expected, "\(text)")
        }
    }
}
