extension OwnMetric {
    /// The error of a threshold that a metric can never reach; nil otherwise, or if the query is not a metric.
    package static func fault(of query: String, _ threshold: Double) -> String? {
        guard let metric = try? OwnMetric(parsing: query), metric.function == .successRatio,
            !(0...1).contains(threshold)
        else { return nil }
        return "a success ratio is from 0 to 1: 0.9 stands for 90 %"
    }
}

extension OwnMetric.Function {
    /// The unit after a value in a message, with its space.
    var unit: String {
        switch self {
        case .latencyPercentile, .latencyAverage, .latencyMaximum: " ms"
        case .certificateDays: " days"
        case .successRatio, .checks, .failures: ""
        }
    }
}
