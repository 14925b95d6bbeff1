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

    /// Keys: the task, and its monitor's newest task; arguments: id, monitor, time, patience, lifetime in milliseconds.
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
        return {ARGV[1], text}
        """
    )

    /// Keys: the task; arguments: state, name and value of what the state has.
    private static let change = RedisScript(
        """
        local state = redis.call('HGET', KEYS[1], 'state')
        if state ~= 'queued' and state ~= 'running' then return 0 end
        redis.call('HSET', KEYS[1], 'state', ARGV[1])
        if ARGV[2] then redis.call('HSET', KEYS[1], ARGV[2], ARGV[3]) end
        return 1
        """
    )

    package func create(_ id: String, monitor: MonitorID, at time: Timestamp) async -> CheckTask {
        let arguments = RedisCommand(
            id,
            "\(monitor.rawValue)",
            "\(time.milliseconds)",
            "\(CheckDispatcher.patience.wholeMilliseconds)",
            "\(lifetime.wholeMilliseconds)"
        )
        let keys = [Self.key(id), "sentinel:task-of:\(monitor.rawValue)"]
        do throws(RedisError) {
            let answer = try await client.call(Self.creation, keys: keys, arguments).array ?? []
            if let known = answer.first?.text, let created = answer.last?.integer {
                let time = Timestamp(milliseconds: Int64(created))
                return CheckTask(id: known, monitorID: monitor, createdAt: time, state: .queued)
            }
        } catch { warn(error, id) }
        return CheckTask(id: id, monitorID: monitor, createdAt: time, state: .queued)
    }

    package func update(_ id: String, _ state: CheckTask.State) async {
        var arguments = RedisCommand()
        switch state {
        case .queued: return
        case .running: arguments.append("running")
        case .finished(let result):
            arguments.append("finished")
            arguments.append("result")
            arguments.append(codec.encode(result))
        case .failed(let reason):
            arguments.append("failed")
            arguments.append("error")
            arguments.append(reason)
        }
        do throws(RedisError) { try await client.call(Self.change, keys: [Self.key(id)], arguments) } catch {
            warn(error, id)
        }
    }

    package func task(_ id: String) async -> CheckTask? {
        let answer: [RedisValue]
        let command = RedisCommand("HMGET", Self.key(id), "monitor_id", "created_at", "state", "result", "error")
        do throws(RedisError) { answer = try await client.call(command).array ?? [] } catch {
            warn(error, id)
            return nil
        }
        guard answer.count == 5, let monitor = answer[0].integer, let created = answer[1].integer else { return nil }
        let state: CheckTask.State
        switch answer[2].text {
        case "queued": state = .queued
        case "running": state = .running
        case "finished":
            let result = answer[3].bytes.flatMap { bytes in try? codec.decode(bytes) }
            state = result.map { .finished($0) } ?? .failed("the result cannot be read")
        default: state = .failed(answer[4].text ?? "")
        }
        return CheckTask(
            id: id,
            monitorID: MonitorID(rawValue: Int64(monitor)),
            createdAt: Timestamp(milliseconds: Int64(created)),
            state: state
        )
    }

    private func warn(_ error: RedisError, _ id: String) {
        logger.warning("a task could not be kept in Redis", ["task": id, "error": "\(error)"])
    }
}
