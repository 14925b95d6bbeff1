import Base
import Testing

@Suite struct MetricsTests {
    @Test func textFollowsThePrometheusFormat() {
        let registry = MetricsRegistry()
        registry.counter("b_total", "B\nb", labels: [("reason", "a\"b\\c\nd")]).increment(by: 3)
        registry.gauge("a", "A").set(1.5)
        let histogram = registry.histogram("c_seconds", "C", bounds: [0.1, 1])
        for value in [0.1, 0.5, 2] { histogram.observe(value) }
        #expect(
            registry.prometheusText() == """
                # HELP a A
                # TYPE a gauge
                a 1.5
                # HELP b_total B\\nb
                # TYPE b_total counter
                b_total{reason="a\\"b\\\\c\\nd"} 3
                # HELP c_seconds C
                # TYPE c_seconds histogram
                c_seconds_bucket{le="0.1"} 1
                c_seconds_bucket{le="1"} 2
                c_seconds_bucket{le="+Inf"} 3
                c_seconds_sum 2.6
                c_seconds_count 3

                """
        )
    }

    @Test func sameNameAndLabelsIsTheSameInstrument() {
        let registry = MetricsRegistry()
        registry.counter("x_total", "X", labels: [("a", "1")]).increment()
        registry.counter("x_total", "X", labels: [("a", "1")]).increment()
        registry.counter("x_total", "X", labels: [("a", "2")]).increment()
        #expect(registry.counter("x_total", "X", labels: [("a", "1")]).value == 2)
    }

    @Test func computedGaugesAreReadWhenRendered() {
        let registry = MetricsRegistry()
        let value = Locked(1.0)
        let source = Holder(value: 1)
        registry.gauge("g", "G") { source.value.withLock { $0 } }
        _ = value
        source.value.withLock { $0 = 7 }
        #expect(registry.prometheusText().contains("\ng 7\n"))
    }

    private final class Holder: Sendable {
        let value: Locked<Double>
        init(value: Double) { self.value = Locked(value) }
    }
}
