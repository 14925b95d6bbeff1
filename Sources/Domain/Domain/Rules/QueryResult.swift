/// One series' value at the instant of a query.
package struct Sample: Sendable, Equatable {
    package var series: SeriesKey
    /// May be infinite or not a number.
    package var value: Double

    package init(_ series: SeriesKey, _ value: Double) { (self.series, self.value) = (series, value) }
}

/// The result of one evaluation for a rule; a query for a single number gives one sample without labels.
package enum QueryResult: Sendable, Equatable {
    case vector([Sample])
    case failed(QueryError)
}

/// A position in a query's text.
package struct QueryPosition: Sendable, Equatable, CustomStringConvertible {
    /// From 1.
    package var line: Int
    /// From 1, in Unicode scalars.
    package var column: Int

    package init(line: Int, column: Int) { (self.line, self.column) = (line, column) }

    package var description: String { "line \(line), column \(column)" }
}

/// Why a query returned no values.
package enum QueryError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The server does not answer or is unavailable; says how.
    case unreachable(String)
    /// A timeout, here or in the server.
    case timeout
    /// The query is invalid; has the error, in the server's words if it found it, and the position.
    case badQuery(String, QueryPosition?)
    /// The answer is larger than allowed; says what.
    case tooLarge(String)
    /// The answer is not Prometheus'; says how.
    case malformed(String)
    /// The server requires other credentials.
    case unauthorized

    /// A word of a bounded list, for metrics and filters.
    package var label: String {
        switch self {
        case .unreachable: "unreachable"
        case .timeout: "timeout"
        case .badQuery: "bad_query"
        case .tooLarge: "too_large"
        case .malformed: "malformed"
        case .unauthorized: "unauthorized"
        }
    }

    /// For people; contains no credentials.
    package var description: String {
        switch self {
        case .unreachable(let text): "unreachable: \(text)"
        case .timeout: "timed out"
        case .badQuery(let text, nil): "bad query: \(text)"
        case .badQuery(let text, let position?): "bad query, \(position): \(text)"
        case .tooLarge(let text): "answer too large: \(text)"
        case .malformed(let text): "malformed answer: \(text)"
        case .unauthorized: "not authorized"
        }
    }
}
