import Messages
import Base
import Broker
import Domain
import HTTPServer
import Pipeline
import Storage

/// `/api/v1/maintenance`: windows in which nobody is told of what is down.
struct MaintenanceRoutes: Sendable {
    private let dependencies: APIDependencies
    private let schema: MaintenanceSchema
    private static let tag = "Maintenance"
    private static let path = "/api/v1/maintenance"
    private static let id = Parameter.id("id", "The window's number.")
    private static let missing = APIProblem(404, "Maintenance window not found")
    private static let conflict = DocumentedResponse.problem(409, "Another window has this name.")

    init(_ dependencies: APIDependencies) {
        self.dependencies = dependencies
        schema = MaintenanceSchema(zones: dependencies.zones)
    }

    var routes: [Route] { [list, create, show, replace, change, delete] }

    private var list: Route {
        Route(
            .get,
            Self.path,
            operation: "listMaintenanceWindows",
            tag: Self.tag,
            "Maintenance windows in the order of their numbers; X-Next-Cursor and Link lead to the next page",
            parameters: WholeListParameters.all,
            responses: [.page(schema.answer, "The windows."), .unavailable]
        ) { call throws(APIProblem) in
            let plans = try await kept { () async throws(StorageError) in try await dependencies.maintenance.list() }
            let now = dependencies.now()
            let page = try WholeListParameters.page(of: plans, call, number: \.id)
            return page.response(to: call, path: Self.path) { $0.json(zones: dependencies.zones, at: now) }
        }
    }

    private var create: Route {
        Route(
            .post,
            Self.path,
            operation: "createMaintenanceWindow",
            tag: Self.tag,
            "Create a maintenance window",
            details:
                "Its time zone must be known to the system, it must end after it begins, and until must be later than "
                + "from.",
            body: schema.creation,
            responses: [
                .json(201, schema.answer, "The window; Location names it."),
                .problem(409, "Another window has this name, or there are as many as there may be."), .unavailable,
            ]
        ) { call throws(APIProblem) in
            let draft = try MaintenancePlan(call.body, zones: dependencies.zones, createdAt: dependencies.now())
            let plan = try await kept { () async throws(StorageError) in
                try await dependencies.maintenance.insert(draft)
            }
            await announce(plan.id)
            var response = Response.json(plan.json(zones: dependencies.zones, at: dependencies.now()), status: .created)
            response.headers.append("Location", "\(Self.path)/\(plan.id)")
            return response
        }
    }

    private var show: Route {
        Route(
            .get,
            "\(Self.path)/{id}",
            operation: "getMaintenanceWindow",
            tag: Self.tag,
            "One maintenance window",
            parameters: [Self.id.specification],
            responses: [.json(200, schema.answer, "The window."), .unavailable],
            missing: Self.missing
        ) { call throws(APIProblem) in
            .json(try await plan(try call[Self.id]).json(zones: dependencies.zones, at: dependencies.now()))
        }
    }

    private var replace: Route {
        Route(
            .put,
            "\(Self.path)/{id}",
            operation: "replaceMaintenanceWindow",
            tag: Self.tag,
            "Replace a maintenance window; what is left out goes back to its default",
            parameters: [Self.id.specification],
            body: schema.creation,
            responses: [.json(200, schema.answer, "The window."), Self.conflict, .unavailable],
            missing: Self.missing
        ) { call throws(APIProblem) in
            let old = try await plan(try call[Self.id])
            let new = try MaintenancePlan(
                call.body,
                id: old.id,
                zones: dependencies.zones,
                createdAt: old.createdAt
            )
            return try await store(new)
        }
    }

    private var change: Route {
        Route(
            .patch,
            "\(Self.path)/{id}",
            operation: "changeMaintenanceWindow",
            tag: Self.tag,
            "Change some settings of a maintenance window",
            parameters: [Self.id.specification],
            body: schema.change,
            responses: [.json(200, schema.answer, "The window."), Self.conflict, .unavailable],
            missing: Self.missing
        ) { call throws(APIProblem) in
            var plan = try await plan(try call[Self.id])
            try plan.apply(call.body, zones: dependencies.zones)
            return try await store(plan)
        }
    }

    private var delete: Route {
        Route(
            .delete,
            "\(Self.path)/{id}",
            operation: "deleteMaintenanceWindow",
            tag: Self.tag,
            "Delete a maintenance window; if it is active, it ends",
            parameters: [Self.id.specification],
            responses: [.empty(204, "It is gone."), .unavailable],
            missing: Self.missing
        ) { call throws(APIProblem) in
            let id = try call[Self.id]
            let existed = try await kept { () async throws(StorageError) in
                try await dependencies.maintenance.delete(id)
            }
            guard existed else { throw Self.missing }
            await announce(id)
            return Response(.noContent)
        }
    }

    private func plan(_ id: Int64) async throws(APIProblem) -> MaintenancePlan {
        let plan = try await kept { () async throws(StorageError) in try await dependencies.maintenance.plan(id) }
        guard let plan else { throw Self.missing }
        return plan
    }

    private func store(_ plan: MaintenancePlan) async throws(APIProblem) -> Response {
        try await kept { () async throws(StorageError) in try await dependencies.maintenance.update(plan) }
        await announce(plan.id)
        return .json(plan.json(zones: dependencies.zones, at: dependencies.now()))
    }

    private func announce(_ id: Int64) async {
        await dependencies.broker.broadcast(MaintenanceChanged(id: id), on: Topics.maintenanceChanges)
    }

    /// Calls the repository and says what its errors mean for windows.
    private func kept<R>(_ body: () async throws(StorageError) -> R) async throws(APIProblem) -> R {
        do throws(StorageError) { return try await body() } catch {
            switch error {
            case .duplicate: throw APIProblem(409, "A maintenance window with this name exists already")
            case .notFound: throw Self.missing
            case .conflict:
                throw APIProblem(409, "There are \(MaintenanceLimits.windows) maintenance windows already; delete one")
            case .dependency, .unreadable, .database: throw APIProblem(error)
            }
        }
    }
}
