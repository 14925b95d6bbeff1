import Base
import Domain
import Fleet
import Pipeline

extension FleetMember {
    /// The process in responses.
    func answer(at now: Timestamp) -> JSONValue {
        let heard = now - silence
        let commands = [process.lastCommand].compactMap { $0 } + pending
        return [
            "id": .string(process.id), "role": .string(process.role), "host": .string(process.host),
            "pid": .integer(Int64(process.pid)), "version": .string(process.version),
            "region": .string(process.region),
            "state": .string(stateWord),
            "started_at": .time(process.startedAt),
            "uptime_seconds": .integer(max(0, (heard - process.startedAt).wholeMilliseconds / 1000)),
            "heartbeat_at": .time(heard),
            "accepts": .array(isLost ? [] : process.accepts.map { .string($0.rawValue) }),
            "commands": .array(commands.map(\.answer)),
            "concurrency": .count(process.slots?.concurrency), "concurrency_limit": .count(process.slots?.limit),
            "active": .count(process.slots?.active), "waiting": .count(process.slots?.waiting),
            "processed": .count(process.work?.processed), "failed": .count(process.work?.failed),
            "throughput_per_minute": .count(process.work?.lastMinute),
            "load_average": .number((process.load * 100).rounded() / 100),
        ]
    }
}

extension FleetCommand {
    /// The command in responses.
    var answer: JSONValue {
        [
            "id": .string(id), "action": .string(action.rawValue), "concurrency": .count(concurrency),
            "requested_at": .time(requestedAt), "state": .string(state.rawValue), "detail": .text(detail),
        ]
    }
}

extension QueueState {
    var answer: JSONValue {
        [
            "topic": .string(topic), "group": .string(group), "depth": .count(depth), "lag": .count(lag),
            "in_flight": .count(inFlight),
            "oldest_age_seconds": oldestAge.map { .number(Double($0.wholeMilliseconds) / 1000) } ?? .null,
            "dead_letters": .count(deadLetters), "members": .count(members),
        ]
    }
}

extension CheckTask {
    /// The task in the list of the fleet.
    var fleetJSON: JSONValue {
        var (time, isSuccess, error) = (JSONValue.null, JSONValue.null, JSONValue.null)
        switch state {
        case .queued, .running: break
        case .failed(let reason): error = .string(reason)
        case .finished(let result):
            time = result.outcome.latency.jsonMilliseconds
            isSuccess = .bool(result.outcome.isSuccess)
            error = .text(result.outcome.failure?.message)
        }
        return [
            "task_id": .string(id), "state": .string(state.word.rawValue),
            "monitor_id": .integer(monitorID.rawValue), "created_at": .time(createdAt),
            "started_at": .time(startedAt), "run_time_ms": time, "is_success": isSuccess, "error": error,
            "worker": .text(worker),
        ]
    }
}

extension JSONValue {
    fileprivate static func count(_ number: Int?) -> JSONValue { number.map { .integer(Int64($0)) } ?? .null }
}
