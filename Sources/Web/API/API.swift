import Alerting
package import Base
package import HTTPServer

/// The HTTP API: its routes, their OpenAPI description, and one handler that serves them.
package struct API: Sendable {
    /// All routes.
    package let routes: [Route]
    private let dependencies: APIDependencies

    package init(_ dependencies: APIDependencies) {
        self.dependencies = dependencies
        let warnings = SaveWarnings(
            monitors: dependencies.monitors,
            results: dependencies.results,
            interval: dependencies.rules?.interval ?? .seconds(60),
            prometheus: dependencies.rules?.prometheus?.recent
        )
        let described =
            DomainRoutes(dependencies).routes + [TaskRoute(dependencies: dependencies).route]
            + MonitorRoutes(dependencies, warnings: warnings).routes + IncidentRoutes(dependencies).routes
            + PolicyRoutes(dependencies).routes + SilenceRoutes(dependencies).routes
            + MaintenanceRoutes(dependencies).routes
            + NotificationRoutes(dependencies).routes + Self.ruleRoutes(dependencies, warnings)
            + ChannelRoutes(dependencies.channels, policies: dependencies.alerting.policies, now: dependencies.now)
            .routes
            + (dependencies.push.map { PushRoutes($0).routes } ?? [])
            + RecentRoutes(dependencies).routes + FleetRoutes(dependencies).routes
            + LiveRoutes(dependencies).routes + IncidentPageRoutes(dependencies).routes
            + MonitorPageRoutes(dependencies).routes
            + HealthRoutes(dependencies: StatusDependencies(dependencies)).routes
        // The description contains the routes that serve it, so they are created twice.
        let all = described + PageRoutes(document: []).routes
        let document = Self.document(of: all).description
        routes = described + PageRoutes(document: Array(document.utf8)).routes
    }

    private static func ruleRoutes(_ dependencies: APIDependencies, _ warnings: SaveWarnings) -> [Route] {
        guard let services = dependencies.rules else { return [] }
        return ServerRoutes(services, now: dependencies.now).routes
            + [ServerMetricsRoute(services: services, access: dependencies.access).route]
            + PreviewRoutes(dependencies, services).routes
            + RuleRoutes(services, warnings: warnings, now: dependencies.now).routes
            + AlertEventRoutes(events: services.events).routes
    }

    /// The OpenAPI 3.1 description of the routes.
    package var document: JSONValue { Self.document(of: routes) }

    private static func document(of routes: [Route]) -> JSONValue {
        OpenAPIDocument(title: "Sentinel Monitoring API", version: version, routes: routes).json
    }

    /// The router with all routes and middleware, to which the caller may add more.
    package func router() -> Router {
        Self.router(routes, dependencies.metrics, dependencies.access, dependencies.logger)
    }

    /// A router with these routes and the middleware of every process.
    static func router(
        _ routes: [Route],
        _ metrics: MetricsRegistry,
        _ access: AccessPolicy,
        _ logger: Logger
    ) -> Router {
        var router = Router { problem, request in
            let fields =
                problem.allow.isEmpty ? [] : [("Allow", problem.allow.map(\.description).joined(separator: ", "))]
            let detail = problem.status == .notFound ? "Not Found" : problem.detail
            let answer = APIProblem(problem.status.code, detail, fields: fields)
            let isPage = ProblemPage.isWanted(by: request) && !request.path.hasPrefix("/api/")
            return isPage ? ProblemPage.response(answer) : answer.response
        }
        router.use(RequestMetrics(registry: metrics))
        router.use(SecurityHeaders())
        router.use(AccessGuard(policy: access))
        for route in routes { router.on(route.method, route.path, handler(for: route, logger)) }
        return router
    }

    private static func handler(for route: Route, _ logger: Logger) -> Handler {
        { request in
            do throws(APIProblem) {
                return try await route.respond(to: request)
            } catch {
                if error.cause == nil, route.isPage, ProblemPage.isWanted(by: request) {
                    return ProblemPage.response(error)
                }
                guard let cause = error.cause else { return error.response }
                return failure(error, cause, route, logger)
            }
        }
    }

    /// Logs an internal error with a number that the client gets too.
    private static func failure(_ problem: APIProblem, _ cause: String, _ route: Route, _ logger: Logger) -> Response {
        let id = UUID().description
        logger.error(
            "request failed",
            ["request_id": id, "method": route.method.description, "route": route.path, "cause": cause]
        )
        let detail = "Something went wrong inside; the log has it under request \(id)"
        return APIProblem(problem.status, detail, fields: [("X-Request-ID", id)]).response
    }
}
