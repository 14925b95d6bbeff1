import Base
package import Domain
import HTTPClient

extension PrometheusClient {
    /// Queries the values of series at each instant of a grid, which has at most 11,000.
    ///
    /// Has the same limits as an instant query; cancelling the task ends it as unreachable.
    ///
    /// Throws `.unauthorized` for 401 and 403, `.timeout`, `.unreachable` when the server does not answer or is
    /// unavailable, `.badQuery` with the server's message, and `.malformed` for an answer that is not Prometheus'.
    /// Throws `.tooLarge` for more series or bytes than are allowed.
    package func timeSeries(
        of promql: String,
        on grid: PreviewGrid,
        timeout: Duration = .seconds(30)
    ) async throws(QueryError) -> [TimeSeries] {
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
