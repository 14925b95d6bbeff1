import Domain

extension PrometheusClient {
    /// Asks for all figures of a server at once; takes no longer than one `timeout`.
    package func summary(
        job: String,
        instance: String,
        timeout: Duration = .seconds(10)
    ) async -> ServerSummary {
        await withTaskGroup(of: (ServerMetric, QueryResult).self) { group in
            for metric in ServerMetric.allCases {
                group.addTask {
                    (metric, await evaluate(metric.query(job: job, instance: instance), timeout: timeout))
                }
            }
            var summary = ServerSummary()
            for await (metric, result) in group {
                switch result {
                case .vector(let samples):
                    // Figures that are no numbers (0/0 of an exporter without memory figures) are no data.
                    summary.values[metric] = samples.first { $0.value.isFinite }?.value
                case .failed(let failure): summary.failures[metric] = failure
                }
            }
            return summary
        }
    }
}
