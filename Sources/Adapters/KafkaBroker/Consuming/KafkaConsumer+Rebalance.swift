import Base
import Broker
import CRDKafka
import Runtime

extension KafkaConsumer {
    /// Serves rebalances, answers to commits, errors and logs; call on the loop.
    func serve() {
        while let event = control?.poll() {
            switch event.type {
            case RD_KAFKA_EVENT_REBALANCE: rebalance(event)
            case RD_KAFKA_EVENT_OFFSET_COMMIT: committed(event)
            case RD_KAFKA_EVENT_FETCH: event.messages { takeAstray($0) }
            default:
                handle?.note(event)
                noteRefusal(event)
                if event.saysMissing, wasAssigned { beginAnew() }
            }
        }
    }

    /// Keeps and logs what Kafka does not allow: the member waits until it is allowed.
    private func noteRefusal(_ event: KafkaEvent) {
        guard event.isRefusal else { return }
        let text = event.use { KafkaHandle.string(rd_kafka_event_error_string($0)) }
        guard refusal != text else { return }
        refusal = text
        logger.error("Kafka does not allow a group to consume", ["topic": label, "error": text])
    }

    private func rebalance(_ event: KafkaEvent) {
        guard let handle, let found = rd_kafka_event_topic_partition_list(event.pointer) else { return }
        let list = PartitionList(copying: found)
        let partitions = list.partitions
        switch event.error {
        case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
            wasAssigned = true
            if !partitions.isEmpty { refusal = nil }
            if isEnded { wakeCommitters() }
            for partition in partitions {
                trackers[partition] = newTracker()
                revoked.remove(partition)
                divert(partition)
            }
            let assigned = isRenewed ? PartitionList(topic, partitions.map { ($0, Self.beginning) }) : list
            check(assigned.use { rd_kafka_incremental_assign(handle.pointer, $0) }, "assign")
            if sort == .owning, !partitions.isEmpty { news.append(.assigned(partitions.sorted())) }
            wake()
        case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
            revoked.formUnion(partitions)
            if isEnded || partitions.isEmpty || rd_kafka_assignment_lost(handle.pointer) != 0 {
                if !isEnded, !partitions.isEmpty {
                    logger.warning(
                        "Kafka gave partitions to another member",
                        ["topic": label, "count": "\(partitions.count)"]
                    )
                }
                let told = sort == .owning && !isEnded
                part(list)
                if told, !partitions.isEmpty { news.append(.revoked(partitions.sorted())) }
            } else {
                begin(Handover(list: list, remaining: Set(partitions)))
            }
            wake()
        case let error:
            logger.warning("Kafka: the rebalance failed", ["topic": label, "error": KafkaHandle.text(of: error)])
            rd_kafka_assign(handle.pointer, nil)
            forget(Array(trackers.keys))
            if sort == .owning, !trackers.isEmpty { news.append(.revoked(trackers.keys.sorted())) }
            (trackers, revoked) = ([:], [])
            wake()
        }
    }

    // MARK: Topics that are made anew

    private static var beginning: Int64 { Int64(RD_KAFKA_OFFSET_BEGINNING) }

    /// Whether a position that the group has noted is perhaps one in a topic that was deleted.
    private var isRenewed: Bool { renewal.map { MonotonicTime.now - $0 < .seconds(60) } ?? false }

    private func newTracker() -> OffsetTracker {
        var tracker = OffsetTracker()
        tracker.generation = generation
        return tracker
    }

    /// Goes on at the beginning of the topic, which was deleted: its positions say nothing of the new one.
    ///
    /// What was received from the old one is still delivered.
    func beginAnew() {
        guard !isEnded, let handle else { return }
        renewal = .now
        let partitions = Array(trackers.keys)
        logger.warning(
            "a topic was deleted: the group reads it from its beginning",
            ["topic": label, "partitions": "\(partitions.count)"]
        )
        restart(partitions)
        let list = PartitionList(topic, partitions.map { ($0, Self.beginning) })
        // Without a time limit nothing is waited for.
        if let error = list.use({ rd_kafka_seek_partitions(handle.pointer, $0, 0) }) { rd_kafka_error_destroy(error) }
    }

