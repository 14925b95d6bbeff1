package import Base

/// The broker within one process: bounded queues in memory, with the guarantees of a real broker.
package final class InProcessBroker: Broker {
    private let channels = Locked<[String: any AnyTopicChannel]>([:])
    private let clock: any BrokerClock
    private let metrics: MetricsRegistry

    package init(metrics: MetricsRegistry, clock: some Clock<Duration> = ContinuousClock()) {
        self.metrics = metrics
        self.clock = ElapsedClock(clock)
    }

    package func publish<Message: Sendable>(
        _ messages: [Message],
        to topic: Topic<Message>
    ) async throws(BrokerError) {
        guard !messages.isEmpty else { return }
        try await channel(topic).publish(messages)
    }

    package func consume<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any Subscription<Message> {
        let channel = channel(topic)
        return InProcessSubscription(
            channel: channel,
            group: group,
            member: channel.join(group: group, redelivery: redelivery)
        )
    }

    package func consumePartitions<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any PartitionSubscription<Message> {
        let channel = channel(topic)
        return InProcessSubscription(
            channel: channel,
            group: group,
            member: channel.join(group: group, redelivery: redelivery, owning: true)
        )
    }

    package func broadcast<Message: Sendable>(_ message: Message, on topic: Topic<Message>) async {
        channel(topic).broadcast(message)
    }

    package func listen<Message: Sendable>(_ topic: Topic<Message>) async -> Broadcasts<Message> {
        channel(topic).listen()
    }

    package func backlog() async throws(BrokerError) -> [TopicBacklog] {
        let channels = channels.withLock { $0 }
        return channels.values.flatMap { channel in
            channel.backlog.map { one in
                var one = one
                one.deadLetters = channels[one.topic + ".dead"]?.depth.waiting ?? 0
                return one
            }
        }
    }

    /// Ends every wait; publishing fails from now on.
    package func close() {
        for channel in channels.withLock({ Array($0.values) }) { channel.close() }
    }

    private func channel<Message: Sendable>(_ topic: Topic<Message>) -> TopicChannel<Message> {
        let (channel, isNew) = channels.withLock { channels -> (any AnyTopicChannel, Bool) in
            if let known = channels[topic.name] { return (known, false) }
            let made = TopicChannel(topic: topic, clock: clock, counters: BrokerCounters(metrics: metrics)) {
                [weak self] dead in
                self?.channel(topic.deadLetters).keep(dead)
            }
            channels[topic.name] = made
            return (made, true)
        }
        guard let typed = channel as? TopicChannel<Message> else {
            preconditionFailure("topic \(topic.name) carries another kind of message")
        }
        if isNew { publishDepth(of: typed) }
        return typed
    }

    private func publishDepth<Message: Sendable>(of channel: TopicChannel<Message>) {
        let labels = [(name: "topic", value: channel.topic.name)]
        metrics.gauge("sentinel_queue_depth", "Messages waiting in a topic, in its fullest group.", labels: labels) {
            Double(channel.depth.waiting)
        }
        metrics.gauge("sentinel_queue_in_flight", "Messages delivered and not acknowledged.", labels: labels) {
            Double(channel.depth.inFlight)
        }
    }
}
