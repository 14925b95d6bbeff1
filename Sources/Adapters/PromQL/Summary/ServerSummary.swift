package import Domain

/// The state of a server, as reported by its node exporter.
package struct ServerSummary: Sendable, Equatable {
    /// Finite numbers; a metric without data is missing.
    package var values: [ServerMetric: Double] = [:]
    /// The metrics that could not be queried, and why; a metric without data is not among them.
    package var failures: [ServerMetric: QueryError] = [:]

    package init() {}

    /// The available values, in the order of the metrics.
    package var metrics: [(metric: ServerMetric, value: Double)] {
        ServerMetric.allCases.compactMap { metric in values[metric].map { (metric, $0) } }
    }

    /// The first error when no query succeeded: then nothing is known, which differs from "no data".
    package var failure: QueryError? {
        guard failures.count == ServerMetric.allCases.count else { return nil }
        return ServerMetric.allCases.lazy.compactMap { failures[$0] }.first
    }
}