    /// Notes that what comes from partitions now belongs to a new topic.
    func restart(_ partitions: [Int32]) {
        generation &+= 1
        for partition in partitions { trackers[partition] = newTracker() }
    }

    /// Lets the messages of a partition wait in a queue of their own, apart from rebalances.
    private func divert(_ partition: Int32) {
        guard let handle, let messages,
            let source = rd_kafka_queue_get_partition(handle.pointer, topic, partition)
        else { return }
        rd_kafka_queue_forward(source, messages.pointer)
        rd_kafka_queue_destroy(source)
    }

    /// Takes a message that came to the queue of rebalances.
    ///
    /// When a partition is lost and comes back, librdkafka forgets where its messages should go.
    private func takeAstray(_ message: UnsafePointer<rd_kafka_message_t>) {
        divert(message.pointee.partition)
        var records: [ReceivedRecord] = []
        take(message, &records)
        bytesInFlight += records.reduce(0) { $0 + $1.value.count }
        queue.enqueue(records)
        wake()
    }

    private func check(_ error: OpaquePointer?, _ what: String) {
        guard let error else { return }
        let text = KafkaHandle.string(rd_kafka_error_string(error))
        logger.warning("Kafka: cannot \(what) partitions", ["topic": label, "error": text])
        rd_kafka_error_destroy(error)
    }

    // MARK: Handing over

    private func begin(_ new: Handover) {
        handover = new
        if sort == .owning {
            news.append(.revoked(new.remaining.sorted()))
            return
        }
        // What nobody works on goes at once; the rest is given a while.
        handover?.timer = loop.arm(after: limits.grace) { [weak self] in
            // Invariant: the loop runs handlers and timers on its own thread.
            self?.assumeIsolated { $0.handOver() }
        }
        checkHandover()
    }

    /// Hands over when the members of a shared group have finished what they took.
    func checkHandover() {
        guard sort == .shared, let handover, !handover.isCommitting else { return }
        if handover.remaining.allSatisfy({ trackers[$0]?.count ?? 0 == 0 }) { handOver() }
    }

    /// Takes partitions back from their user: those asked for go on, others come again.
    func release(_ partitions: [Int32]) {
        let unasked = partitions.filter { trackers[$0] != nil && handover?.remaining.contains($0) != true }
        if !unasked.isEmpty, sort == .owning {
            redeliver(unasked)
            news.append(.assigned(unasked.sorted()))
            wake()
        }
        guard handover?.isCommitting == false else { return }
        handover?.remaining.subtract(partitions)
        if handover?.remaining.isEmpty == true { handOver() }
    }

    /// Notes what is done, then lets the partitions go.
    private func handOver() {
        guard let current = handover, !current.isCommitting else { return }
        handover?.isCommitting = true
        if let timer = current.timer { loop.cancel(timer) }
        if hasUncommitted(current.list.partitions) {
            commitNow()
            handover?.timer = loop.arm(after: limits.grace) { [weak self] in
                // Invariant: the loop runs handlers and timers on its own thread.
                self?.assumeIsolated { $0.finishHandover() }
            }
        } else {
            finishHandover()
        }
    }

    private func finishHandover() {
        guard let current = handover, current.isCommitting else { return }
        if let timer = current.timer { loop.cancel(timer) }
        handover = nil
        part(current.list)
    }

    private func part(_ list: PartitionList) {
        let partitions = list.partitions
        forget(partitions)
        for partition in partitions {
            trackers[partition] = nil
            revoked.remove(partition)
        }
        if let handle { check(list.use { rd_kafka_incremental_unassign(handle.pointer, $0) }, "release") }
    }

    // MARK: Commits

    func hasUncommitted(_ partitions: some Sequence<Int32>) -> Bool {
        partitions.contains { trackers[$0]?.hasNews == true }
    }

    /// Commits a little later, so that many acknowledgements make one commit.
    func commitSoon() {
        guard commit.timer == nil, !commit.isUnderWay, hasUncommitted(trackers.keys) else { return }
        commit.timer = loop.arm(after: limits.commitPause) { [weak self] in
            // Invariant: the loop runs handlers and timers on its own thread.
            self?.assumeIsolated { $0.commitNow() }
        }
    }

