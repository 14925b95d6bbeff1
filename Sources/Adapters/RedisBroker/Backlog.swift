import Base
package import Broker
import Redis

extension RedisBroker {
    /// What waits in each topic that was ever consumed through this server.
    ///
    /// A topic whose keys hold something else is left out. Throws as `publish` does.
    package func backlog() async throws(BrokerError) -> [TopicBacklog] {
        var found: [TopicBacklog] = []
        do throws(RedisError) {
            let rows = try await channel.commands.call(RedisCommand("HGETALL", StreamTopic.register)).array ?? []
            for index in stride(from: 0, to: min(rows.count - 1, 2 * Self.topicLimit), by: 2) {
                guard let name = rows[index].text, let topic = StreamTopic(name, streams: rows[index + 1].integer ?? 0)
                else { continue }
                do throws(RedisError) { found += try await backlog(of: topic) } catch {
                    guard case .command = error else { throw error }
                }
            }
        } catch { throw BrokerError(error) }
        return found
    }

    /// So many topics are looked at: more than there are.
    private static var topicLimit: Int { 100 }

    private func backlog(of topic: StreamTopic) async throws(RedisError) -> [TopicBacklog] {
        let dead = channel.timing.deadAfter.wholeMilliseconds
        let arguments = RedisCommand(topic.members(""), "\(dead)", topic.deadLetters)
        let answer = try await channel.commands.call(Scripts.backlog, keys: topic.streams, arguments).array ?? []
        guard answer.count == 2 else { return [] }
        return (answer[1].array ?? []).compactMap { row in
            guard let row = row.array, row.count == 5, let group = row[0].text else { return nil }
            let age = row[3].integer ?? -1
            return TopicBacklog(
                topic: topic.name,
                group: group,
                waiting: row[1].integer ?? 0,
                inFlight: row[2].integer ?? 0,
                oldestAge: age < 0 ? nil : .milliseconds(age),
                members: row[4].integer,
                deadLetters: answer[0].integer
            )
        }
    }
}

extension Scripts {
    /// What waits for each group; keys are the topic's streams.
    ///
    /// Arguments: the beginning of the keys of members, milliseconds until a silent member counts as dead, the key of
    /// the dead letters. Answers with the number of dead letters, and with rows of group, waiting and unacknowledged
    /// messages, the age of the oldest in milliseconds or -1, and members.
    static let backlog = RedisScript(
        common + """
            local rows, time = {}, now()
            local byName = {}
            for _, key in ipairs(KEYS) do
              for _, group in ipairs(groups(key)) do
                local row = byName[group.name]
                if not row then
                  row = {group.name, 0, 0, -1, redis.call('ZCOUNT', ARGV[1] .. group.name, time - ARGV[2], '+inf')}
                  byName[group.name] = row
                  rows[#rows + 1] = row
                end
                local lag, id = group.lag or redis.call('XLEN', key), nil
                row[2] = row[2] + lag
                row[3] = row[3] + group.pending
                if group.pending > 0 then
                  id = redis.call('XPENDING', key, group.name)[2]
                elseif lag > 0 then
                  local next = redis.call('XRANGE', key, '(' .. group['last-delivered-id'], '+', 'COUNT', 1)[1]
                  id = next and next[1]
                end
                if id then row[4] = math.max(row[4], time - split(id), 0) end
              end
            end
            return {redis.call('XLEN', ARGV[3]), rows}
            """
    )
}
