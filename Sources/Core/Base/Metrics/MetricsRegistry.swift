/// Every metric of the process by name and labels; the same name and labels give the same instrument.
package final class MetricsRegistry: Sendable {
    /// Label names and values, in the order in which they are printed.
    package typealias Labels = [(name: String, value: String)]

    enum Instrument: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case computed(@Sendable () -> Double)
        case histogram(Histogram)
    }
    struct Family: Sendable {
        let kind: String
        let help: String
        var series: [(labels: Labels, key: String, instrument: Instrument)] = []
    }
    let families = Locked<[String: Family]>([:])

    package init() {}

    package func counter(_ name: String, _ help: String, labels: Labels = []) -> Counter {
        let made = instrument(name, "counter", help, labels) { .counter(Counter()) }
        guard case .counter(let counter) = made else { preconditionFailure("\(name) is not a counter") }
        return counter
    }

    package func gauge(_ name: String, _ help: String, labels: Labels = []) -> Gauge {
        let made = instrument(name, "gauge", help, labels) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = made else { preconditionFailure("\(name) is not a gauge") }
        return gauge
    }

    /// A gauge whose value is read when the metrics are rendered.
    package func gauge(_ name: String, _ help: String, labels: Labels = [], value: @escaping @Sendable () -> Double) {
        _ = instrument(name, "gauge", help, labels) { .computed(value) }
    }

    /// A counter kept elsewhere (in the kernel, in another object) and read when the metrics are rendered.
    package func counter(_ name: String, _ help: String, labels: Labels = [], value: @escaping @Sendable () -> Double) {
        _ = instrument(name, "counter", help, labels) { .computed(value) }
    }

    package func histogram(_ name: String, _ help: String, bounds: [Double], labels: Labels = []) -> Histogram {
        let made = instrument(name, "histogram", help, labels) { .histogram(Histogram(bounds: bounds)) }
        guard case .histogram(let histogram) = made else { preconditionFailure("\(name) is not a histogram") }
        return histogram
    }

    private func instrument(
        _ name: String,
        _ kind: String,
        _ help: String,
        _ labels: Labels,
        make: () -> Instrument
    ) -> Instrument {
        let key = PrometheusText.labels(labels)
        return families.withLock { families in
            var family = families[name] ?? Family(kind: kind, help: help)
            precondition(family.kind == kind, "\(name) is registered as a \(family.kind)")
            if let known = family.series.first(where: { $0.key == key }) { return known.instrument }
            let instrument = make()
            family.series.append((labels, key, instrument))
            families[name] = family
            return instrument
        }
    }
}
