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
    private let resource: Resource<MaintenancePlan>
    private static let path = "/api/v1/maintenance"
    private static let missing = APIProblem(404, "Maintenance window not found")
    private static let conflict = DocumentedResponse.problem(409, "Another window has this name.")

    init(_ dependencies: APIDependencies) {
        self.dependencies = dependencies
        let schema = MaintenanceSchema(zones: dependencies.zones)
        self.schema = schema
        resource = Resource(
            path: Self.path,
            names: .init(
                tag: "Maintenance",
                operation: "MaintenanceWindow",
                operations: "MaintenanceWindows",
                word: "window",
                words: "windows",
                title: "maintenance window"
            ),
            schemas: ResourceSchemas(
                creation: schema.creation,
                replacement: schema.creation,
                change: schema.change,
                answer: schema.answer
            ),
            missing: Self.missing,
            number: { $0.id },
            json: { $0.json(zones: dependencies.zones, at: dependencies.now()) },
            find: { id throws(APIProblem) in
                try await Self.kept { () async throws(StorageError) in try await dependencies.maintenance.plan(id) }
            }
        )
    }

    var routes: [Route] { [list, create, resource.show, replace, change, delete] }

    private var list: Route {
        resource.list(
            order: "Maintenance windows in the order of their numbers",
            parameters: WholeListParameters.all
        ) { call throws(APIProblem) in
            let plans = try await Self.kept { () async throws(StorageError) in
                try await dependencies.maintenance.list()
            }
            let now = dependencies.now()
            let page = try WholeListParameters.page(of: plans, call, number: \.id)
            return page.response(to: call, path: Self.path) { $0.json(zones: dependencies.zones, at: now) }
        }
    }

    private var create: Route {
        resource.create(
            "Create a maintenance window",
            details:
                "Its time zone must be known to the system, it must end after it begins, and until must be later than "
                + "from.",
            problems: [.problem(409, "Another window has this name, or there are as many as there may be.")]
        ) { body throws(APIProblem) in
            let draft = try MaintenancePlan(body, zones: dependencies.zones, createdAt: dependencies.now())
            let plan = try await Self.kept { () async throws(StorageError) in
                try await dependencies.maintenance.insert(draft)
            }
            await announce(plan.id)
            return plan
        }
    }

    private var replace: Route {
        resource.replace(
            "Replace a maintenance window; what is left out goes back to its default",
            problems: [Self.conflict]
        ) { id, body throws(APIProblem) in
            // One that cannot be read is written over: updating tells whether it is there.
            var createdAt = dependencies.now()
            do throws(APIProblem) {
                guard let old = try await resource.find(id) else { return nil }
                createdAt = old.createdAt
            } catch { guard error.isOfDamage else { throw error } }
            return try await store(try MaintenancePlan(body, id: id, zones: dependencies.zones, createdAt: createdAt))
        }
    }

    private var change: Route {
        resource.change(
            "Change some settings of a maintenance window",
            problems: [Self.conflict]
        ) { id, body throws(APIProblem) in
            guard var plan = try await resource.find(id) else { return nil }
            try plan.apply(body, zones: dependencies.zones)
            return try await store(plan)
        }
    }

    private var delete: Route {
        resource.delete("Delete a maintenance window; if it is active, it ends") { id throws(APIProblem) in
            let existed = try await Self.kept { () async throws(StorageError) in
                try await dependencies.maintenance.delete(id)
            }
            if existed { await announce(id) }
            return existed
        }
    }

    private func store(_ plan: MaintenancePlan) async throws(APIProblem) -> MaintenancePlan {
        try await Self.kept { () async throws(StorageError) in try await dependencies.maintenance.update(plan) }
        await announce(plan.id)
        return plan
    }

    private func announce(_ id: Int64) async {
        await dependencies.broker.broadcast(MaintenanceChanged(id: id), on: Topics.maintenanceChanges)
    }

    /// Calls the repository and says what its errors mean for windows.
    private static func kept<R>(_ body: () async throws(StorageError) -> R) async throws(APIProblem) -> R {
        do throws(StorageError) { return try await body() } catch {
            switch error {
            case .duplicate: throw APIProblem(409, "A maintenance window with this name exists already")
            case .notFound: throw missing
            case .conflict:
                throw APIProblem(409, "There are \(MaintenanceLimits.windows) maintenance windows already; delete one")
            case .dependency, .unreadable, .database: throw APIProblem(error)
            }
        }
    }
}
