import Base
import Broker
import Domain
import HTTPServer
import Pipeline
import Storage

/// Requests a check now, even of a paused monitor; the same under two paths.
struct CheckRoute: Sendable {
    private let dispatcher: CheckDispatcher
    private let commands: MonitorCommands
    private let limiter: any RateLimiter
    private let perMinute: Int
    private let now: @Sendable () -> Timestamp
    private let regions: RegionDirectory?
    private let presence: RegionListener
    private static let id = Parameter.id("id", "The monitor's number.")
    private static let region = Parameter<RegionName?>.region(
        "region",
        "The region that checks, one of the monitor's; without it the first of them."
    )

    init(_ dependencies: APIDependencies, _ commands: MonitorCommands) {
        (dispatcher, now, self.commands) = (dependencies.dispatcher, dependencies.now, commands)
        (regions, presence) = (dependencies.regions, dependencies.presence)
        (limiter, perMinute) = (dependencies.limiter, dependencies.checksPerMinute)
    }

    private static let schema = Schema.object(
        "DispatchedCheck",
        [
            .required("message", .string(example: "Check dispatched successfully"), "What was done."),
            .required(
                "task_id",
                .string(example: "0b0e7a0e-6f0a-4f0c-9d2f-3a1f8e6b5c4d"),
                "For GET /api/tasks/{task_id}."
            ),
            .required("domain", .string(example: "Shop"), "The monitor's name."),
        ]
    )

    func route(_ path: String, operation: String, tag: String, missing: APIProblem) -> Route {
        Route(
            .post,
            path,
            operation: operation,
            tag: tag,
            "Request a check now; the response has the id of its task",
            parameters: [Self.id.specification, Self.region.specification],
            responses: [
                .json(200, Self.schema, "The check is queued."),
                .problem(409, "A check of its kind cannot be run: its results come from outside."),
                .problem(429, "Too many checks of the monitor were requested from this address."), .unavailable,
            ],
            missing: missing
        ) { call throws(APIProblem) in
            let monitor = try await commands.monitor(MonitorID(rawValue: try call[Self.id]), missing: missing)
            guard monitor.spec.kind.isActive else {
                let reason = "A \(monitor.spec.kind.name) monitor cannot be checked: it waits for pings"
                throw APIProblem(409, reason)
            }
            let region = try await region(of: monitor, try call[Self.region])
            try await limit(monitor.id, call.request.remoteAddress)
            do throws(BrokerError) {
                let task = try await dispatcher.dispatch(monitor, in: region, now: now())
                return .json([
                    "message": "Check dispatched successfully", "task_id": .string(task),
                    "domain": .string(monitor.name),
                ])
            } catch {
                throw APIProblem(503, Self.reason(error), fields: [("Retry-After", "5")])
            }
        }
    }

    /// The region of a requested check.
    private func region(of monitor: Monitor, _ wanted: RegionName?) async throws(APIProblem) -> Region {
        let standard = regions?.standardRegion ?? .local
        let names = monitor.regions.isEmpty ? [standard.name] : monitor.regions
        guard let name = wanted ?? names.first, names.contains(name) else {
            let list = names.map(\.rawValue).joined(separator: ", ")
            throw APIProblem([
                .value("the monitor is not checked from there, but from \(list)", at: ["query", "region"])
            ])
        }
        if name == standard.name { return standard }
        try? await regions?.learn(CollectionOfOne(name))
        guard let region = regions?.region(name) else { throw APIProblem.storeUnavailable }
        guard presence.workers(in: name, at: now()) != 0 else {
            throw APIProblem(503, "No worker serves the region \(name)", fields: [("Retry-After", "30")])
        }
        return region
    }

    private func limit(_ monitor: MonitorID, _ address: String) async throws(APIProblem) {
        guard perMinute > 0 else { return }
        guard let wait = await limiter.take("check:\(monitor):\(address)", perMinute: perMinute) else { return }
        let seconds = max(1, (wait.wholeMilliseconds + 999) / 1000)
        throw APIProblem(
            429,
            "A check of a monitor may be requested \(perMinute) times a minute; try again in \(seconds) s",
            fields: [("Retry-After", "\(seconds)")]
        )
    }

    private static func reason(_ error: BrokerError) -> String {
        switch error {
        case .full: "The queue of checks is full; try again"
        case .closed: "The server is shutting down"
        case .unavailable: "The queue of checks is not available; try again"
        case .refused: "The settings of this check are too large for the queue of checks"
        }
    }
}
