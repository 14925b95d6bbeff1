import Base
import Pipeline
package import Redis

/// Token buckets in Redis, which all processes share; while it cannot be used, each process limits for itself.
package struct RedisRateLimiter: RateLimiter {
    private let client: RedisClient
    private let own = MemoryRateLimiter()

    package init(client: RedisClient) { self.client = client }

    /// Keys: the bucket; argument: tokens a minute.
    ///
    /// Answers with the milliseconds until there is one, 0 when there was.
    private static let taking = RedisScript(
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local full = tonumber(ARGV[1])
        local row = redis.call('HMGET', KEYS[1], 'tokens', 'at')
        local tokens = tonumber(row[1] or '') or full
        local passed = math.max(0, now - (tonumber(row[2] or '') or now))
        tokens = math.min(full, tokens + passed * full / 60000)
        local wait = 0
        if tokens >= 1 then tokens = tokens - 1 else wait = math.ceil((1 - tokens) * 60000 / full) end
        redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', string.format('%.0f', now))
        redis.call('PEXPIRE', KEYS[1], 60000)
        return wait
        """
    )

    package func take(_ key: String, perMinute: Int) async -> Duration? {
        do throws(RedisError) {
            let answer = try await client.call(
                Self.taking,
                keys: ["sentinel:rate:\(key)"],
                RedisCommand("\(perMinute)")
            )
            guard let wait = answer.integer, wait > 0 else { return nil }
            return .milliseconds(wait)
        } catch { return own.take(key, perMinute: perMinute) }
    }
}
