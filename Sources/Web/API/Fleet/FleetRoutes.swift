import Base
import Domain
import Fleet
import HTTPServer
import Pipeline

/// `/api/v1/fleet`: the processes, the queues between them, and the requested checks.
struct FleetRoutes: Sendable {
    private let fleet: FleetServices
    private let tasks: any TaskStore
    private let now: @Sendable () -> Timestamp
    private static let tag = "Fleet"
    private static let path = "/api/v1/fleet"
    private static let id = Parameter.word("id", "The process's id.", example: "worker-3f9a2c1b")

    init(_ dependencies: APIDependencies) {
        (fleet, tasks, now) = (dependencies.fleet, dependencies.tasks, dependencies.now)
    }

    var routes: [Route] {
        [list, show, resize] + [FleetCommand.Action.pause, .resume, .drain].map(command) + [queues, requested]
    }

    // MARK: Processes

    private static let role = Parameter<FleetRole?>.choice("role", "Only processes with this role.")
    private static let region = Parameter<String?>.optional(
        "region",
        .string(length: 1...50, example: "local"),
        "Only processes in this region."
    ) { text throws(Schema.TextError) in text }
    private static let limit = Parameter.integer("limit", 1...1000, default: 1000, "How many to return.")
    private static let cursor = Parameter<String?>.optional(
        "cursor",
        .string(length: 1...300),
        "Continue after this X-Next-Cursor of the previous page."
    ) { text throws(Schema.TextError) in text }

    private var list: Route {
        Route(
            .get,
            "\(Self.path)/workers",
            operation: "listFleetWorkers",
            tag: Self.tag,
            "The processes of every role, by id; X-Next-Cursor and Link lead to the next page",
            parameters: [
                Self.role.specification, Self.region.specification, Self.limit.specification,
                Self.cursor.specification,
            ],
            responses: [.page(FleetSchema.process, "The processes."), .fleetUnavailable]
        ) { call throws(APIProblem) in
            let (role, region) = (try call[Self.role], try call[Self.region])
            let (limit, after) = (try call[Self.limit], try call[Self.cursor] ?? "")
            let wanted = try await members().filter { member in
                (role == nil || role?.rawValue == member.process.role)
                    && (region == nil || region == member.process.region) && member.process.id > after
            }
            let (page, now) = (wanted.prefix(limit), now())
            let next = wanted.count > limit ? page.last?.process.id : nil
            return .page(
                page.map { $0.answer(at: now) },
                next: next.map { call.next($0, path: "\(Self.path)/workers") }
            )
        }
    }

    private var show: Route {
        Route(
            .get,
            "\(Self.path)/workers/{id}",
            operation: "getFleetWorker",
            tag: Self.tag,
            "One process",
            parameters: [Self.id.specification],
            responses: [.json(200, FleetSchema.process, "The process."), .fleetUnavailable],
            missing: .noSuchWorker
        ) { call throws(APIProblem) in .json(try await member(call).answer(at: now())) }
    }

    // MARK: Commands

    private static let refusal = DocumentedResponse.problem(
        409,
        "The process cannot do that, is ending, or nothing is heard of it."
    )

    private func command(_ action: FleetCommand.Action) -> Route {
        let summary =
            switch action {
            case .pause: "Have a worker take no more jobs; those that it has taken are finished"
            case .resume: "Have a paused worker take jobs again"
            default: "Have a process finish its work, hand over the rest, and end"
            }
        return Route(
            .post,
            "\(Self.path)/workers/{id}/\(action.rawValue)",
            operation: "\(action.rawValue)FleetWorker",
            tag: Self.tag,
            summary,
            parameters: [Self.id.specification],
            responses: [
                .json(202, FleetSchema.command, "The command waits for the process."), Self.refusal,
                .fleetUnavailable,
            ],
            missing: .noSuchWorker
        ) { call throws(APIProblem) in try await send(FleetCommand(action, at: now()), call) }
    }

    private var resize: Route {
        Route(
            .patch,
            "\(Self.path)/workers/{id}",
            operation: "resizeFleetWorker",
            tag: Self.tag,
            "Change how many checks a worker runs at once, until it ends",
            parameters: [Self.id.specification],
            body: FleetSchema.change,
            responses: [
                .json(202, FleetSchema.command, "The command waits for the process."), Self.refusal,
                .fleetUnavailable,
            ],
            missing: .noSuchWorker
        ) { call throws(APIProblem) in
            let concurrency = call.body["concurrency"]?.integerValue.map { Int($0) }
            return try await send(FleetCommand(.resize, concurrency: concurrency, at: now()), call)
        }
    }