    func commitNow() {
        if let timer = commit.timer { loop.cancel(timer) }
        commit.timer = nil
        guard !commit.isUnderWay, let handle, let control else { return }
        let offsets = trackers.filter { $0.value.hasNews }.map { (partition: $0.key, offset: $0.value.committable) }
        guard !offsets.isEmpty else { return wakeCommitters() }
        let list = PartitionList(topic, offsets)
        let code = list.use { rd_kafka_commit_queue(handle.pointer, $0, control.pointer, nil, nil) }
        if code == RD_KAFKA_RESP_ERR_NO_ERROR {
            commit.isUnderWay = true
        } else {
            logger.warning("Kafka: cannot commit", ["topic": label, "error": KafkaHandle.text(of: code)])
            wakeCommitters()
        }
    }

    private func committed(_ event: KafkaEvent) {
        commit.isUnderWay = false
        if event.error == RD_KAFKA_RESP_ERR_NO_ERROR,
            let list = rd_kafka_event_topic_partition_list(event.pointer)
        {
            for (partition, offset, error) in PartitionList.elements(of: list)
            where error == RD_KAFKA_RESP_ERR_NO_ERROR && offset >= 0 {
                trackers[partition]?.committed = offset
            }
        } else if event.error != RD_KAFKA_RESP_ERR__NO_OFFSET {
            logger.warning("Kafka did not take a commit", ["topic": label, "error": KafkaHandle.text(of: event.error)])
        }
        wakeCommitters()
        if let handover, handover.isCommitting {
            if event.error == RD_KAFKA_RESP_ERR_NO_ERROR, hasUncommitted(handover.list.partitions) {
                commitNow()
            } else {
                finishHandover()
            }
        } else if commit.timer == nil, hasUncommitted(trackers.keys) {
            let pause: Duration = event.error == RD_KAFKA_RESP_ERR_NO_ERROR ? limits.commitPause : .seconds(1)
            // Invariant: the loop runs handlers and timers on its own thread.
            commit.timer = loop.arm(after: pause) { [weak self] in self?.assumeIsolated { $0.commitNow() } }
        }
    }

    private func wakeCommitters() {
        let waiting = commitWaiters
        commitWaiters = []
        for waiter in waiting { waiter.resume() }
    }

    // MARK: Leaving

    /// Leaves the group after noting what is done; what is not goes to other members.
    ///
    /// With `dying`, says nothing to the group, as a process that was killed.
    func leave(dying: Bool = false) async {
        guard !isEnded else { return }
        isEnded = true
        wake()
        let deadline = MonotonicTime.now + limits.grace
        var tries = 0
        while !dying, hasUncommitted(trackers.keys), MonotonicTime.now < deadline, tries < 5 {
            tries += 1
            // Invariant: the loop runs handlers and timers on its own thread.
            let timer = loop.arm(at: deadline) { [weak self] in self?.assumeIsolated { $0.wakeCommitters() } }
            await withCheckedContinuation { waiter in
                commitWaiters.append(waiter)
                commitNow()
            }
            loop.cancel(timer)
        }
        await waitForAssignment(until: deadline)
        if let timer = commit.timer { loop.cancel(timer) }
        if let timer = handover?.timer { loop.cancel(timer) }
        (commit.timer, handover) = (nil, nil)
        control?.close()
        messages?.close()
        (control, messages) = (nil, nil)
        forget(Array(trackers.keys))
        trackers = [:]
        let ending = handle.take()
        await ending?.close(leaving: !dying, destroying: wasAssigned)
    }

    /// Waits for the first answer of the group, so that the member can end: see `KafkaHandle.close`.
    private func waitForAssignment(until deadline: MonotonicTime) async {
        while !wasAssigned, handle != nil, MonotonicTime.now < deadline {
            // Invariant: the loop runs handlers and timers on its own thread.
            let timer = loop.arm(at: deadline) { [weak self] in self?.assumeIsolated { $0.wakeCommitters() } }
            await withCheckedContinuation { waiter in
                let waits = !wasAssigned && handle != nil && MonotonicTime.now < deadline
                if waits { commitWaiters.append(waiter) } else { waiter.resume() }
            }
            loop.cancel(timer)
        }
    }
}
