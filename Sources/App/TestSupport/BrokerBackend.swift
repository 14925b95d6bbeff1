package import Base
package import Broker

/// The brokers that the contract of the port is tested on.
package enum BrokerBackend: String, Sendable, CaseIterable, CustomStringConvertible {
    case inProcess
    case redis
    case kafka

    /// Kafka only where there is one to start, and `SENTINEL_KAFKA_CONTRACT` is set: it takes minutes.
    package static let allCases: [BrokerBackend] = {
        let isWanted = ProcessEnvironment.read()["SENTINEL_KAFKA_CONTRACT"] != nil
        if KafkaServer.isPresent, isWanted { return [.inProcess, .redis, .kafka] }
        print("The contract of brokers is not tested on Kafka: see docs/kafka.md.")
        return [.inProcess, .redis]
    }()

    package var description: String { rawValue }

    /// What a broker promises beyond the least that the pipeline needs.
    package struct Capabilities: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        /// Messages without a key come in the order of publishing.
        package static let totalOrder = Capabilities(rawValue: 1)
        /// A topic holds `capacity` messages and does what `whenFull` says.
        package static let capacity = Capabilities(rawValue: 2)
        /// Messages of a group go to whichever member asks.
        package static let sharing = Capabilities(rawValue: 4)

        /// Every message is acknowledged by itself, and the attempts of all members at it are counted.
        package static let separateMessages = Capabilities(rawValue: 8)
        /// A published message waits at once for a member that does not want to wait.
        package static let immediate = Capabilities(rawValue: 16)

        package static let all: Capabilities = [.totalOrder, .capacity, .sharing, .separateMessages, .immediate]
    }

    package var capabilities: Capabilities {
        switch self {
        case .inProcess, .redis: .all
        case .kafka: []
        }
    }

    /// The brokers with some capabilities.
    package static func with(_ wanted: Capabilities) -> [BrokerBackend] {
        allCases.filter { $0.capabilities.isSuperset(of: wanted) }
    }

    /// Each broker with several seeds; Kafka, where members take seconds to come and go, with the first one only.
    package static func seeds(_ count: Int) -> [(BrokerBackend, UInt64)] {
        allCases.flatMap { backend in (0..<(backend == .kafka ? 1 : count)).map { (backend, UInt64($0)) } }
    }

    /// An empty broker.
    package func open() async throws -> BrokerFixture {
        let metrics = MetricsRegistry()
        switch self {
        case .inProcess:
            let clock = ManualClock()
            let broker = InProcessBroker(metrics: metrics, clock: clock)
            return BrokerFixture(
                broker: broker,
                metrics: metrics,
                advance: { clock.advance(by: $0) },
                close: { broker.close() }
            )
        case .redis: return try await RedisFixture.open(metrics)
        case .kafka: return try await KafkaFixture.open(metrics)
        }
    }
}

/// A broker under test, with a topic name that no other test uses.
package struct BrokerFixture: Sendable {
    package let broker: any Broker
    package let metrics: MetricsRegistry
    package let name: String
    /// Lets so much time pass for deliveries that nobody acknowledged.
    package let advance: @Sendable (Duration) async throws -> Void
    /// Closes the broker.
    package let close: @Sendable () async -> Void

    package init(
        broker: any Broker,
        metrics: MetricsRegistry,
        advance: @escaping @Sendable (Duration) async throws -> Void,
        close: @escaping @Sendable () async -> Void
    ) {
        (self.broker, self.metrics, self.advance, self.close) = (broker, metrics, advance, close)
        name = "numbers-" + UUID().description.prefix(8)
    }

    package func topic(
        _ capacity: Int = 10_000,
        _ overflow: Topic<Int>.Overflow = .refuse,
        key: (@Sendable (Int) -> UInt64)? = nil
    ) -> Topic<Int> {
        Topic(name: name, capacity: capacity, whenFull: overflow, key: key)
    }

    package func consume(_ topic: Topic<Int>, group: String = "a") async throws -> any Subscription<Int> {
        try await broker.consume(topic, group: group, redelivery: .seconds(10))
    }

    package func join(_ topic: Topic<Int>) async throws -> any PartitionSubscription<Int> {
        try await broker.consumePartitions(topic, group: "a", redelivery: .seconds(10))
    }

    /// The value of one of the broker's counters for the topic; nil when it was never counted.
    package func count(_ counter: String) -> Int? {
        let start = "sentinel_broker_\(counter)_total{topic=\"\(name)\"} "
        let line = metrics.prometheusText().split(separator: "\n").first { $0.hasPrefix(start) }
        return line.flatMap { Int($0.dropFirst(start.count)) }
    }
}

/// Numbers as JSON.
extension MessageCodec<Int> {
    package static let numbers = MessageCodec {
        Array("\($0)".utf8)
    } decode: { bytes throws(MessageError) in
        guard let number = Int(String(decoding: bytes, as: UTF8.self)) else {
            throw MessageError("the message is no number")
        }
        return number
    }
}

extension Subscription {
    /// So many messages, however many deliveries they come in.
    package func receive(count: Int) async -> [Deliveries<Message>] {
        var got: [Deliveries<Message>] = []
        var missing = count
        while missing > 0 {
            let next = await receive(upTo: missing)
            if next.isEmpty { break }
            got.append(next)
            missing -= next.count
        }
        return got
    }
}

extension PartitionSubscription {
    /// The next event without waiting; `.end` when there is none.
    package func nextIfAny(upTo limit: Int = 7) async -> PartitionEvent<Message> {
        let asking = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await next(upTo: limit)
        }
        return await asking.value
    }
}

extension [Deliveries<Int>] {
    package var messages: [Int] { flatMap(\.messages) }
    package var ids: [DeliveryID] { flatMap(\.ids) }
}
