package import Lease
package import Redis

/// Leases in Redis, for work whose effect no database checks.
///
/// A lease survives a restart of the server only as far as its append-only file does; where a database is at hand, its
/// leases are the better ones.
package struct RedisLeaseStore: LeaseStore {
    private let client: RedisClient

    package init(client: RedisClient) { self.client = client }

    private static func key(_ name: String) -> String { "sentinel:lease:\(name)" }
    private static let answer = "return redis.call('HMGET', KEYS[1], 'holder', 'token', 'beat', 'progress')"

    /// Arguments: holder, token and beat of the record that was seen.
    private static let taking = RedisScript(
        """
        local row = redis.call('HMGET', KEYS[1], 'token', 'beat')
        if row[1] and (row[1] ~= ARGV[2] or row[2] ~= ARGV[3]) then return false end
        redis.call('HINCRBY', KEYS[1], 'token', 1)
        redis.call('HSETNX', KEYS[1], 'progress', 0)
        redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'beat', 0)
        \(answer)
        """
    )

    /// Arguments: token, progress, 1 to release.
    private static let renewal = RedisScript(
        """
        if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return false end
        redis.call('HINCRBY', KEYS[1], 'beat', 1)
        redis.call('HSET', KEYS[1], 'progress', ARGV[2])
        if ARGV[3] == '1' then redis.call('HSET', KEYS[1], 'holder', '') end
        \(answer)
        """
    )

    /// Reads a lease.
    ///
    /// Throws `.unavailable` with Redis's reason.
    package func read(_ name: String) async throws(LeaseError) -> LeaseRecord? {
        do throws(RedisError) {
            let command = RedisCommand("HMGET", Self.key(name), "holder", "token", "beat", "progress")
            return Self.record(name, try await client.call(command))
        } catch { throw .unavailable("\(error)") }
    }

    package func take(_ name: String, holder: String, seen: LeaseRecord?) async throws(LeaseError) -> LeaseRecord? {
        try await change(Self.taking, name, RedisCommand(holder, "\(seen?.token ?? -1)", "\(seen?.beat ?? -1)"))
    }

    package func renew(_ held: LeaseRecord, progress: Int64) async throws(LeaseError) -> LeaseRecord? {
        try await change(Self.renewal, held.name, RedisCommand("\(held.token)", "\(progress)", "0"))
    }

    package func release(_ held: LeaseRecord, progress: Int64) async throws(LeaseError) {
        _ = try await change(Self.renewal, held.name, RedisCommand("\(held.token)", "\(progress)", "1"))
    }

    private func change(_ script: RedisScript, _ name: String, _ arguments: RedisCommand) async throws(LeaseError)
        -> LeaseRecord?
    {
        do throws(RedisError) {
            return Self.record(name, try await client.call(script, keys: [Self.key(name)], arguments))
        } catch { throw .unavailable("\(error)") }
    }

    private static func record(_ name: String, _ answer: RedisValue) -> LeaseRecord? {
        guard let row = answer.array, row.count == 4, let holder = row[0].text, let token = row[1].integer else {
            return nil
        }
        return LeaseRecord(
            name: name,
            holder: holder,
            token: Int64(token),
            beat: Int64(row[2].integer ?? 0),
            progress: Int64(row[3].integer ?? 0)
        )
    }
}