    private func send(_ command: FleetCommand, _ call: Call) async throws(APIProblem) -> Response {
        let member = try await member(call)
        if let refusal = member.refusal(of: command) { throw APIProblem(409, refusal) }
        let isKnown: Bool
        do throws(FleetError) { isKnown = try await fleet.store.send(command, to: member.process.id) } catch {
            throw APIProblem(error)
        }
        guard isKnown else { throw .noSuchWorker }
        return .json(command.answer, status: .accepted)
    }

    private func member(_ call: Call) async throws(APIProblem) -> FleetMember {
        let id = try call[Self.id]
        guard let found = try await members().first(where: { $0.process.id == id }) else { throw .noSuchWorker }
        return found
    }

    private func members() async throws(APIProblem) -> [FleetMember] {
        do throws(FleetError) { return try await fleet.store.members() } catch { throw APIProblem(error) }
    }

    // MARK: Queues and tasks

    private var queues: Route {
        Route(
            .get,
            "\(Self.path)/queues",
            operation: "listFleetQueues",
            tag: Self.tag,
            "What waits in the topics between the processes, by topic and group",
            responses: [.json(200, .array(FleetSchema.queue), "The queues."), .fleetUnavailable]
        ) { _ throws(APIProblem) in
            let queues: [QueueState]
            do throws(FleetError) { queues = try await fleet.queues() } catch { throw APIProblem(error) }
            return .json(.array(queues.sorted { ($0.topic, $0.group) < ($1.topic, $1.group) }.map(\.answer)))
        }
    }

    private static let state = Parameter<CheckTask.Word?>.choice("state", "Only tasks in this state.")
    private static let monitor = Parameter<Int64?>.number("monitor_id", "Only tasks of this monitor.")
    private static let taskLimit = Parameter.integer("limit", 1...200, default: 50, "How many tasks, newest first.")

    private var requested: Route {
        Route(
            .get,
            "\(Self.path)/tasks",
            operation: "listFleetTasks",
            tag: Self.tag,
            "The checks that were requested in the last day, newest first",
            details: "X-Next-Cursor and Link lead to the next page, which may exist although a page is not full.",
            parameters: [
                Self.state.specification, Self.monitor.specification, Self.taskLimit.specification,
                Self.cursor.specification,
            ],
            responses: [.page(FleetSchema.task, "The tasks."), .fleetUnavailable]
        ) { call throws(APIProblem) in
            let filter = TaskFilter(
                state: try call[Self.state],
                monitor: try call[Self.monitor].map(MonitorID.init(rawValue:))
            )
            let (after, limit) = (try call[Self.cursor], try call[Self.taskLimit])
            let page: TaskPage
            do throws(TaskStoreError) { page = try await tasks.list(filter, after: after, limit: limit) } catch {
                throw .fleetUnavailable
            }
            let next = page.next.map { call.next($0, path: "\(Self.path)/tasks") }
            return .page(page.tasks.map(\.fleetJSON), next: next)
        }
    }
}

extension FleetMember {
    /// Why the process cannot carry out a command now; nil when it can.
    fileprivate func refusal(of command: FleetCommand) -> String? {
        if isLost { return "Nothing was heard of \(process.id) for \(silence.wholeMilliseconds / 1000) seconds" }
        if process.state == .draining { return "\(process.id) is ending" }
        guard process.accepts.contains(command.action) else {
            guard command.action == .drain else { return "A process with the role \(process.role) makes no checks" }
            return "\(process.id) is a part of a process that runs every role; SIGTERM ends it"
        }
        guard let wanted = command.concurrency, let limit = process.slots?.limit, wanted > limit else { return nil }
        return "\(process.id) may open so few files that it can run \(limit) checks at once at most"
    }
}

extension APIProblem {
    static let noSuchWorker = APIProblem(404, "Worker not found")
    static let fleetUnavailable = APIProblem(
        503,
        "The store of the fleet is not available; try again",
        fields: [("Retry-After", "5")]
    )

    init(_ error: FleetError) {
        switch error {
        case .unavailable: self = .fleetUnavailable
        case .tooManyCommands: self = APIProblem(409, "The process has not taken the commands before; try again")
        }
    }
}

extension DocumentedResponse {
    static let fleetUnavailable = problem(
        503,
        "The store of the fleet is not available; Retry-After says when to try again."
    )
}
