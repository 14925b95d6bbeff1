import Foundation

/// A scrape of `/metrics` (the Prometheus text format), as much of it as the benchmarks need.
struct Exposition {
    private let samples: [(name: Substring, labels: Substring, value: Double)]

    init(_ text: String) {
        samples = text.split(separator: "\n").compactMap { line in
            guard !line.hasPrefix("#"), let space = line.lastIndex(of: " "),
                let value = Double(line[line.index(after: space)...])
            else { return nil }
            let series = line[..<space]
            let brace = series.firstIndex(of: "{") ?? series.endIndex
            return (series[..<brace], series[brace...], value)
        }
    }

    /// The sum of all series of a metric; 0 when there is none.
    func sum(_ name: String) -> Double {
        samples.lazy.filter { $0.name == name }.reduce(0) { $0 + $1.value }
    }

    /// The sum of those series of a metric that have a label with this value.
    func sum(_ name: String, _ label: String, _ value: String) -> Double {
        let pair = "\(label)=\"\(value)\""
        return samples.lazy.filter { $0.name == name && $0.labels.contains(pair) }.reduce(0) { $0 + $1.value }
    }

    /// The buckets of a histogram, summed over all its series.
    func histogram(_ name: String) -> Distribution {
        var counts: [Double: Double] = [:]
        for sample in samples where sample.name == "\(name)_bucket" {
            guard let start = sample.labels.firstRange(of: "le=\"") else { continue }
            let bound = sample.labels[start.upperBound...].prefix { $0 != "\"" }
            counts[bound == "+Inf" ? .infinity : Double(bound) ?? .infinity, default: 0] += sample.value
        }
        return Distribution(buckets: counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }
}

/// A histogram's cumulative counts by upper bound, ascending.
struct Distribution {
    let buckets: [(bound: Double, count: Double)]

    /// The observations since an earlier scrape of the same histogram.
    func since(_ earlier: Distribution) -> Distribution {
        let before = Dictionary(earlier.buckets.map { ($0.bound, $0.count) }) { $1 }
        return Distribution(buckets: buckets.map { ($0.bound, $0.count - (before[$0.bound] ?? 0)) })
    }

    /// The value at a quantile, interpolated within its bucket; beyond the last finite bound that bound.
    func quantile(_ share: Double) -> Double {
        guard let total = buckets.last?.count, total > 0 else { return 0 }
        let rank = share * total
        var lower = (bound: 0.0, count: 0.0)
        for bucket in buckets {
            if bucket.count >= rank {
                guard bucket.bound.isFinite, bucket.count > lower.count else { return lower.bound }
                return lower.bound + (bucket.bound - lower.bound) * (rank - lower.count) / (bucket.count - lower.count)
            }
            lower = bucket
        }
        return lower.bound
    }
}
