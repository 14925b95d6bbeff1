package import Base

/// Whether a rule's evaluation works.
package struct RuleHealth: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        /// Not evaluated yet.
        case pending
        case ok
        case unreachable
        case timeout
        case badQuery = "bad_query"
        case tooLarge = "too_large"
        case malformed
        case unauthorized
        /// The query works but returns nothing.
        case noData = "no_data"
        /// There are more series than the rule handles.
        case overflow
        /// A value cannot be compared.
        case notANumber = "not_a_number"
        /// There is no Prometheus configured.
        case noPrometheus = "no_prometheus"
    }

    package var state: State
    /// The problem in words; nil when there is none.
    package var message: String?
    /// The start of this state.
    package var since: Timestamp

    package init(_ state: State, _ message: String? = nil, since: Timestamp) {
        (self.state, self.message, self.since) = (state, message, since)
    }

    /// The health after an evaluation; `since` is kept while the state stays the same.
    ///
    /// `excess` describes what was dropped before the rule saw the result.
    package func after(
        _ result: QueryResult,
        _ rule: ThresholdRule,
        isOverflowing: Bool,
        excess: String? = nil,
        at now: Timestamp
    ) -> RuleHealth {
        switch result {
        case .failed(let failure): return then(State(failure), failure.description, at: now)
        case .vector(let samples):
            if let excess { return then(.overflow, excess, at: now) }
            if isOverflowing {
                return then(.overflow, "more than \(rule.maximumSeries) series; no more are looked at", at: now)
            }
            if samples.isEmpty { return then(.noData, "the query gives no series", at: now) }
            let strange = samples.first { $0.value.isNaN }
            if let strange { return then(.notANumber, "\(strange.series) is not a number", at: now) }
            return then(.ok, nil, at: now)
        }
    }

    /// The same health with another state; `since` becomes now if the state changes.
    package func then(_ state: State, _ message: String?, at now: Timestamp) -> RuleHealth {
        RuleHealth(state, message, since: state == self.state ? since : now)
    }
}

extension RuleHealth.State {
    package init(_ failure: QueryError) {
        switch failure {
        case .unreachable: self = .unreachable
        case .timeout: self = .timeout
        case .badQuery: self = .badQuery
        case .tooLarge: self = .tooLarge
        case .malformed: self = .malformed
        case .unauthorized: self = .unauthorized
        }
    }
}
