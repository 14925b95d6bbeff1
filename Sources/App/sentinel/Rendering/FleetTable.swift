package import Base

/// The fleet as aligned tables.
package enum FleetTable {
    /// Processes, queues and requested checks, from an object with `workers`, `queues` and `tasks`.
    package static func text(_ fleet: JSONValue) -> String {
        let parts = [
            processes(fleet["workers"]?.arrayValue ?? []), queues(fleet["queues"]?.arrayValue ?? []),
            tasks(fleet["tasks"]?.arrayValue ?? []),
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private static func processes(_ workers: [JSONValue]) -> String {
        guard !workers.isEmpty else { return "No processes.\n" }
        let rows = workers.map { worker in
            // What fits a narrow terminal is what changes.
            [
                TextTable.cell(worker["id"]), TextTable.cell(worker["state"]), time(worker["uptime_seconds"]),
                slots(worker), TextTable.cell(worker["waiting"]), TextTable.cell(worker["processed"]),
                TextTable.cell(worker["failed"]), TextTable.cell(worker["throughput_per_minute"]),
                number(worker["load_average"]),
            ] + ["role", "region", "host", "pid", "version"].map { TextTable.cell(worker[$0]) }
        }
        let header = [
            "ID", "STATE", "UP", "ACTIVE", "WAITING", "DONE", "FAILED", "PER MIN", "LOAD", "ROLE", "REGION", "HOST",
            "PID", "VERSION",
        ]
        return TextTable.text([header] + rows)
    }

    private static func queues(_ queues: [JSONValue]) -> String {
        guard !queues.isEmpty else { return "" }
        let rows = queues.map { queue in
            ["topic", "group", "depth", "lag", "in_flight"].map { TextTable.cell(queue[$0]) }
                + [seconds(queue["oldest_age_seconds"])]
                + ["dead_letters", "members"].map { TextTable.cell(queue[$0]) }
        }
        let header = ["QUEUE", "GROUP", "DEPTH", "LAG", "IN FLIGHT", "OLDEST", "DEAD", "MEMBERS"]
        return TextTable.text([header] + rows)
    }

    private static func tasks(_ tasks: [JSONValue]) -> String {
        guard !tasks.isEmpty else { return "" }
        let rows = tasks.map { task in
            ["task_id", "state", "monitor_id", "created_at"].map { TextTable.cell(task[$0]) }
                + [number(task["run_time_ms"]), TextTable.cell(task["worker"]), TextTable.cell(task["error"])]
        }
        return TextTable.text([["TASK", "STATE", "MONITOR", "REQUESTED", "MS", "WORKER", "ERROR"]] + rows)
    }

    /// `12/4000`.
    private static func slots(_ worker: JSONValue) -> String {
        guard let active = worker["active"]?.integerValue, let all = worker["concurrency"]?.integerValue else {
            return "-"
        }
        return "\(active)/\(all)"
    }

    private static func time(_ value: JSONValue?) -> String {
        value?.integerValue.map { Duration.seconds($0).text } ?? "-"
    }

    private static func seconds(_ value: JSONValue?) -> String {
        value?.doubleValue.map { Duration.milliseconds(Int64(min(max($0, 0), 1e12) * 1000)).text } ?? "-"
    }

    private static func number(_ value: JSONValue?) -> String {
        value?.doubleValue.map { "\((($0 * 100).rounded()) / 100)" } ?? "-"
    }
}
