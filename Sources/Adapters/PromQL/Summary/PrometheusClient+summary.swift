import Domain

extension PrometheusClient {
    /// Queries all metrics of a server at once; takes at most one `timeout`.
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
                    // A value that is not a number (0/0 of an exporter without memory metrics) counts as no data.
                    summary.values[metric] = samples.first { $0.value.isFinite }?.value
                case .failed(let failure): summary.failures[metric] = failure
                }
            }
            return summary
        }
    }
}
