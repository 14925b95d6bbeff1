package import Domain

/// What Prometheus answered to a query.
package struct PrometheusAnswer: Sendable, Equatable {
    /// Each series once; a scalar is one sample without labels.
    package var samples: [Sample]
    /// The server's remarks, in its words; at most 10, each bounded.
    package var warnings: [String] = []

    package init(samples: [Sample], warnings: [String] = []) { (self.samples, self.warnings) = (samples, warnings) }
}
