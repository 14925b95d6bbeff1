import Base
import Domain
import HTTPClient
import PromQL
import Runtime
import TestSupport
import Testing

/// Valid and invalid answers to range queries.
@Suite struct TimeSeriesTests {
    /// Five instants, a minute apart.
    private static func grid() throws -> PreviewGrid {
        let start = Timestamp(milliseconds: 1_763_615_377_250)
        let window = try PreviewWindow(from: start, to: start + .seconds(240), now: start + .seconds(999))
        return PreviewGrid(window, interval: .seconds(60), limit: 11_000)
    }

    private static func read(_ result: String, kind: String = "matrix") throws -> [TimeSeries] {
        let body = #"{"status":"success","data":{"resultType":"\#(kind)","result":[\#(result)]}}"#
        return try AnswerParser(maximumSeries: 2).timeSeries(
            status: 200,
            contentType: "application/json",
            body: Array(body.utf8),
            query: "q",
            on: try grid()
        )
    }

    @Test func timeSeriesFollowTheirGrid() throws {
        let allSeries = try Self.read(
            #"{"metric":{"a":"b"},"values":[[1763615377.250,"1"],[1763615497.25,"NaN"],[1763615617.25,"+Inf"]]},"#
                + #"{"metric":{},"values":[]}"#
        )
        #expect(allSeries.map(\.series.description) == [#"{a="b"}"#, "{}"])
        let values = (0..<5).map { allSeries[0][$0] }
        #expect(
            values[0] == 1 && values[1] == nil && values[2]?.isNaN == true && values[3] == nil && values[4] == .infinity
        )
        #expect((0..<5).allSatisfy { allSeries[1][$0] == nil })
        #expect(try Self.read("").isEmpty)
    }

    @Test(arguments: [
        (#"{"metric":{},"values":[[1763615378.25,"1"]]}"#, "between the instants"),
        (#"{"metric":{},"values":[[1763615677.25,"1"]]}"#, "between the instants"),
        (#"{"metric":{},"values":[[1763615317.25,"1"]]}"#, "between the instants"),
        (#"{"metric":{},"values":[["x","1"]]}"#, "no time"),
        (#"{"metric":{},"values":[[1763615377.25,1]]}"#, "no pair"),
        (#"{"metric":{}}"#, "no values"), (#"{"values":[]}"#, "no labels"),
        (#"{"metric":{},"values":[]},{"metric":{},"values":[]}"#, "twice"),
        (#"{"metric":{},"histograms":[]}"#, "histogram"),
        (
            #"{"metric":{"a":"1"},"values":[]},{"metric":{"a":"2"},"values":[]},{"metric":{},"values":[]}"#,
            "more than 2"
        ),
    ]) func invalidTimeSeriesAreRefused(_ text: String, _ words: String) throws {
        let failure = #expect(throws: QueryError.self) { try Self.read(text) }
        #expect(failure?.description.contains(words) == true, "\(String(describing: failure))")
    }

    @Test func otherResultTypesAreMalformed() throws {
        #expect(throws: QueryError.malformed("there is no matrix of data")) { try Self.read("", kind: "vector") }
    }

    @Test func rangeQueriesArePostedAsForms() async throws {
        let body = #"{"status":"success","data":{"resultType":"matrix","result":[]}}"#
        let target = LoopbackTarget.answering { _, connection in connection.respond(body: body) }
        let client = PrometheusClient(
            http: HTTPClient(loop: try EventLoop(name: "promql-test")),
            configuration: try PrometheusConfiguration(baseURL: target.url(""))
        )
        #expect(try await client.timeSeries(of: "up", on: try Self.grid()).isEmpty)
        let request = try #require(target.requests.first)
        #expect(request.hasPrefix("POST /api/v1/query_range HTTP/1.1\r\n"))
        let fields = "query=up&start=1763615377.25&end=1763615617.25&step=60.0&timeout=30.0&limit=10001"
        #expect(request.hasSuffix("\r\n\r\n" + fields), "\(request)")
    }
}
