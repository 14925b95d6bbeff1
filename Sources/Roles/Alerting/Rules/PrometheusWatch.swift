package import Domain

/// Notices from the evaluations of all rules that Prometheus answers nobody any more, and that it answers again.
///
/// It is away when a rule was not answered three times in a row and no other rule was in the meantime.
package struct PrometheusWatch: Sendable, Equatable {
    package enum Change: Sendable, Equatable {
        /// Nobody is answered; says why the last one was not.
        case away(QueryFailure)
        case back
    }

    package static let patience = 3

    private var failures: [AlertRuleID: Int] = [:]
    /// nil before anything was seen: what the store says of before is not known here.
    package private(set) var isAway: Bool?

    package init() {}

    /// Takes one evaluation; what changed, nil when nothing did.
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

    /// Forgets a rule that is not evaluated any more.
    package mutating func forget(_ rule: AlertRuleID) { failures[rule] = nil }

    /// Takes back the last change, which could not be written: the next evaluation brings it again.
    package mutating func undo() { isAway = nil }
}

extension QueryFailure {
    /// Whether it says more about the server than about the query.
    package var isAbsence: Bool {
        switch self {
        case .unreachable, .timeout, .malformed, .unauthorized: true
        case .badQuery, .tooLarge: false
        }
    }
}
