package import Base
package import Domain
package import HTTPClient

/// Queries a Prometheus server, or one that implements its HTTP API.
package struct PrometheusClient: Sendable {
    private let http: HTTPClient
    private let configuration: PrometheusConfiguration

    package init(http: HTTPClient, configuration: PrometheusConfiguration) {
        (self.http, self.configuration) = (http, configuration)
    }

    /// Evaluates a query at an instant, or at the server's current time without `at`.
    ///
    /// The request asks the server to give up after `timeout` and to limit the series; a server that ignores this is
    /// limited here. Cancelling the task ends it as unreachable.
    ///
    /// Throws `.unauthorized` for 401 and 403, `.timeout`, `.unreachable` when the server does not answer or is
    /// unavailable, `.badQuery` with the server's message, and `.malformed` for an answer that is not Prometheus'.
    /// Throws `.tooLarge` for more series or bytes than are allowed.
    package func query(
        _ promql: String,
        at instant: Timestamp? = nil,
        timeout: Duration = .seconds(10)
    ) async throws(QueryError) -> PrometheusAnswer {
        var fields = [
            ("query", promql), ("timeout", "\(timeout.inSeconds)"), ("limit", "\(configuration.maximumSeries + 1)"),
        ]
        if let instant { fields.append(("time", "\(Double(instant.milliseconds) / 1000)")) }
        let response = try await post("query", fields, timeout: timeout)
        return try parser.answer(
            status: response.status,
            contentType: response.header("content-type"),
            body: response.body,
            query: promql
        )
    }

    /// Evaluates a query for a rule, with the same errors.
    package func evaluate(
        _ promql: String,
        at instant: Timestamp? = nil,
        timeout: Duration = .seconds(10)
    ) async -> QueryResult {
        do throws(QueryError) {
            return .vector(try await query(promql, at: instant, timeout: timeout).samples)
        } catch {
            return .failed(error)
        }
    }

    /// What a valid query returned.
    package struct Validation: Sendable, Equatable {
        /// The query as formatted by the server; nil when it cannot format queries (before 2.40).
        package var formatted: String?
        /// How many series it returns now; none may be correct.
        package var series: Int
        package var warnings: [String]
    }

    /// Asks the server to validate a query: first its grammar, then, by running it, whether its result can be compared.
    ///
    /// Throws `.badQuery` with the server's message and its position for an invalid query, and otherwise as `query`
    /// does.
    package func validate(
        _ promql: String,
        timeout: Duration = .seconds(10)
    ) async throws(QueryError) -> Validation {
        let formatted = try await format(promql, timeout: timeout)
        let answer = try await query(promql, timeout: timeout)
        return Validation(formatted: formatted, series: answer.samples.count, warnings: answer.warnings)
    }

    private func format(_ promql: String, timeout: Duration) async throws(QueryError) -> String? {
        let response = try await post("format_query", [("query", promql)], timeout: timeout)
        if [404, 405, 501].contains(response.status) { return nil }
        let json = try parser.success(
            status: response.status,
            contentType: response.header("content-type"),
            body: response.body,
            query: promql
        )
        guard let text = json["data"]?.stringValue, text.utf8.count <= 4 * PromQL.maximumText else { return nil }
        return text
    }

    // MARK: HTTP

    var parser: AnswerParser { AnswerParser(maximumSeries: configuration.maximumSeries) }

    func post(
        _ path: String,
        _ fields: [(name: String, value: String)],
        timeout: Duration
    ) async throws(QueryError) -> HTTPClientResponse {
        var headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
        switch configuration.credentials {
        case .basic(let user, let password):
            headers.append(("Authorization", "Basic " + Array("\(user):\(password)".utf8).base64()))
        case .bearer(let token): headers.append(("Authorization", "Bearer " + token))
        case nil: break
        }
        let request = HTTPClientRequest(
            method: "POST",
            url: "\(configuration.baseURL)/api/v1/\(path)",
            headers: headers,
            body: FormBody.bytes(fields),
            timeout: timeout,
            maximumBody: configuration.maximumBytes
        )
        do throws(HTTPClientError) {
            return try await http.send(request)
        } catch {
            throw failure(error)
        }
    }

    private func failure(_ error: HTTPClientError) -> QueryError {
        switch error {
        case .timeout: .timeout
        case .bodyTooLarge: .tooLarge("more than \(configuration.maximumBytes) bytes")
        case .invalidRequest, .resolution, .blocked, .cancelled, .transport: .unreachable("\(error)")
        }
    }
}
