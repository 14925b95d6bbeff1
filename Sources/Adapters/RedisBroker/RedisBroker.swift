package import Base
package import Broker
import Glibc
package import Redis
package import Runtime

/// The broker over Redis Streams (Redis 7 or newer) and its publish/subscribe channels.
///
/// Each message is an entry of a stream, with the message in the field `m`. A topic whose messages have keys has 16
/// streams, so that its partitions have owners; order holds within a key.
package final class RedisBroker: Broker {
    private struct State {
        var hubs: [String: any AnyHub] = [:]
        var members: [WeakMember] = []
        var isClosed = false
        var joined = 0
    }
    private struct WeakMember { weak var member: (any GroupMember)? }

    private let state = Locked(State())
    let channel: RedisChannel
    private let subscriber: RedisSubscriber
    private let codecs: MessageCodecs
    private let process: String

    /// The most messages and bytes that are published as one step.
    private static let stepMessages = 2000
    private static let stepBytes = 4 << 20

    /// Does not connect yet; the loop must live as long as the broker.
    ///
    /// `health` is told as `broker` what does not work.
    package init(
        url: RedisURL,
        codecs: MessageCodecs,
        loop: EventLoop,
        metrics: MetricsRegistry,
        logger: Logger,
        health: Health? = nil,
        timing: RedisTiming = RedisTiming()
    ) {
        self.codecs = codecs
        channel = RedisChannel(
            url: url,
            loop: loop,
            commands: RedisClient(url, on: loop, patience: timing.patience),
            counters: BrokerCounters(metrics: metrics),
            logger: logger.labelled("redis"),
            timing: timing,
            faults: BrokerFaults(health: health)
        )
        subscriber = RedisSubscriber(url, on: loop)
        process = "\(Self.hostName):\(getpid()):\(UUID().description.prefix(8))"
    }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "host" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package func publish<Message: Sendable>(
        _ messages: [Message],
        to topic: Topic<Message>
    ) async throws(BrokerError) {
        if state.withLock(\.isClosed) { throw .closed }
        guard !messages.isEmpty else { return }
        let codec = try codec(topic)
        let streams = StreamTopic(topic)
        var rest = messages[...]
        var isFirst = true
        while !rest.isEmpty {
            // The whole batch is taken or refused with its first part.
            let mode = topic.whenFull == .dropOldest ? "drop" : isFirst ? "refuse" : "force"
            var arguments = RedisCommand("\(topic.capacity)", mode)
            arguments.append(isFirst ? messages.count : rest.count)
            var count = 0
            var entries = RedisCommand()
            while let message = rest.first, count < Self.stepMessages, entries.size < Self.stepBytes {
                entries.append(streams.shard(of: topic.partition(of: message)))
                entries.append(codec.encode(message))
                rest = rest.dropFirst()
                count += 1
            }
            arguments.append(contentsOf: entries)
            try await publish(arguments, streams, topic.whenFull == .block)
            isFirst = false
        }
    }

    private func publish(_ arguments: RedisCommand, _ topic: StreamTopic, _ blocks: Bool) async throws(BrokerError) {
        while true {
            let answer: [RedisValue]
            do throws(RedisError) {
                let value = try await channel.commands.call(Scripts.publish, keys: topic.streams, arguments)
                answer = value.array ?? []
                channel.faults.end(.publishing, topic, nil, channel.logger)
            } catch {
                if error != .closed { channel.faults.begin(.publishing, topic, nil, error, channel.logger) }
                throw BrokerError(error)
            }
            if let dropped = answer.last?.integer, dropped > 0 { channel.counters.dropped(dropped, topic: topic.name) }
            if answer.first?.integer == 1 { return }
            guard blocks else { throw .full(topic: topic.name) }
            let loop = channel.loop
            await withCheckedContinuation { continuation in
                loop.execute { loop.arm(after: .milliseconds(20)) { continuation.resume() } }
            }
            if Task.isCancelled || state.withLock(\.isClosed) { throw .closed }
        }
    }

    package func consume<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any Subscription<Message> {
        let codec = try codec(topic)
        let consumer = StreamConsumer(
            StreamTopic(topic),
            group: group,
            member: makeMember(),
            redelivery: redelivery,
            channel
        )
        try await enter(consumer) { () async throws(RedisError) in try await consumer.join() }
        return RedisSubscription(consumer, topic, codec)
    }

    package func consumePartitions<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any PartitionSubscription<Message> {
        let codec = try codec(topic)
        let consumer = PartitionConsumer(
            StreamTopic(topic),
            group: group,
            member: makeMember(),
            redelivery: redelivery,
            channel
        )
        try await enter(consumer) { () async throws(RedisError) in try await consumer.join() }
        return RedisPartitionSubscription(consumer, topic, codec)
    }

    private func makeMember() -> String {
        let number = state.withLock { state in
            state.joined += 1
            return state.joined
        }
        return "\(process):\(number)"
    }

    private func enter(
        _ member: any GroupMember,
        _ join: () async throws(RedisError) -> Void
    ) async throws(BrokerError) {
        let isClosed = state.withLock { state in
            state.members.removeAll { $0.member == nil }
            state.members.append(WeakMember(member: member))
            return state.isClosed
        }
        if isClosed { throw .closed }
        do throws(RedisError) { try await join() } catch {
            await member.close()
            throw BrokerError(error)
        }
    }

    package func broadcast<Message: Sendable>(_ message: Message, on topic: Topic<Message>) async {
        guard let codec = codecs.codec(of: Message.self) else { return }
        var command = RedisCommand("PUBLISH", StreamTopic(topic).channel(database: channel.url.database))
        command.append(codec.encode(message))
        do throws(RedisError) { try await channel.commands.call(command) } catch {
            channel.logger.debug("a broadcast was not sent", ["topic": topic.name, "error": "\(error)"])
            channel.counters.unheard(1, topic: topic.name)
        }
    }

    package func listen<Message: Sendable>(_ topic: Topic<Message>) async -> Broadcasts<Message> {
        guard let codec = codecs.codec(of: Message.self) else { return .none }
        let counters = channel.counters
        let (hub, isNew, isClosed) = state.withLock { state -> (any AnyHub, Bool, Bool) in
            if let known = state.hubs[topic.name] { return (known, false, state.isClosed) }
            let made = BroadcastHub(topic, codec, counters)
            state.hubs[topic.name] = made
            return (made, true, state.isClosed)
        }
        guard let typed = hub as? BroadcastHub<Message> else {
            preconditionFailure("topic \(topic.name) carries another kind of message")
        }
        if isClosed { return .none }
        let listening = typed.add()
        if isNew {
            await subscriber.listen(to: StreamTopic(topic).channel(database: channel.url.database)) { typed.hear($0) }
        }
        return listening
    }

    /// Ends every wait and all connections; publishing fails from now on.
    package func close() async {
        let (hubs, members) = state.withLock { state in
            state.isClosed = true
            return (Array(state.hubs.values), state.members.compactMap(\.member))
        }
        for hub in hubs { hub.close() }
        for member in members { await member.close() }
        await subscriber.close()
        await channel.commands.close()
    }

    private func codec<Message: Sendable>(_ topic: Topic<Message>) throws(BrokerError) -> MessageCodec<Message> {
        guard let codec = codecs.codec(of: Message.self) else {
            throw .unavailable(reason: "messages of topic \(topic.name) have no codec")
        }
        return codec
    }
}
