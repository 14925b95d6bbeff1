import Base
package import Domain
import HTTPClient

extension PrometheusClient {
    /// Asks for the values of a query's series at each instant of a grid, which has at most 11,000.
    ///
    /// Bounded as an instant query is; cancelling the task ends it as unreachable.
    ///
    /// Throws `.unauthorized` for 401 and 403, `.timeout`, `.unreachable` when nobody answers or the server cannot work
    /// now, `.badQuery` with the server's words, and `.malformed` for what is no answer of Prometheus. Throws
    /// `.tooLarge` for more series or bytes than are allowed.
    package func timeSeries(
        of promql: String,
        on grid: PreviewGrid,
        timeout: Duration = .seconds(30)
    ) async throws(QueryFailure) -> [TimeSeries] {
        let fields = [
            ("query", promql), ("start", Self.seconds(grid.start)), ("end", Self.seconds(grid.end)),
            ("step", "\(Double(grid.step.wholeMilliseconds) / 1000)"), ("timeout", "\(timeout.inSeconds)"),
            ("limit", "\(parser.maximumSeries + 1)"),
        ]
        let response = try await post("query_range", fields, timeout: timeout)
        return try parser.timeSeries(
            status: response.status,
            contentType: response.header("content-type"),
            body: response.body,
            query: promql,
            on: grid
        )
    }

    private static func seconds(_ time: Timestamp) -> String { "\(Double(time.milliseconds) / 1000)" }
}
