package import Domain

/// What Prometheus answered to a query.
package struct PrometheusAnswer: Sendable, Equatable {
    /// Each series once; a scalar is one sample without labels.
    package var samples: [Sample]
    /// The server's warnings, at most 10, each limited in length.
    package var warnings: [String] = []

    package init(samples: [Sample], warnings: [String] = []) { (self.samples, self.warnings) = (samples, warnings) }
}
