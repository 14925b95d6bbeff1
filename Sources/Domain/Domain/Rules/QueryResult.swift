/// One series' value at the instant of a query.
package struct Sample: Sendable, Equatable {
    package var series: SeriesKey
    /// May be infinite or not a number.
    package var value: Double

    package init(_ series: SeriesKey, _ value: Double) { (self.series, self.value) = (series, value) }
}

/// What a rule sees in one evaluation; a query for a single number gives one sample without labels.
package enum QueryResult: Sendable, Equatable {
    case vector([Sample])
    case failed(QueryFailure)
}

/// A place in a query's text.
package struct QueryPosition: Sendable, Equatable, CustomStringConvertible {
    /// From 1.
    package var line: Int
    /// From 1, in Unicode scalars.
    package var column: Int

    package init(line: Int, column: Int) { (self.line, self.column) = (line, column) }

    package var description: String { "line \(line), column \(column)" }
}

/// Why a query gave no values.
package enum QueryFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Nobody answers at the server's address, or it cannot work now; says how.
    case unreachable(String)
    /// The time ran out, here or in the server.
    case timeout
    /// The query itself is at fault; says how, in the server's words where it judged, and where.
    case badQuery(String, QueryPosition?)
    /// The answer holds more than is allowed; says what.
    case tooLarge(String)
    /// What answers does not speak as Prometheus does; says how.
    case malformed(String)
    /// The server wants other credentials.
    case unauthorized

    /// A word of a bounded list, for metrics and for people who filter.
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

    /// For people; holds no credentials.
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
