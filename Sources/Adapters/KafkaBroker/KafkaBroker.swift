package import Base
package import Broker
import Runtime

/// Apache Kafka as the broker, through librdkafka.
///
/// What differs from the port's promises, because Kafka is a log and not a queue: a topic keeps messages for its retention
/// time, whatever its `capacity`; every new group starts at the oldest message that is kept; a message that is not
/// acknowledged comes again to the same member, and to another one only when the member leaves or dies; when publishing
/// fails, a part of the batch may have been taken.
package final class KafkaBroker: Broker {
    private let configuration: KafkaConfiguration
    private let codecs: MessageCodecs
    private let counters: BrokerCounters
    private let logger: Logger
    private let loop: EventLoop
    private let keeper: LoopKeeper
    private let producer: KafkaProducer
    private let listener: KafkaListener
    private let topics: KafkaTopics
    private let graves: DeadLetters
    private let counting: KafkaBacklog
    private let probe = KafkaProbe()
    private let state = Locked(State())

    private struct State {
        /// Why Kafka was not reached when it was last asked.
        var outage: String?
        var isClosed = false
        var members: [WeakConsumer] = []
        var mailboxes: [@Sendable () -> Void] = []
    }
    private struct WeakConsumer { weak var consumer: KafkaConsumer? }

    /// Connects when something is published, consumed or listened to; `open` connects at once.
    ///
    /// Throws `.unavailable` when no thread can be started.
    package init(
        configuration: KafkaConfiguration,
        codecs: MessageCodecs,
        metrics: MetricsRegistry,
        logger: Logger
    ) throws(BrokerError) {
        do throws(Errno) { loop = try EventLoop(name: "kafka") } catch {
            throw .unavailable(reason: "no thread for Kafka: \(error)")
        }
        keeper = LoopKeeper(loop)
        (self.configuration, self.codecs, self.logger) = (configuration, codecs, logger)
        counters = BrokerCounters(metrics: metrics)
        topics = KafkaTopics(configuration, logger)
        producer = KafkaProducer(configuration, topics, on: loop, logger)
        counting = KafkaBacklog(configuration)
        let prefix = configuration.prefix
        let graves = DeadLetters(producer, topics, prefix: prefix, counters, logger)
        self.graves = graves
        listener = KafkaListener(configuration, on: loop, logger) { record, reason, topic in
            // What cannot be kept was a hint, and the log says so.
            try? await graves.add([(record, reason)], of: String(topic.dropFirst(prefix.count)), by: nil)
        }
    }

    /// Checks that Kafka can be reached with these settings, by making sure that topics exist.
    ///
    /// Throws `.unavailable` with the reason.
    package func open<Message: Sendable>(_ topic: Topic<Message>) async throws(BrokerError) {
        _ = try await ensure(topic)
    }

    // MARK: Publishing

    package func publish<Message: Sendable>(_ messages: [Message], to topic: Topic<Message>) async throws(BrokerError) {
        guard !messages.isEmpty else { return }
        let codec = codec(of: topic)
        let records = messages.map { message in record(message, topic, codec) }
        let name = try await ensure(topic)
        let outcome = try await producer.publish(records, to: name, refusing: topic.whenFull == .refuse)
        guard !outcome.oversized.isEmpty else { return }
        var tooLarge: [KafkaRecord] = []
        // Kafka refuses all that was sent together with a message that is too large: each is tried alone.
        for record in outcome.oversized.sorted().map({ records[$0] }) {
            if try await isTooLarge(record, for: name) { tooLarge.append(record) }
        }
        guard !tooLarge.isEmpty else { return }
        let sizes = tooLarge.map(\.value.count)
        let reason =
            "\(sizes.count) of \(messages.count) messages are too large for Kafka's topic \(name): up to \(sizes.max() ?? 0) bytes"
        logger.error(
            "messages were too large",
            ["topic": name, "count": "\(sizes.count)", "bytes": "\(sizes.max() ?? 0)"]
        )
        // They are counted and told to the caller even when their beginnings cannot be kept.
        try? await graves.add(tooLarge: tooLarge, of: topic.name)
        throw .refused(reason: reason)
    }

    private func isTooLarge(_ record: KafkaRecord, for topic: String) async throws(BrokerError) -> Bool {
        // Another publisher's large message may have been sent together with this one again.
        for _ in 0..<2 where try await producer.publish([record], to: topic).oversized.isEmpty { return false }
        return true
    }

    private func record<Message>(
        _ message: Message,
        _ topic: Topic<Message>,
        _ codec: MessageCodec<Message>
    ) -> KafkaRecord {
        guard let key = topic.key?(message) else { return KafkaRecord(value: codec.encode(message)) }
        return KafkaRecord(
            partition: Int32(Partition.of(key).rawValue),
            // Ids are signed numbers.
            key: Array(String(Int64(bitPattern: key)).utf8),
            value: codec.encode(message)
        )
    }

    private func ensure<Message>(_ topic: Topic<Message>, isBroadcast: Bool = false) async throws(BrokerError) -> String
    {
        let name = configuration.prefix + topic.name
        let use: KafkaTopics.Use =
            topic.key != nil ? .keyed : isBroadcast ? .broadcast : name.hasSuffix(".dead") ? .deadLetters : .shared
        // Asking takes long while Kafka is away, and others wait for their turn.
        if let outage, !topics.knows(name) { throw .unavailable(reason: outage) }
        try await topics.ensure(name, use, producer.client())
        return name
    }

    private func codec<Message>(of topic: Topic<Message>) -> MessageCodec<Message> {
        guard let codec = codecs.codec(of: Message.self) else {
            preconditionFailure("messages of \(topic.name) have no codec")
        }
        return codec
    }

    // MARK: Consuming

    package func consume<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any Subscription<Message> {
        try await join(topic, group, redelivery, .shared)
    }

    package func consumePartitions<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any PartitionSubscription<Message> {
        precondition(topic.key != nil, "topic \(topic.name) has no keys")
        return try await join(topic, group, redelivery, .owning)
    }

    /// Goes before the names of groups.
    static let groupPrefix = "sentinel."

    /// Joins a group; the type lets tests end a member like a killed process.
    func join<Message: Sendable>(
        _ topic: Topic<Message>,
        _ group: String,
        _ redelivery: Duration,
        _ sort: KafkaConsumer.Sort
    ) async throws(BrokerError) -> KafkaSubscription<Message> {
        if state.withLock({ $0.isClosed }) { throw .closed }
        let codec = codec(of: topic)
        let name = try await ensure(topic)
        let consumer = KafkaConsumer(
            name,
            label: topic.name,
            sort: sort,
            redelivery: redelivery,
            on: loop,
            logger,
            counters,
            keepsTime: configuration.keepsTime
        )
        do throws(BrokerError) {
            try await consumer.join(configuration.prefix + Self.groupPrefix + group, configuration)
        } catch {
            await consumer.leave(dying: true)
            throw error
        }
        let isClosed = state.withLock { state in
            state.members.removeAll { $0.consumer == nil }
            state.members.append(WeakConsumer(consumer: consumer))
            return state.isClosed
        }
        if isClosed {
            await consumer.leave()
            throw .closed
        }
        return KafkaSubscription(consumer, topic, codec, graves, group: group, keeper)
    }

    // MARK: Broadcast

    package func broadcast<Message: Sendable>(_ message: Message, on topic: Topic<Message>) async {
        let record = KafkaRecord(
            // All broadcasts of a topic are in one partition, so that they keep their order.
            partition: 0,
            value: codec(of: topic).encode(message),
            headers: [(KafkaHeader.broadcast, [])]
        )
        do throws(BrokerError) {
            let name = try await ensure(topic, isBroadcast: true)
            if await producer.send(record, to: name) { return }
            throw .full(topic: name)
        } catch {
            counters.dropped(1, topic: topic.name)
            logger.warning("a broadcast was not sent", ["topic": topic.name, "error": "\(error)"])
        }
    }

    package func listen<Message: Sendable>(_ topic: Topic<Message>) async -> Broadcasts<Message> {
        let mailbox = BroadcastMailbox<Message>(capacity: topic.capacity)
        let isClosed = state.withLock { state in
            state.mailboxes.append { [weak mailbox] in mailbox?.close() }
            return state.isClosed
        }
        if isClosed { mailbox.close() }
        let (codec, counters) = (codec(of: topic), counters)
        let sink: KafkaListener.Sink = { [weak mailbox] news in
            guard let mailbox else { return nil }
            do throws(MessageError) {
                switch news {
                case .lost(let count): mailbox.miss(count)
                // What can be read is for groups.
                case .other(let bytes): _ = try codec.decode(bytes)
                case .broadcast(let bytes):
                    // A broadcast without its contents says that the store has something new.
                    if let message = try codec.decode(bytes) {
                        if !mailbox.put(message) { counters.unheard(1, topic: topic.name) }
                    } else {
                        mailbox.miss(1)
                    }
                }
            } catch { return .unreadable(reason: error.description) }
            return .taken
        }
        await listener.listen(configuration.prefix + topic.name, sink) { [self] () async throws(BrokerError) -> Int64 in
            let name = try await ensure(topic, isBroadcast: true)
            if let outage { throw .unavailable(reason: outage) }
            return try await topics.end(of: name, 0, producer.client())
        }
        return Broadcasts(mailbox: mailbox)
    }

    // MARK: Counting

    /// Why Kafka was not reached when it was last asked; nil when it was.
    package var outage: String? { state.withLock { $0.outage } }

    /// Why Kafka cannot be used now, found within two seconds; nil when it can.
    ///
    /// Topics that are missing are made anew.
    func problem() async -> String? {
        let handle: KafkaHandle
        do throws(BrokerError) { handle = try await producer.client() } catch {
            state.withLock { $0.outage = error.description }
            return error.description
        }
        let found: [String: KafkaProbe.TopicState]
        switch await probe.look(handle, at: topics.names) {
        case .unusable(let reason):
            state.withLock { $0.outage = reason }
            return reason
        case .topics(let states): found = states
        }
        state.withLock { $0.outage = nil }
        let (problem, missing) = await topics.examine(found, handle)
        let members = state.withLock { $0.members.compactMap(\.consumer) }
        for member in members where missing.contains(member.topic) { await member.beginAnew() }
        if let problem { return problem }
        if let denial = topics.denial { return "Kafka at \(configuration.bootstrapServers): \(denial)" }
        for member in members {
            if let refusal = await member.refusal {
                return "Kafka at \(configuration.bootstrapServers): \(refusal)"
            }
        }
        return nil
    }

    /// The producer's client, for tests.
    func client() async throws(BrokerError) -> KafkaHandle { try await producer.client() }

    package func backlog() async throws(BrokerError) -> [TopicBacklog] {
        try await counting.read(producer.client())
    }

    /// Makes all deliveries that were not acknowledged older, for tests.
    package func age(by duration: Duration) async {
        for member in state.withLock({ $0.members.compactMap(\.consumer) }) { await member.age(by: duration) }
    }

    // MARK: End

    /// Leaves all groups, and waits up to ten seconds for what was published; every wait ends.
    package func close() async {
        let (members, mailboxes) = state.withLock { state in
            state.isClosed = true
            defer { (state.members, state.mailboxes) = ([], []) }
            return (state.members.compactMap(\.consumer), state.mailboxes)
        }
        for close in mailboxes { close() }
        await withDiscardingTaskGroup { leaving in
            for member in members { leaving.addTask { await member.leave() } }
        }
        await listener.close()
        await producer.close(within: .seconds(10))
    }
}

/// Ends the broker's loop when neither the broker nor a subscription is left: one that has ended would never answer.
final class LoopKeeper: Sendable {
    private let loop: EventLoop

    init(_ loop: EventLoop) { self.loop = loop }
    deinit { loop.shutdown() }
}
