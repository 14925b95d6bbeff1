package import Base
package import Broker
package import Domain
import Pipeline
package import Redis

/// The newest results of monitors in Redis, under the keys that other programs know: `monitor:ID:status`, `:history`
/// and `:state`.
package final class RedisStatusCache: StatusCache {
    private struct State {
        /// Monitors whose newest results could not be noted: what Redis has of them is old.
        var stale: Set<MonitorID> = []
        var pausedUntil: MonotonicTime?
        var hasFailed = false
    }

    private let client: RedisClient
    private let codec: MessageCodec<CheckResult>
    private let logger: Logger
    private let state = Locked(State())

    private static let lifetime = "\(StatusCacheLimits.lifetime.wholeMilliseconds)"
    /// How many results one script notes, so that it does not hold up the server.
    private static let step = 100
    private static let staleCapacity = 200_000
    /// How long nothing is tried after a failure.
    private static let pause: Duration = .seconds(1)

    /// The client should give up within a second, because the processor waits for it.
    package init(client: RedisClient, codec: MessageCodec<CheckResult>, logger: Logger) {
        (self.client, self.codec, self.logger) = (client, codec, logger)
    }

    /// Arguments: lifetime, the most results, then for each result the monitor, the result's id, its state and bytes.
    private static let noting = RedisScript(
        """
        local ttl, most = ARGV[1], tonumber(ARGV[2])
        local function number(text) return tonumber(string.match(text, '"id":(%d+)') or '') or -1 end
        for i = 3, #ARGV, 4 do
          local base = 'monitor:' .. ARGV[i]
          local list, id, text = base .. ':history', tonumber(ARGV[i + 1]), ARGV[i + 3]
          if redis.call('EXISTS', base .. ':deleted') == 0 then
            local newest = redis.pcall('LINDEX', list, 0)
            if type(newest) == 'table' then
              -- Something else has the name.
              redis.call('DEL', list)
              newest = false
            end
            newest = newest and number(newest) or -1
            if id > newest then
              redis.call('LPUSH', list, text)
              redis.call('SET', base .. ':status', text, 'PX', ttl)
              redis.call('SET', base .. ':state', ARGV[i + 2], 'PX', ttl)
            elseif id < newest then
              local rows = redis.call('LRANGE', list, 0, -1)
              local place = #rows + 1
              for n = #rows, 1, -1 do
                local other = number(rows[n])
                if other == id then place = 0 break end
                if other < id then place = n end
              end
              if place > #rows then redis.call('RPUSH', list, text)
              elseif place > 0 then redis.call('LINSERT', list, 'BEFORE', rows[place], text) end
            end
            redis.call('LTRIM', list, 0, most - 1)
            redis.call('PEXPIRE', list, ttl)
          end
        end
        return 1
        """
    )

    package func note(_ results: [CheckResult]) async {
        guard !results.isEmpty else { return }
        guard let stale = takeStale() else { return keepStale(results.map(\.monitorID)) }
        do throws(RedisError) {
            try await remove(stale)
            for start in stride(from: 0, to: results.count, by: Self.step) {
                var arguments = RedisCommand(Self.lifetime, "\(StatusCacheLimits.recent)")
                for result in results[start..<min(start + Self.step, results.count)] {
                    var result = result
                    result.outcome.evidence = nil
                    arguments.append("\(result.monitorID.rawValue)")
                    arguments.append("\(result.id)")
                    arguments.append(result.outcome.isSuccess ? "UP" : "DOWN")
                    arguments.append(codec.encode(result))
                }
                try await client.call(Self.noting, keys: [], arguments)
            }
            succeeded()
        } catch {
            keepStale(stale + results.map(\.monitorID))
            failed(error)
        }
    }

    package func latest(for monitors: [MonitorID]) async -> [MonitorID: CheckResult] {
        var found: [MonitorID: CheckResult] = [:]
        for start in stride(from: 0, to: monitors.count, by: 1000) {
            let part = monitors[start..<min(start + 1000, monitors.count)]
            var command = RedisCommand("MGET")
            for id in part { command.append("monitor:\(id):status") }
            guard let values = try? await client.call(command).array else { return found }
            for (id, value) in zip(part, values) {
                if let result = result(value), result.monitorID == id { found[id] = result }
            }
        }
        return found
    }

    package func recent(_ monitor: MonitorID) async -> [CheckResult] {
        let command = RedisCommand("LRANGE", "monitor:\(monitor):history", "0", "\(StatusCacheLimits.recent - 1)")
        let values = (try? await client.call(command).array) ?? []
        return values.compactMap(result).filter { $0.monitorID == monitor }
    }

    package func forget(_ monitor: MonitorID, deleted: Bool) async {
        do throws(RedisError) {
            var commands: [RedisCommand] = []
            // First, so that no check in flight is noted in between.
            if deleted { commands.append(RedisCommand("SET", "monitor:\(monitor):deleted", "1", "PX", Self.lifetime)) }
            commands.append(Self.removal([monitor], deleted ? [] : ["deleted"]))
            for case .error(let text) in try await client.run(commands) { throw .command(text) }
        } catch {
            keepStale([monitor])
            failed(error)
        }
    }

    private func result(_ value: RedisValue) -> CheckResult? {
        value.bytes.flatMap { bytes in try? codec.decode(bytes) }
    }

    // MARK: Failures

    private static func removal(_ monitors: some Sequence<MonitorID>, _ others: [String] = []) -> RedisCommand {
        var command = RedisCommand("DEL")
        for id in monitors {
            for name in ["status", "history", "state"] + others { command.append("monitor:\(id):\(name)") }
        }
        return command
    }

    private func remove(_ monitors: [MonitorID]) async throws(RedisError) {
        for start in stride(from: 0, to: monitors.count, by: 1000) {
            try await client.call(Self.removal(monitors[start..<min(start + 1000, monitors.count)]))
        }
    }

    /// The monitors of which Redis has old results; nil soon after a failure.
    private func takeStale() -> [MonitorID]? {
        state.withLock { state in
            if let until = state.pausedUntil, MonotonicTime.now < until { return nil }
            defer { state.stale = [] }
            return Array(state.stale)
        }
    }

    private func keepStale(_ monitors: [MonitorID]) {
        state.withLock { state in
            for id in monitors where state.stale.count < Self.staleCapacity { state.stale.insert(id) }
        }
    }

    private func succeeded() {
        let isNews = state.withLock { state in
            defer { (state.hasFailed, state.pausedUntil) = (false, nil) }
            return state.hasFailed
        }
        if isNews { logger.notice("newest results are kept in Redis again") }
    }

    private func failed(_ error: RedisError) {
        let isNews = state.withLock { state in
            state.pausedUntil = .now + Self.pause
            defer { state.hasFailed = true }
            return !state.hasFailed
        }
        if isNews { logger.warning("newest results are not kept in Redis", ["error": "\(error)"]) }
    }
}
