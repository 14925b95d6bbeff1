import Base
import HTTPServer

/// Counts and times requests by the path template of their route.
final class RequestMetrics: Middleware {
    private struct Key: Hashable {
        let method: Method
        let route: String
        let status: Int
    }

    private let registry: MetricsRegistry
    private let counters = Locked<[Key: Counter]>([:])
    private let durations = Locked<[String: Histogram]>([:])

    init(registry: MetricsRegistry) { self.registry = registry }

    func respond(to request: Request, next: Handler) async -> Response {
        let start = MonotonicTime.now
        let response = await next(request)
        // Paths that match no route share one label, so that clients cannot create time series.
        let route = request.route ?? "none"
        counter(Key(method: request.method, route: route, status: response.status.code)).increment()
        duration(route).observe((MonotonicTime.now - start).inSeconds)
        return response
    }

    private func counter(_ key: Key) -> Counter {
        var key = key
        if case .other = key.method { key = Key(method: .other("OTHER"), route: key.route, status: key.status) }
        if let known = counters.withLock({ $0[key] }) { return known }
        let labels = [("method", key.method.description), ("route", key.route), ("status", "\(key.status)")]
        let counter = registry.counter("http_requests_total", "Requests answered.", labels: labels)
        counters.withLock { $0[key] = counter }
        return counter
    }

    private func duration(_ route: String) -> Histogram {
        if let known = durations.withLock({ $0[route] }) { return known }
        let histogram = registry.histogram(
            "http_request_duration_seconds",
            "Time from a request's head to its answer.",
            bounds: Histogram.latencyBounds,
            labels: [("route", route)]
        )
        durations.withLock { $0[route] = histogram }
        return histogram
    }
}
