package import Base
package import Broker
package import Domain
package import Pipeline
package import Redis

/// Keeps the tasks of checks on demand in Redis for a day, for all processes.
///
/// While Redis cannot be used, checks are still made; their tasks are unknown.
package struct RedisTaskStore: TaskStore {
    private let client: RedisClient
    private let codec: MessageCodec<CheckResult>
    private let lifetime: Duration
    private let logger: Logger

    /// `codec` encodes the result of a finished task.
    package init(
        client: RedisClient,
        codec: MessageCodec<CheckResult>,
        lifetime: Duration = .seconds(86_400),
        logger: Logger
    ) {
        (self.client, self.codec, self.lifetime, self.logger) = (client, codec, lifetime, logger)
    }

    private static func key(_ id: String) -> String { "sentinel:task:\(id)" }
    /// The newest tasks, by the time of their request.
    private static let index = "sentinel:tasks"
    private static let indexCapacity = 10_000

    /// Keys: the task, its monitor's newest task, and the index; arguments: id, monitor, time, patience, lifetime in
    /// milliseconds, capacity of the index.
    private static let creation = RedisScript(
        """
        local time = tonumber(ARGV[3])
        local last = redis.call('GET', KEYS[2])
        if last then
          local row = redis.call('HMGET', 'sentinel:task:' .. last, 'created_at', 'state')
          local created = tonumber(row[1] or '')
          if created then
            if row[2] == 'queued' and created > time - tonumber(ARGV[4]) then return {last, created} end
            time = math.max(time, created + 1)
          end
        end
        local text = string.format('%.0f', time)
        redis.call('HSET', KEYS[1], 'monitor_id', ARGV[2], 'created_at', text, 'state', 'queued')
        redis.call('PEXPIRE', KEYS[1], ARGV[5])
        redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[5])
        redis.call('ZADD', KEYS[3], text, ARGV[1])
        redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', time - ARGV[5])
        redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -1 - ARGV[6])
        redis.call('PEXPIRE', KEYS[3], ARGV[5])
        return {ARGV[1], text}
        """
    )

    /// Keys: the task; arguments: state, worker or nothing, then names and values of what the state has.
    private static let change = RedisScript(
        """
        local state = redis.call('HGET', KEYS[1], 'state')
        if state ~= 'queued' and state ~= 'running' then return 0 end
        redis.call('HSET', KEYS[1], 'state', ARGV[1])
        if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'worker', ARGV[2]) end
        for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
        return 1
        """
    )

    /// Keys: the index; arguments: the task to continue after or nothing, the most tasks, how many are looked at, a state
    /// or nothing, a monitor or nothing.
    ///
    /// Answers with the id to continue after, if more follow, and with rows of an id and the task's fields.
    private static let listing = RedisScript(
        """
        local start = 0
        if ARGV[1] ~= '' then
          local rank = redis.call('ZREVRANK', KEYS[1], ARGV[1])
          if not rank then return {false, {}} end
          start = rank + 1
        end
        local ids = redis.call('ZREVRANGE', KEYS[1], start, start + ARGV[3] - 1)
        local found, last, seen = {}, false, 0
        for _, id in ipairs(ids) do
          seen = seen + 1
          last = id
          local key = 'sentinel:task:' .. id
          local row = redis.call('HMGET', key, 'monitor_id', 'state')
          local isWanted = row[1] and (ARGV[4] == '' or row[2] == ARGV[4]) and (ARGV[5] == '' or row[1] == ARGV[5])
          if isWanted then
            found[#found + 1] = {id, redis.call('HMGET', key, \(fieldNames.map { "'\($0)'" }.joined(separator: ", ")))}
            if #found == tonumber(ARGV[2]) then break end
          end
        end
        if start + seen >= redis.call('ZCARD', KEYS[1]) then last = false end
        return {last, found}
        """
    )

    private static let fieldNames = ["monitor_id", "created_at", "state", "result", "error", "worker", "started_at"]

    package func create(_ id: String, monitor: MonitorID, at time: Timestamp) async -> CheckTask {
        let arguments = RedisCommand(
            id,
            "\(monitor.rawValue)",
            "\(time.milliseconds)",
            "\(CheckDispatcher.patience.wholeMilliseconds)",
            "\(lifetime.wholeMilliseconds)",
            "\(Self.indexCapacity)"
        )
        let keys = [Self.key(id), "sentinel:task-of:\(monitor.rawValue)", Self.index]
        do throws(RedisError) {
            let answer = try await client.call(Self.creation, keys: keys, arguments).array ?? []
            if let known = answer.first?.text, let created = answer.last?.integer {
                let time = Timestamp(milliseconds: Int64(created))
                return CheckTask(id: known, monitorID: monitor, createdAt: time, state: .queued)
            }
        } catch { warn(error, id) }
        return CheckTask(id: id, monitorID: monitor, createdAt: time, state: .queued)
    }

    package func update(_ id: String, _ state: CheckTask.State, by worker: String?, at time: Timestamp) async {
        var arguments = RedisCommand(state.word.rawValue, worker ?? "")
        switch state {
        case .queued: return
        case .running:
            arguments.append("started_at")
            arguments.append("\(time.milliseconds)")
        case .finished(let result):
            arguments.append("result")
            arguments.append(codec.encode(result))
        case .failed(let reason):
            arguments.append("error")
            arguments.append(reason)
        }
        do throws(RedisError) { try await client.call(Self.change, keys: [Self.key(id)], arguments) } catch {
            warn(error, id)
        }
    }

    package func task(_ id: String) async -> CheckTask? {
        var command = RedisCommand("HMGET", Self.key(id))
        for name in Self.fieldNames { command.append(name) }
        do throws(RedisError) { return task(id, try await client.call(command).array ?? []) } catch {
            warn(error, id)
            return nil
        }
    }

    package func list(_ filter: TaskFilter, after: String?, limit: Int) async throws(TaskStoreError) -> TaskPage {
        let arguments = RedisCommand(
            after ?? "",
            "\(limit)",
            "\(TaskPage.scan)",
            filter.state?.rawValue ?? "",
            filter.monitor.map { "\($0.rawValue)" } ?? ""
        )
        let answer: [RedisValue]
        do throws(RedisError) {
            answer = try await client.call(Self.listing, keys: [Self.index], arguments).array ?? []
        } catch { throw TaskStoreError("\(error)") }
        guard answer.count == 2 else { return TaskPage(tasks: [], next: nil) }
        let tasks = (answer[1].array ?? []).compactMap { row -> CheckTask? in
            guard let row = row.array, row.count == 2, let id = row[0].text, let fields = row[1].array else {
                return nil
            }
            return task(id, fields)
        }
        return TaskPage(tasks: tasks, next: answer[0].text)
    }

    /// A task from its fields; nil when there is none.
    private func task(_ id: String, _ fields: [RedisValue]) -> CheckTask? {
        guard fields.count == Self.fieldNames.count, let monitor = fields[0].integer,
            let created = fields[1].integer.flatMap({ Timestamp(exactMilliseconds: Int64($0)) })
        else { return nil }
        let state: CheckTask.State
        switch fields[2].text {
        case "queued": state = .queued
        case "running": state = .running
        case "finished":
            let result = fields[3].bytes.flatMap { bytes in try? codec.decode(bytes) }
            state = result.map { .finished($0) } ?? .failed("the result cannot be read")
        default: state = .failed(fields[4].text ?? "")
        }
        var task = CheckTask(id: id, monitorID: MonitorID(rawValue: Int64(monitor)), createdAt: created, state: state)
        task.worker = fields[5].text
        task.startedAt = fields[6].integer.flatMap { Timestamp(exactMilliseconds: Int64($0)) }
        return task
    }

    private func warn(_ error: RedisError, _ id: String) {
        logger.warning("a task could not be kept in Redis", ["task": id, "error": "\(error)"])
    }
}
