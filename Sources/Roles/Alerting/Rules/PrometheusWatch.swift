package import Domain

/// Notices from the evaluations of all rules that Prometheus has stopped answering, and that it answers again.
///
/// It counts as away when three evaluations in a row of one rule got no answer and no other rule got one meanwhile.
package struct PrometheusWatch: Sendable, Equatable {
    package enum Change: Sendable, Equatable {
        /// No rule gets an answer; holds the latest error.
        case away(QueryError)
        case back
    }

    package static let patience = 3

    private var failures: [AlertRuleID: Int] = [:]
    /// nil before the first evaluation: the state before the start is not known here.
    package private(set) var isAway: Bool?

    package init() {}

    /// Takes one evaluation; returns the change, nil when there is none.
    package mutating func see(_ result: QueryResult, of rule: AlertRuleID) -> Change? {
        guard case .failed(let failure) = result, failure.isAbsence else {
            failures = [:]
            defer { isAway = false }
            return isAway == false ? nil : .back
        }
        let count = min(failures[rule, default: 0] + 1, Self.patience)
        failures[rule] = count
        guard count == Self.patience, isAway != true else { return nil }
        isAway = true
        return .away(failure)
    }

    /// Forgets a rule that is no longer evaluated.
    package mutating func forget(_ rule: AlertRuleID) { failures[rule] = nil }

    /// Takes back the last change, which could not be written: the next evaluation repeats it.
    package mutating func undo() { isAway = nil }
}

extension QueryError {
    /// Whether the failure says more about the server than about the query.
    package var isAbsence: Bool {
        switch self {
        case .unreachable, .timeout, .malformed, .unauthorized: true
        case .badQuery, .tooLarge: false
        }
    }
}
