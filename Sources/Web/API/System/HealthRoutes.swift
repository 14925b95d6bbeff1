import Base
import HTTPServer

/// `/health`, the probes of liveness and readiness, and `/metrics`.
struct HealthRoutes: Sendable {
    let dependencies: StatusDependencies
    private static let tag = "System"

    var routes: [Route] { [health, liveness, readiness, metrics] }

    private static let schema = Schema.object(
        "Health",
        [
            .required("status", .oneOf(["healthy", "degraded", "unhealthy"]), "The worst of the checks."),
            .required("service", .string(example: "Sentinel"), "Always Sentinel."),
            .required("version", .string(example: version), "The program's version."),
            .required("environment", .string(example: "development"), "The environment that it runs in."),
            .required("checks", .map(of: component, maximumCount: 1000) { _ in nil }, "Every part, by name."),
        ]
    )

    private static let component = Schema.object(
        "ComponentHealth",
        [
            .required("status", .oneOf(["ok", "degraded", "failing"]), "The status of the part."),
            .required("message", Schema.string().nullable, "What is wrong; null when nothing is."),
            .required("since", .timestamp, "Since when it has this status."),
        ]
    )

    private var health: Route {
        Route(
            .get,
            "/health",
            operation: "getHealth",
            tag: Self.tag,
            "What is wrong with the program right now",
            responses: [
                .json(200, Self.schema, "The program works; degraded means that somebody should look."),
                .json(503, Self.schema, "A part does not work."),
            ]
        ) { _ throws(APIProblem) in
            let snapshot = dependencies.health.snapshot
            var checks = JSONObject()
            for (name, status, since) in snapshot { checks[name] = Self.json(status, since) }
            let word = Self.word(snapshot.map(\.status))
            let body: JSONValue = [
                "status": .string(word),
                "service": "Sentinel",
                "version": .string(version),
                "environment": .string(dependencies.environment),
                "checks": .object(checks),
            ]
            return .json(body, status: word == "unhealthy" ? .serviceUnavailable : .ok)
        }
    }

    private static func word(_ statuses: [Health.Status]) -> String {
        var word = "healthy"
        for status in statuses {
            switch status {
            case .ok: break
            case .degraded: word = "degraded"
            case .failing: return "unhealthy"
            }
        }
        return word
    }

    private static func json(_ status: Health.Status, _ since: Timestamp) -> JSONValue {
        switch status {
        case .ok: ["status": "ok", "message": .null, "since": .time(since)]
        case .degraded(let message): ["status": "degraded", "message": .string(message), "since": .time(since)]
        case .failing(let message): ["status": "failing", "message": .string(message), "since": .time(since)]
        }
    }

    private static let livenessSchema = Schema.object(
        "Liveness",
        [
            .required("status", .oneOf(["healthy"]), "The process answers."),
            .required("version", .string(example: version), "The program's version."),
            .required("timestamp", .timestamp, "The server's time."),
        ]
    )

    private var liveness: Route {
        Route(
            .get,
            "/api/v1/health/liveness",
            operation: "getLiveness",
            tag: Self.tag,
            "Whether the process answers at all",
            responses: [.json(200, Self.livenessSchema, "It does.")]
        ) { _ throws(APIProblem) in
            .json(["status": "healthy", "version": .string(version), "timestamp": .time(dependencies.now())])
        }
    }

    private static let readinessSchema = Schema.object(
        "Readiness",
        [
            .required("status", .oneOf(["ready", "not ready"]), "Whether the process does its work."),
            .required(
                "reason",
                Schema.string().nullable,
                "What a process waits for that is not ready; null otherwise."
            ),
        ]
    )

    private var readiness: Route {
        Route(
            .get,
            "/api/v1/health/readiness",
            operation: "getReadiness",
            tag: Self.tag,
            "Whether the process does its work",
            responses: [
                .json(200, Self.readinessSchema, "It does its work."),
                .json(
                    503,
                    Self.readinessSchema,
                    "It starts or stops, or cannot use its database or the broker of its messages."
                ),
            ]
        ) { _ throws(APIProblem) in
            let (isReady, reason) = dependencies.health.readiness
            return .json(
                ["status": isReady ? "ready" : "not ready", "reason": .text(reason)],
                status: isReady ? .ok : .serviceUnavailable
            )
        }
    }

    private var metrics: Route {
        Route(
            .get,
            "/metrics",
            operation: "getMetrics",
            tag: Self.tag,
            "Metrics in the Prometheus text format",
            responses: [
                .other(200, "text/plain", "The metrics."), .problem(404, "Metrics are switched off."),
            ]
        ) { _ throws(APIProblem) in
            guard dependencies.servesMetrics else { throw .notFound }
            let text = dependencies.metrics.prometheusText() + (await dependencies.furtherMetrics())
            var response = Response(
                .ok,
                contentType: "text/plain; version=0.0.4; charset=utf-8",
                body: .bytes(Array(text.utf8))
            )
            response.headers.append("Cache-Control", "no-store")
            return response
        }
    }
}
