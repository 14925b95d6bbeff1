import Base
import Domain
import HTTPServer
import Pipeline
import Storage

/// `GET /api/tasks/{task_id}`: the state of a requested check.
struct TaskRoute: Sendable {
    let dependencies: APIDependencies
    private static let id = Parameter.word(
        "task_id",
        "The task's id.",
        example: "0b0e7a0e-6f0a-4f0c-9d2f-3a1f8e6b5c4d"
    )

    private var schema: Schema {
        .object(
            "Task",
            [
                .required("task_id", .string(), "The task's id."),
                .required("status", .oneOf(["PENDING", "STARTED", "SUCCESS", "FAILURE"]), "Its state in capitals."),
                .required("state", .oneOf(["queued", "running", "finished", "failed"]), "Its state."),
                .required("monitor_id", .integer(example: 1), "The monitor's number."),
                .required("created_at", .timestamp, "When the check was requested."),
                .required("date_done", Schema.timestamp.nullable, "When the check ended."),
                .required("error", Schema.string().nullable, "Why no check was made; a failed check is a result."),
                .required(
                    "result",
                    ResultSchema.full(dependencies.kinds).nullable,
                    "The result once there is one."
                ),
            ]
        )
    }

    var route: Route {
        Route(
            .get,
            "/api/tasks/{task_id}",
            operation: "getTask",
            tag: "Tasks",
            "The state and result of a requested check",
            parameters: [Self.id.specification],
            responses: [.json(200, schema, "The task."), .unavailable],
            missing: .noSuchTask
        ) { call throws(APIProblem) in
            guard let task = await dependencies.tasks.task(try call[Self.id]) else { throw .noSuchTask }
            return .json(try await json(task))
        }
    }

    private func json(_ task: CheckTask) async throws(APIProblem) -> JSONValue {
        var (status, state) = ("PENDING", "queued")
        var (done, error, result) = (JSONValue.null, JSONValue.null, JSONValue.null)
        switch task.state {
        case .queued: break
        case .running: (status, state) = ("STARTED", "running")
        case .failed(let reason):
            (status, state) = ("FAILURE", "failed")
            error = .string(reason)
        case .finished(let check):
            (status, state) = ("SUCCESS", "finished")
            done = .time(check.checkedAt + check.outcome.latency)
            let monitor = try await stored { () async throws(StorageError) in
                try await dependencies.monitors.monitor(task.monitorID)
            }
            result = check.json(dependencies.regionNaming, of: monitor)
        }
        return [
            "task_id": .string(task.id),
            "status": .string(status),
            "state": .string(state),
            "monitor_id": .integer(task.monitorID.rawValue),
            "created_at": .time(task.createdAt),
            "date_done": done,
            "error": error,
            "result": result,
        ]
    }
}
