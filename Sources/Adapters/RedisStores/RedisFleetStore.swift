import Base
package import Fleet
package import Redis

/// The fleet in Redis, for all processes that share it; times are the server's own.
package struct RedisFleetStore: FleetStore {
    private let client: RedisClient

    package init(client: RedisClient) { self.client = client }

    /// The signs of life, and what each process said.
    private static let keys = ["sentinel:fleet:seen", "sentinel:fleet:processes"]

    private static let common = """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local function forget(id)
          redis.call('ZREM', KEYS[1], id)
          redis.call('HDEL', KEYS[2], id)
          redis.call('DEL', 'sentinel:fleet:commands:' .. id)
        end

        """

    /// Arguments: id, the process, memory in milliseconds, the most processes, then the ids of taken commands.
    ///
    /// Answers with the waiting commands.
    private static let announcement = RedisScript(
        common + """
            for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3], 'LIMIT', 0, 1000)) do
              forget(id)
            end
            redis.call('ZADD', KEYS[1], now, ARGV[1])
            redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
            if redis.call('ZCARD', KEYS[1]) > tonumber(ARGV[4]) then forget(redis.call('ZRANGE', KEYS[1], 0, 0)[1]) end
            local commands = 'sentinel:fleet:commands:' .. ARGV[1]
            local left = {}
            for _, text in ipairs(redis.call('LRANGE', commands, 0, -1)) do
              local isTaken = false
              for i = 5, #ARGV do isTaken = isTaken or string.find(text, ARGV[i], 1, true) ~= nil end
              if isTaken then redis.call('LREM', commands, 1, text) else left[#left + 1] = text end
            end
            for _, key in ipairs({KEYS[1], KEYS[2], commands}) do redis.call('PEXPIRE', key, ARGV[3]) end
            return left
            """
    )

    /// Argument: id.
    private static let leaving = RedisScript(common + "forget(ARGV[1]) return 1")

    /// Argument: memory in milliseconds; answers with rows of silence, process and waiting commands.
    private static let reading = RedisScript(
        common + """
            local found = {}
            local rows = redis.call('ZRANGEBYSCORE', KEYS[1], now - ARGV[1], '+inf', 'WITHSCORES')
            for i = 1, #rows, 2 do
              local process = redis.call('HGET', KEYS[2], rows[i])
              if process then
                local commands = redis.call('LRANGE', 'sentinel:fleet:commands:' .. rows[i], 0, -1)
                found[#found + 1] = {math.max(0, now - rows[i + 1]), process, commands}
              end
            end
            return found
            """
    )

    /// Arguments: id, command, memory in milliseconds, the most commands; answers with 0 when the process is not known
    /// and with -1 when too many wait.
    private static let sending = RedisScript(
        common + """
            local seen = redis.call('ZSCORE', KEYS[1], ARGV[1])
            if not seen or tonumber(seen) < now - ARGV[3] then return 0 end
            local key = 'sentinel:fleet:commands:' .. ARGV[1]
            if redis.call('LLEN', key) >= tonumber(ARGV[4]) then return -1 end
            redis.call('RPUSH', key, ARGV[2])
            redis.call('PEXPIRE', key, ARGV[3])
            return 1
            """
    )

    private static let memory = "\(FleetLimits.memory.wholeMilliseconds)"

    package func announce(_ process: FleetProcess, taken: [String]) async throws(FleetError) -> [FleetCommand] {
        var arguments = RedisCommand(process.id, process.json.description, Self.memory, "\(FleetLimits.processes)")
        for id in taken { arguments.append(id) }
        return Self.commands(try await call(Self.announcement, arguments))
    }

    package func leave(_ id: String) async {
        // Without this, the others notice by its silence.
        _ = try? await call(Self.leaving, RedisCommand(id))
    }

    package func members() async throws(FleetError) -> [FleetMember] {
        let rows = try await call(Self.reading, RedisCommand(Self.memory)).array ?? []
        return rows.compactMap { row -> FleetMember? in
            guard let row = row.array, row.count == 3, let silence = row[0].integer,
                let process = Self.json(row[1]).flatMap({ FleetProcess(json: $0) })
            else { return nil }
            return FleetMember(process, silence: .milliseconds(silence), pending: Self.commands(row[2]))
        }.inOrder
    }

    package func send(_ command: FleetCommand, to id: String) async throws(FleetError) -> Bool {
        let arguments = RedisCommand(id, command.json.description, Self.memory, "\(FleetLimits.commands)")
        let answer = try await call(Self.sending, arguments).integer ?? 0
        if answer < 0 { throw .tooManyCommands }
        return answer > 0
    }

    private func call(_ script: RedisScript, _ arguments: RedisCommand) async throws(FleetError) -> RedisValue {
        do throws(RedisError) { return try await client.call(script, keys: Self.keys, arguments) } catch {
            throw .unavailable("\(error)")
        }
    }

    private static func commands(_ value: RedisValue) -> [FleetCommand] {
        (value.array ?? []).prefix(FleetLimits.commands).compactMap { text in
            json(text).flatMap { FleetCommand(json: $0) }
        }
    }

    private static func json(_ value: RedisValue) -> JSONValue? {
        value.bytes.flatMap { bytes in try? JSONValue(parsing: bytes) }
    }
}
