import Base
import Broker
import CRDKafka
import Runtime

/// The idempotent producer of a process, on the event loop; replaced after an error that librdkafka calls fatal.
actor KafkaProducer {
    /// What became of a batch that the brokers answered.
    struct Outcome: Sendable {
        /// The places of the messages over the size limit; all others were taken.
        var oversized: [Int] = []
    }

    private struct Batch {
        var left: Int
        var bytes: Int
        var outcome = Outcome()
        var failure: rd_kafka_resp_err_t?
        let start: MonotonicTime
        let settled: CheckedContinuation<Void, Never>?
    }

    private let loop: EventLoop
    private let configuration: KafkaConfiguration
    private let logger: Logger
    private let topics: KafkaTopics
    private var handle: KafkaHandle?
    private var queue: KafkaQueue?
    private var batches: [UInt: Batch] = [:]
    private var results: [UInt: Batch] = [:]
    private var nextID: UInt = 1
    private var outstanding = 0
    private var outstandingBytes = 0
    private var waiters = RingBuffer<CheckedContinuation<Void, Never>>()
    private var isClosed = false
    private var needsReplacement = false

    /// Beyond this, publishers wait until the brokers have taken older messages.
    private static let limit = (messages: 200_000, bytes: 128 << 20)

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ configuration: KafkaConfiguration, _ topics: KafkaTopics, on loop: EventLoop, _ logger: Logger) {
        (self.configuration, self.topics, self.loop, self.logger) = (configuration, topics, loop, logger)
    }

    /// The client, started when first needed.
    ///
    /// Throws `.closed`, or `.unavailable` when librdkafka refuses a setting.
    func client() throws(BrokerError) -> KafkaHandle {
        if isClosed { throw .closed }
        if needsReplacement, batches.isEmpty { drop() }
        if let handle { return handle }
        let made = try KafkaHandle(RD_KAFKA_PRODUCER, configuration.producing, configuration, logger)
        let pointer = rd_kafka_queue_get_main(made.pointer)
        queue = try KafkaQueue(pointer, of: made, on: loop) { [weak self] in
            // Invariant: the loop runs handlers and timers on its own thread.
            self?.assumeIsolated { $0.drain() }
        }
        rd_kafka_set_log_queue(made.pointer, pointer)
        handle = made
        return made
    }

    private func drop() {
        queue?.close()
        (queue, handle, needsReplacement) = (nil, nil, false)
    }

    // MARK: Publishing

    /// Returns when the brokers have every message, except those over the size limit.
    ///
    /// With `refusing`, a full queue is an error at once. Throws `.full`, `.closed`, or `.unavailable` with the reason;
    /// some of the messages may have been taken then.
    func publish(
        _ records: [KafkaRecord],
        to topic: String,
        refusing: Bool = false
    ) async throws(BrokerError) -> Outcome {
        let bytes = records.reduce(0) { $0 + $1.value.count + 100 }
        while outstanding > 0, !hasSpace(records.count, bytes), !isClosed {
            if refusing { throw .full(topic: topic) }
            await withCheckedContinuation { waiter in
                // The loop may have run something else on the way here.
                if outstanding == 0 || hasSpace(records.count, bytes) || isClosed {
                    waiter.resume()
                } else {
                    waiters.append(waiter)
                }
            }
        }
        let handle = try client()
        guard let target = handle.topic(topic) else {
            throw .unavailable(reason: "Kafka's client does not take the topic \(topic)")
        }
        let id = nextID
        nextID += 1
        outstanding += records.count
        outstandingBytes += bytes
        await withCheckedContinuation { settled in
            batches[id] = Batch(left: records.count, bytes: bytes, start: .now, settled: settled)
            produce(records, to: target, of: handle, id)
        }
        guard let batch = results.removeValue(forKey: id) else { throw .closed }
        if let failure = batch.failure {
            // The next one who publishes looks whether it is there, and makes it anew.
            if Self.missing.contains(failure.rawValue) { topics.forget(topic) }
            throw handle.unavailable("topic \(topic): \(KafkaHandle.text(of: failure))", since: batch.start)
        }
        return batch.outcome
    }

    /// What becomes of a message whose topic is not there, or has no such partition.
    private static let missing = Set(
        [
            RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
            RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
        ].map(\.rawValue)
    )

    /// Sends a message without waiting for what becomes of it; false when it cannot be sent.
    func send(_ record: KafkaRecord, to topic: String) -> Bool {
        let bytes = record.value.count + 100
        guard outstanding == 0 || hasSpace(1, bytes), let handle = try? client(), let target = handle.topic(topic)
        else { return false }
        let id = nextID
        nextID += 1
        outstanding += 1
        outstandingBytes += bytes
        batches[id] = Batch(left: 1, bytes: bytes, start: .now, settled: nil)
        produce([record], to: target, of: handle, id)
        return true
    }

    private func hasSpace(_ count: Int, _ bytes: Int) -> Bool {
        outstanding + count <= Self.limit.messages && outstandingBytes + bytes <= Self.limit.bytes
    }

    private func produce(_ records: [KafkaRecord], to topic: OpaquePointer, of handle: KafkaHandle, _ id: UInt) {
        for (index, record) in records.enumerated() {
            var headers: OpaquePointer?
            if !record.headers.isEmpty {
                headers = rd_kafka_headers_new(record.headers.count)
                for (name, value) in record.headers { rd_kafka_header_add(headers, name, -1, value, value.count) }
            }
            // The place in the batch comes back with the delivery report.
            let opaque = UnsafeMutableRawPointer(bitPattern: id << 24 | UInt(index & 0xFF_FFFF))
            let partition = record.partition ?? RD_KAFKA_PARTITION_UA
            let code = record.value.withUnsafeBytes { value in
                (record.key ?? []).withUnsafeBytes { key in
                    sentinel_kafka_produce(
                        handle.pointer,
                        topic,
                        partition,
                        value.baseAddress,
                        value.count,
                        record.key == nil ? nil : key.baseAddress,
                        key.count,
                        headers,
                        opaque
                    )
                }
            }
            if code != RD_KAFKA_RESP_ERR_NO_ERROR {
                if let headers { rd_kafka_headers_destroy(headers) }
                settle(id, index, code)
            }
        }
        if records.isEmpty { finish(id) }
    }

    // MARK: Answers

    private func drain() {
        while let event = queue?.poll() {
            guard event.type == RD_KAFKA_EVENT_DR else {
                handle?.note(event)
                if event.isFatal {
                    needsReplacement = true
                    let text = event.use { KafkaHandle.string(rd_kafka_event_error_string($0)) }
                    logger.warning("Kafka's producer starts anew after a fatal error", ["error": text])
                }
                continue
            }
            event.messages { message in
                let opaque = UInt(bitPattern: message.pointee._private)
                settle(opaque >> 24, Int(opaque & 0xFF_FFFF), message.pointee.err)
            }
        }
    }

    private func settle(_ id: UInt, _ index: Int, _ code: rd_kafka_resp_err_t) {
        guard batches[id] != nil else { return }
        outstanding -= 1
        if code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE {
            batches[id]?.outcome.oversized.append(index)
        } else if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            batches[id]?.failure = code
        }
        batches[id]?.left -= 1
        if batches[id]?.left == 0 { finish(id) }
    }

    private func finish(_ id: UInt) {
        guard let batch = batches.removeValue(forKey: id) else { return }
        outstandingBytes -= batch.bytes
        if let settled = batch.settled {
            results[id] = batch
            settled.resume()
        } else if let failure = batch.failure {
            logger.warning("a broadcast did not reach Kafka", ["error": KafkaHandle.text(of: failure)])
        }
        if needsReplacement, batches.isEmpty { drop() }
        while let waiter = waiters.popFirst() { waiter.resume() }
    }

    // MARK: End

    /// Waits until the brokers have what was published, at most `limit`, then ends the client.
    func close(within limit: Duration) async {
        guard !isClosed else { return }
        isClosed = true
        let deadline = MonotonicTime.now + limit
        while outstanding > 0, MonotonicTime.now < deadline {
            // Invariant: the loop runs handlers and timers on its own thread.
            let timer = loop.arm(at: deadline) { [weak self] in self?.assumeIsolated { $0.wake() } }
            await withCheckedContinuation { waiter in
                let waits = outstanding > 0 && MonotonicTime.now < deadline
                if waits { waiters.append(waiter) } else { waiter.resume() }
            }
            loop.cancel(timer)
        }
        for id in batches.keys.sorted() {
            batches[id]?.failure = RD_KAFKA_RESP_ERR__DESTROY
            finish(id)
        }
        wake()
        drop()
    }

    private func wake() { while let waiter = waiters.popFirst() { waiter.resume() } }
}
