package import Domain

/// How a server is, as its node exporter tells.
package struct ServerSummary: Sendable, Equatable {
    /// Finite numbers; what there is no data for is missing.
    package var values: [ServerMetric: Double] = [:]
    /// What could not be asked for, and why: no data is none of these.
    package var failures: [ServerMetric: QueryFailure] = [:]

    package init() {}

    /// The values there are, in the order of the metrics.
    package var metrics: [(metric: ServerMetric, value: Double)] {
        ServerMetric.allCases.compactMap { metric in values[metric].map { (metric, $0) } }
    }

    /// The first failure when nothing could be asked for: the server knows nothing rather than there being nothing.
    package var failure: QueryFailure? {
        guard failures.count == ServerMetric.allCases.count else { return nil }
        return ServerMetric.allCases.lazy.compactMap { failures[$0] }.first
    }
}
