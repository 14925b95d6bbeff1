import Base
import Broker
import CRDKafka
import Runtime

/// One member of a consumer group, on the event loop: what it was assigned, what it received and what is done.
///
/// Messages stay in librdkafka's bounded buffer until somebody asks for them; rebalances are served at once.
actor KafkaConsumer {
    /// How a group shares a topic.
    enum Sort: Sendable {
        /// Members share all messages: partitions come and go unseen.
        case shared
        /// Members own partitions, and are told so.
        case owning
    }
    typealias Batch = Deliveries<ReceivedRecord>
    /// What a member receives next.
    enum Event: Sendable {
        case assigned([Int32])
        case revoked([Int32])
        case batch(Batch)
        case end
    }
    /// Partitions that go to another member once their work is finished.
    struct Handover {
        let list: PartitionList
        var remaining: Set<Int32>
        var isCommitting = false
        var timer: TimerToken?
    }
    struct Limits {
        /// Received and not done: beyond this nothing new is delivered.
        var messages = 200_000
        var bytes = 128 << 20
        /// How long a member of a shared group may work on after its partitions were asked for.
        var grace: Duration = .seconds(5)
        var commitPause: Duration = .milliseconds(200)
    }

    let loop: EventLoop
    let sort: Sort
    /// The name that Kafka knows, and the one in logs and metrics.
    let topic: String
    let label: String
    let logger: Logger
    let counters: BrokerCounters
    let limits = Limits()
    var handle: KafkaHandle?
    var control: KafkaQueue?
    var messages: KafkaQueue?
    var trackers: [Int32: OffsetTracker] = [:]
    var revoked: Set<Int32> = []
    var news = RingBuffer<Event>()
    var handover: Handover?
    var queue: GroupQueue<ReceivedRecord>
    var bytesInFlight = 0
    var waiters: [CheckedContinuation<Void, Never>] = []
    /// Counts calls of `wake`, so that none is missed by a task that is about to wait.
    private var wakes: UInt64 = 0
    var commit: (timer: TimerToken?, isUnderWay: Bool) = (nil, false)
    var commitWaiters: [CheckedContinuation<Void, Never>] = []
    var isEnded = false
    /// Whether the group has given the member partitions, or none, at least once.
    var wasAssigned = false
    /// What Kafka does not allow this member, in its words.
    var refusal: String?
    /// How often the topic was made anew, and when that was noticed last.
    var generation: UInt32 = 0
    var renewal: MonotonicTime?
    private var start = MonotonicTime.now
    private let keepsTime: Bool
    private var redeliveryTimer: TimerToken?
    private var buffer: [UnsafeMutablePointer<rd_kafka_message_t>?] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(
        _ topic: String,
        label: String,
        sort: Sort,
        redelivery: Duration,
        on loop: EventLoop,
        _ logger: Logger,
        _ counters: BrokerCounters,
        keepsTime: Bool = true
    ) {
        (self.topic, self.label, self.sort) = (topic, label, sort)
        (self.loop, self.logger, self.counters) = (loop, logger, counters)
        self.keepsTime = keepsTime
        queue = GroupQueue(redelivery: redelivery)
    }

    /// The time for deliveries; without a clock it moves only when a test says so.
    private var now: Duration { keepsTime ? MonotonicTime.now - start : passed }
    private var passed = Duration.zero

    /// Makes all deliveries that were not acknowledged older.
    func age(by duration: Duration) {
        passed += duration
        start = start + (.zero - duration)
        wake()
    }

    /// Joins the group.
    ///
    /// Throws `.unavailable` when librdkafka refuses a setting.
    func join(_ group: String, _ configuration: KafkaConfiguration) throws(BrokerError) {
        let settings = configuration.consuming(group: group)
        let made = try KafkaHandle(RD_KAFKA_CONSUMER, settings, configuration, logger)
        handle = made
        let pointer = rd_kafka_queue_get_consumer(made.pointer)
        control = try KafkaQueue(pointer, of: made, on: loop) { [weak self] in
            // Invariant: the loop runs handlers and timers on its own thread.
            self?.assumeIsolated { $0.serve() }
        }
        messages = try KafkaQueue(rd_kafka_queue_new(made.pointer), of: made, on: loop) { [weak self] in
            // Invariant: the loop runs handlers and timers on its own thread.
            self?.assumeIsolated { $0.wake() }
        }
        rd_kafka_set_log_queue(made.pointer, pointer)
        let code = PartitionList(topic, [(RD_KAFKA_PARTITION_UA, nil)]).use { rd_kafka_subscribe(made.pointer, $0) }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw .unavailable(reason: "Kafka's topic \(topic) cannot be consumed: \(KafkaHandle.text(of: code))")
        }
        stayAlive()
    }

    /// The queue of rebalances is polled now and then even when nothing comes: else the member counts as stuck.
    private func stayAlive() {
        loop.arm(after: .seconds(30)) { [weak self] in
            // Invariant: the loop runs handlers and timers on its own thread.
            self?.assumeIsolated { consumer in
                guard !consumer.isEnded else { return }
                consumer.serve()
                consumer.stayAlive()
            }
        }
    }

    // MARK: Receiving

    /// Waits for messages or for news of partitions; a cancelled task does not wait.
    func next(upTo limit: Int) async -> Event {
        while true {
            if isEnded { return .end }
            if let event = news.popFirst() { return event }
            let seen = wakes
            let late = queue.expire(now: now)
            if late > 0 { counters.redelivered(late, topic: label) }
            var taken = take(limit)
            if taken.isEmpty {
                fill(limit)
                taken = take(limit)
            }
            if !taken.isEmpty { return .batch(taken) }
            if Task.isCancelled { return .end }
            await wait(since: seen)
        }
    }

    private func take(_ limit: Int) -> Batch {
        guard !revoked.isEmpty, queue.waitingCount > 0 else { return queue.take(upTo: max(1, limit), for: 0, now: now) }
        return queue.take(upTo: max(1, limit), for: 0, now: now) { !revoked.contains($0.partition) }
    }

    /// Moves messages from librdkafka's buffer, unless too many are not done.
    private func fill(_ limit: Int) {
        // What strayed comes before what was fetched after it.
        serve()
        guard queue.waitingCount == 0 else { return }
        guard let messages, queue.inFlightCount < limits.messages, bytesInFlight < limits.bytes else { return }
        guard trackers.values.reduce(0, { $0 + $1.count }) < limits.messages else { return }
        let wanted = min(max(1, limit), 2000)
        while buffer.count < wanted { buffer.append(nil) }
        while true {
            let count = rd_kafka_consume_batch_queue(messages.pointer, 0, &buffer, wanted)
            guard count > 0 else { return }
            var records: [ReceivedRecord] = []
            records.reserveCapacity(count)
            for index in 0..<count {
                guard let message = buffer[index] else { continue }
                take(UnsafePointer(message), &records)
                rd_kafka_message_destroy(message)
            }
            commitSoon()
            guard records.isEmpty else {
                bytesInFlight += records.reduce(0) { $0 + $1.value.count }
                return queue.enqueue(records)
            }
        }
    }

    func take(_ message: UnsafePointer<rd_kafka_message_t>, _ records: inout [ReceivedRecord]) {
        let raw = message.pointee
        guard raw.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
            if raw.err != RD_KAFKA_RESP_ERR__PARTITION_EOF {
                logger.warning(
                    "Kafka: a message cannot be read",
                    ["topic": label, "error": KafkaHandle.text(of: raw.err)]
                )
            }
            return
        }
        // What comes from a partition that is being handed over goes to its next owner.
        guard !revoked.contains(raw.partition) else { return }
        // Kafka sent the client back to the beginning, beyond whose end its position was.
        if trackers[raw.partition]?.isAnew(raw.offset) == true { restart([raw.partition]) }
        guard trackers[raw.partition]?.receive(raw.offset) == true else { return }
        if ReceivedRecord.isBroadcast(message) {
            trackers[raw.partition]?.finish(raw.offset)
        } else {
            var record = ReceivedRecord(message)
            record.generation = trackers[raw.partition]?.generation ?? 0
            records.append(record)
        }
    }

    private func wait(since seen: UInt64) async {
        if let redeliveryTimer { loop.cancel(redeliveryTimer) }
        redeliveryTimer =
            !keepsTime
            ? nil
            : queue.nextDeadline.map { deadline in
                // Invariant: the loop runs handlers and timers on its own thread.
                loop.arm(at: start + deadline) { [weak self] in self?.assumeIsolated { $0.wake() } }
            }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                // The loop may have run something else on the way here.
                if Task.isCancelled || isEnded || wakes != seen { waiter.resume() } else { waiters.append(waiter) }
            }
        } onCancel: {
            // Invariant: the loop runs handlers and timers on its own thread.
            loop.execute { self.assumeIsolated { $0.wake() } }
        }
    }

    /// Lets everybody who waits look again.
    func wake() {
        wakes &+= 1
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.resume() }
    }

    // MARK: Finishing

    /// The messages of deliveries that are not done.
    func records(_ ids: [DeliveryID]) -> [ReceivedRecord] { queue.messages(ids) }

    /// Notes that messages are done; ids of partitions that were lost since are ignored.
    func finish(_ ids: [DeliveryID]) throws(BrokerError) {
        if isEnded { throw .closed }
        let wasFull = queue.inFlightCount >= limits.messages || bytesInFlight >= limits.bytes
        for record in queue.reject(ids) {
            if trackers[record.partition]?.generation == record.generation {
                trackers[record.partition]?.finish(record.offset)
            }
            bytesInFlight -= record.value.count
        }
        commitSoon()
        checkHandover()
        if wasFull { wake() }
    }

    /// Forgets what was received from partitions, done or not.
    func forget(_ partitions: [Int32]) {
        let gone = Set(partitions)
        queue.release(member: 0) { gone.contains($0.partition) }
        while true {
            let dropped = queue.take(upTo: .max, for: 0, now: now) { gone.contains($0.partition) }
            guard !dropped.isEmpty else { return }
            bytesInFlight -= dropped.messages.reduce(0) { $0 + $1.value.count }
            queue.acknowledge(dropped.ids)
        }
    }

    /// Makes the messages of partitions that were given back unasked come again.
    func redeliver(_ partitions: [Int32]) {
        let back = Set(partitions)
        queue.release(member: 0) { back.contains($0.partition) }
    }
}
