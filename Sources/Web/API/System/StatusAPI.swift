package import Base
package import HTTPServer

/// What a process shows of itself.
package struct StatusDependencies: Sendable {
    package var health: Health
    package var metrics: MetricsRegistry
    /// `development`, `staging` or `production`; shown by `/health`.
    package var environment = "development"
    /// Whether `/metrics` answers.
    package var servesMetrics = true
    package var access = AccessPolicy()
    package var logger: Logger
    package var now: @Sendable () -> Timestamp = { .now }
    /// Further metrics in the Prometheus text format, of names that `metrics` does not have.
    var furtherMetrics: @Sendable () async -> String = { "" }

    package init(health: Health, metrics: MetricsRegistry, logger: Logger) {
        (self.health, self.metrics, self.logger) = (health, metrics, logger)
    }

    init(_ dependencies: APIDependencies) {
        self.init(health: dependencies.health, metrics: dependencies.metrics, logger: dependencies.logger)
        (environment, servesMetrics) = (dependencies.environment, dependencies.servesMetrics)
        (access, now) = (dependencies.access, dependencies.now)
        let fleet = FleetMetrics(dependencies.fleet)
        furtherMetrics = { await fleet.families() }
    }
}

/// Health, readiness and metrics of a process that serves nothing else.
package struct StatusAPI: Sendable {
    private let dependencies: StatusDependencies

    package init(_ dependencies: StatusDependencies) { self.dependencies = dependencies }

    package func router() -> Router {
        API.router(
            HealthRoutes(dependencies: dependencies).routes,
            dependencies.metrics,
            dependencies.access,
            dependencies.logger
        )
    }
}
