import Base
import Broker
import Redis
import Runtime

/// What all members of groups on one server share.
struct RedisChannel: Sendable {
    let url: RedisURL
    let loop: EventLoop
    /// For commands that are answered at once.
    let commands: RedisClient
    let counters: BrokerCounters
    let logger: Logger
    let timing: RedisTiming
    let faults: BrokerFaults

    /// A connection of its own, for reads that wait.
    func makeReader() -> RedisClient { RedisClient(url, name: "sentinel-reader", on: loop, patience: timing.patience) }

    /// Publishes dead letters, with the reason.
    func bury(_ messages: [(bytes: [UInt8], entry: EntryReference)], reason: String, of topic: StreamTopic)
        async throws(RedisError)
    {
        guard !messages.isEmpty else { return }
        let commands = messages.map { message in
            var command = RedisCommand("XADD", topic.deadLetters, "MAXLEN", "1000", "*", "m")
            command.append(Array(message.bytes.prefix(65_536)))
            command.append("reason")
            command.append(reason)
            command.append("entry")
            command.append("\(topic.streams[message.entry.shard]) \(String(decoding: message.entry.id, as: UTF8.self))")
            return command
        }
        for case .error(let text) in try await self.commands.run(commands) { throw .command(text) }
        counters.rejected(messages.count, topic: topic.name)
    }

    /// Acknowledges messages.
    func acknowledge(_ entries: [EntryReference], group: String, of topic: StreamTopic) async throws(RedisError) {
        var byShard: [Int: RedisCommand] = [:]
        for entry in entries {
            byShard[entry.shard, default: RedisCommand("XACK", topic.streams[entry.shard], group)].append(entry.id)
        }
        guard !byShard.isEmpty else { return }
        for case .error(let text) in try await commands.run(Array(byShard.values)) {
            // Without the group nothing is left to acknowledge.
            if !text.hasPrefix("NOGROUP") { throw .command(text) }
        }
    }

    /// Makes the group and the member; `again` says that the server has lost the group.
    func join(_ topic: StreamTopic, group: String, member: String, again: Bool = false) async throws(RedisError) {
        _ = try await commands.call(
            Scripts.join,
            keys: [topic.members(group)] + topic.streams,
            RedisCommand(group, member, topic.name, StreamTopic.register, again ? "1" : "0")
        )
    }

    /// Makes a group again if that is what is wrong; returns what is wrong otherwise.
    func joinAgain(
        _ topic: StreamTopic,
        group: String,
        member: String,
        after error: RedisError
    ) async -> RedisError? {
        // A read that waits is told of the stream's end in other words.
        let text = "\(error)"
        guard text.contains("NOGROUP") || text.contains("UNBLOCKED the stream") else { return error }
        do throws(RedisError) { try await join(topic, group: group, member: member, again: true) } catch {
            return error
        }
        let place = ["topic": topic.name, "group": group] as LogMetadata
        logger.warning("Redis has lost a consumer group; it was made again", place)
        return nil
    }
}

/// How long things may take.
package struct RedisTiming: Sendable {
    /// Between two signs of life of a member.
    package var beat: Duration = .milliseconds(500)
    /// After so long without a sign of life, other members take over.
    package var deadAfter: Duration = .seconds(4)
    /// How long an answer may take.
    package var patience: Duration = .seconds(10)

    package init() {}
}

extension BrokerError {
    init(_ error: RedisError) {
        self = error == .closed ? .closed : .unavailable(reason: "\(error)")
    }
}

extension RedisValue {
    /// The entries of an answer of XREADGROUP, in the order of the streams.
    func entries(of topic: StreamTopic) -> [StreamEntry] {
        guard let streams = array else { return [] }
        var found: [StreamEntry] = []
        for stream in streams {
            guard let parts = stream.array, parts.count == 2, let key = parts[0].text,
                let shard = topic.streams.firstIndex(of: key), let rows = parts[1].array
            else { continue }
            found.reserveCapacity(found.count + rows.count)
            for row in rows {
                guard let row = row.array, row.count == 2, let id = row[0].bytes else { continue }
                found.append(StreamEntry(shard: shard, id: id, attempt: 1, message: row[1].message))
            }
        }
        return found
    }

    /// The message among the fields of an entry; nil when there is none.
    var message: [UInt8]? {
        guard let fields = array else { return nil }
        for index in stride(from: 0, to: fields.count - 1, by: 2) where fields[index] == .bytes([UInt8(ascii: "m")]) {
            return fields[index + 1].bytes
        }
        return nil
    }
}
