import Base
import Broker
import CRDKafka
import Runtime

/// Reads the broadcasts of all topics that the process listens to, each from its own position; belongs to no group.
actor KafkaListener {
    /// Takes what comes next; nil when nobody listens any more.
    typealias Sink = @Sendable (News) -> Answer?
    enum News: Sendable {
        case broadcast([UInt8])
        /// A message that is for groups, or of a foreign program.
        case other([UInt8])
        /// So many broadcasts are lost.
        case lost(Int)
    }
    enum Answer: Sendable {
        case taken
        case unreadable(reason: String)
    }
    /// Keeps a message that nobody can read.
    typealias Grave = @Sendable (_ record: ReceivedRecord, _ reason: String, _ topic: String) async -> Void

    private struct Reading {
        var sinks: [Sink] = []
        /// The next offset; nil while the end of the topic is not known.
        var next: Int64?
    }

    private let loop: EventLoop
    private let configuration: KafkaConfiguration
    private let logger: Logger
    private let grave: Grave
    private var burials = 0
    private var handle: KafkaHandle?
    private var queue: KafkaQueue?
    private var topics: [String: Reading] = [:]
    private var isClosed = false
    /// Beyond this, unreadable messages are not kept: a flood of them must not fill this process.
    private static let burialLimit = 16

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ configuration: KafkaConfiguration, on loop: EventLoop, _ logger: Logger, grave: @escaping Grave) {
        (self.configuration, self.loop, self.logger, self.grave) = (configuration, loop, logger, grave)
    }

    /// Adds a listener; `end` finds the offset of the topic's next broadcast.
    ///
    /// Returns when the listener hears what is broadcast from now on, or when Kafka cannot be reached: then the topic is
    /// tried again until it works, and the listener learns that it missed something.
    func listen(_ topic: String, _ sink: @escaping Sink, end: @escaping @Sendable () async throws(BrokerError) -> Int64)
        async
    {
        if isClosed { return }
        let isFirst = topics[topic] == nil
        topics[topic, default: Reading()].sinks.append(sink)
        guard isFirst else { return }
        do throws(BrokerError) { try await begin(topic, end, missed: false) } catch {
            logger.warning("broadcasts cannot be heard yet", ["topic": topic, "error": "\(error)"])
            Task { await self.tryAgain(topic, end) }
        }
    }

    private func tryAgain(_ topic: String, _ end: @Sendable () async throws(BrokerError) -> Int64) async {
        var failures = 0
        while !isClosed {
            failures += 1
            try? await Task.sleep(for: Backoff.standard.delay(after: failures))
            if (try? await begin(topic, end, missed: true)) != nil { return }
        }
    }

    private func begin(
        _ topic: String,
        _ end: @Sendable () async throws(BrokerError) -> Int64,
        missed: Bool
    ) async throws(BrokerError) {
        let offset = try await end()
        if isClosed { return }
        let handle = try client()
        topics[topic]?.next = offset
        let list = PartitionList(topic, [(0, offset)])
        if let error = list.use({ rd_kafka_incremental_assign(handle.pointer, $0) }) {
            let text = KafkaHandle.string(rd_kafka_error_string(error))
            rd_kafka_error_destroy(error)
            throw .unavailable(reason: "Kafka's topic \(topic) cannot be read: \(text)")
        }
        if missed { _ = tell(topic, .lost(1)) }
    }

    private func client() throws(BrokerError) -> KafkaHandle {
        if let handle { return handle }
        // The group is never joined: librdkafka wants a name.
        let group = "sentinel.listener." + UUID().description
        let made = try KafkaHandle(RD_KAFKA_CONSUMER, configuration.consuming(group: group), configuration, logger)
        let pointer = rd_kafka_queue_get_consumer(made.pointer)
        queue = try KafkaQueue(pointer, of: made, on: loop) { [weak self] in
            // Invariant: the loop runs handlers and timers on its own thread.
            self?.assumeIsolated { $0.serve() }
        }
        rd_kafka_set_log_queue(made.pointer, pointer)
        handle = made
        stayAlive()
        return made
    }

    private func stayAlive() {
        loop.arm(after: .seconds(30)) { [weak self] in
            // Invariant: the loop runs handlers and timers on its own thread.
            self?.assumeIsolated { listener in
                guard !listener.isClosed else { return }
                listener.serve()
                listener.stayAlive()
            }
        }
    }

    private func serve() {
        while let event = queue?.poll() {
            guard event.type == RD_KAFKA_EVENT_FETCH else {
                handle?.note(event)
                continue
            }
            event.messages { take($0) }
        }
    }

    private func take(_ message: UnsafePointer<rd_kafka_message_t>) {
        let raw = message.pointee
        let topic = KafkaHandle.string(rd_kafka_topic_name(raw.rkt))
        guard raw.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
            if raw.err != RD_KAFKA_RESP_ERR__PARTITION_EOF {
                logger.warning(
                    "Kafka: a broadcast cannot be read",
                    ["topic": topic, "error": KafkaHandle.text(of: raw.err)]
                )
            }
            return
        }
        guard let next = topics[topic]?.next else { return }
        topics[topic]?.next = raw.offset + 1
        // A gap: retention was faster. A step back: the topic was made anew.
        if raw.offset != next { _ = tell(topic, .lost(Int(max(1, raw.offset - next)))) }
        let record = ReceivedRecord(message)
        let news = ReceivedRecord.isBroadcast(message) ? News.broadcast(record.value) : .other(record.value)
        if let reason = tell(topic, news) { bury(record, reason, topic) }
    }

    /// Gives news to all listeners of a topic; returns why they cannot read it.
    private func tell(_ topic: String, _ news: News) -> String? {
        var fault: String?
        topics[topic]?.sinks.removeAll { sink in
            let answer = sink(news)
            if case .unreadable(let reason) = answer { fault = reason }
            return answer == nil
        }
        return fault
    }

    private func bury(_ record: ReceivedRecord, _ reason: String, _ topic: String) {
        guard burials < Self.burialLimit else { return }
        burials += 1
        Task {
            await grave(record, reason, topic)
            burials -= 1
        }
    }

    func close() async {
        guard !isClosed else { return }
        isClosed = true
        queue?.close()
        (queue, topics) = (nil, [:])
        await handle.take()?.close(leaving: false)
    }
}
