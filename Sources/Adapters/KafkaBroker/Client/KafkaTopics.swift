import Base
import Broker

/// Makes the topics that are missing, and knows how many partitions each has.
final class KafkaTopics: Sendable {
    /// What a topic is used for.
    enum Use: Sendable {
        /// `Partition.count` partitions, chosen by Sentinel's own rule.
        case keyed
        /// Any number of partitions, chosen by librdkafka.
        case shared
        /// One partition, whose messages are worth nothing after an hour.
        case broadcast
        case deadLetters

        var partitions: Int32 {
            switch self {
            case .keyed: Int32(Partition.count)
            case .shared: 16
            case .broadcast, .deadLetters: 1
            }
        }

        /// Whether a topic with so many partitions can be used.
        func allows(_ count: Int) -> Bool { self != .keyed || count == Partition.count }

        /// What is wrong with the number of a topic's partitions, and what to do; nil when nothing is.
        func fault(_ topic: String, _ count: Int) -> String? {
            guard !allows(count) else { return nil }
            return "Kafka's topic \(topic) has \(count) partitions, and must have \(Partition.count): delete it, and "
                + "Sentinel makes it anew; or let Sentinel use another cluster"
        }
    }

    private struct State {
        /// Every topic that was asked for.
        var uses: [String: Use] = [:]
        /// How many partitions a topic had when it was last looked at.
        var counts: [String: Int] = [:]
        /// Topics whose number of partitions was said in the log.
        var told: [String: Int] = [:]
        /// Topics that were there, and are missing.
        var absent: Set<String> = []
        /// Until when nothing is published to a topic that was missing.
        var holds: [String: MonotonicTime] = [:]
        /// Topics that this process made anew, and nobody has been told of.
        var renewed: Set<String> = []
        var refusals: [String: (error: BrokerError, until: MonotonicTime)] = [:]
        var denials: [String: String] = [:]
    }
    private let state = Locked(State())
    private let maker: TopicMaker
    private let logger: Logger

    init(_ configuration: KafkaConfiguration, _ logger: Logger) {
        (maker, self.logger) = (TopicMaker(configuration), logger)
    }

    /// Returns once the topic exists.
    ///
    /// Throws `.unavailable` when Kafka cannot be reached, refuses, or has a keyed topic with another number of
    /// partitions.
    func ensure(_ topic: String, _ use: Use, _ handle: KafkaHandle) async throws(BrokerError) {
        let (count, refusal, hold) = state.withLock { state in
            state.uses[topic] = use
            return (state.counts[topic], state.refusals[topic], state.holds[topic])
        }
        if let count, use.allows(count) {
            if let hold, hold > .now { try? await Task.sleep(for: hold - .now) }
            return
        }
        if let refusal, refusal.until > .now { throw refusal.error }
        do throws(BrokerError) {
            switch try await maker.make(topic, use, handle) {
            case .partitions(let count, let isMade):
                note(topic, use, count, isMade: isMade)
                state.withLock { $0.denials[topic] = nil }
                // The topic may be deleted and made anew: it is looked at again.
                if let fault = use.fault(topic, count) { throw .unavailable(reason: fault) }
            case .denied(let reason):
                let text = "topic \(topic): \(reason)"
                state.withLock { $0.denials[topic] = text }
                throw handle.unavailable(text, since: .now)
            }
        } catch {
            state.withLock { $0.refusals[topic] = (error, .now + .seconds(1)) }
            throw error
        }
    }

    /// Whether a topic was there when it was last looked at.
    func knows(_ topic: String) -> Bool { state.withLock { $0.counts[topic] != nil } }

    /// Forgets what is known of a topic, which is looked at again when it is needed.
    func forget(_ topic: String) { state.withLock { $0.counts[topic] = nil } }

    /// Every topic that was asked for.
    var names: [String] { state.withLock { Array($0.uses.keys) } }

    /// A topic that this login may not use, with Kafka's reason; nil when there is none.
    var denial: String? { state.withLock { $0.denials.min { $0.key < $1.key }?.value } }

    /// How long a topic that was made anew stays empty: then Kafka sends every member of a group that goes on at a
    /// position in the old one back to the beginning.
    private static let pause: Duration = .seconds(2)

    private func note(_ topic: String, _ use: Use, _ count: Int, isMade: Bool = false) {
        let (isNews, isRenewed) = state.withLock { state in
            state.counts[topic] = count
            let isRenewed = isMade && state.told[topic] != nil
            if isRenewed { state.renewed.insert(topic) }
            if state.absent.remove(topic) != nil || isRenewed { state.holds[topic] = .now + Self.pause }
            defer { state.told[topic] = count }
            return (state.told[topic] != count, isRenewed)
        }
        if isRenewed { logger.warning("a topic of Kafka was missing, and is made anew", ["topic": topic]) }
        guard isNews, case .shared = use, count < Int(use.partitions) else { return }
        logger.warning(
            "a topic of Kafka has few partitions: no more processes share its work",
            ["topic": topic, "partitions": "\(count)", "wanted": "\(use.partitions)"]
        )
    }

    /// Compares what Kafka says of topics with what is needed, and makes those that are missing anew.
    ///
    /// Returns the first problem, and the topics that are missing, or were made anew, since the last time.
    func examine(
        _ found: [String: KafkaProbe.TopicState],
        _ handle: KafkaHandle
    ) async -> (problem: String?, missing: Set<String>) {
        var problems: [String] = []
        var missing: Set<String> = []
        let (uses, denials) = state.withLock { ($0.uses, $0.denials) }
        for (topic, use) in uses.sorted(by: { $0.key < $1.key }) {
            switch found[topic] {
            case nil: break
            case .partitions(let count):
                note(topic, use, count)
                if let fault = use.fault(topic, count) { problems.append(fault) }
            case .missing:
                let (wasThere, isNews) = state.withLock { state in
                    state.counts[topic] = nil
                    guard state.told[topic] != nil else { return (false, false) }
                    return (true, state.absent.insert(topic).inserted)
                }
                // It is being made for the first time, or must not be made.
                guard wasThere, denials[topic] == nil else { continue }
                if isNews { missing.insert(topic) }
                problems.append("Kafka's topic \(topic) is missing: " + (await renewal(topic, use, handle)))
            }
        }
        let renewed = state.withLock { state in
            defer { state.renewed = [] }
            return state.renewed
        }
        return (problems.first, missing.union(renewed))
    }

    /// Makes a topic anew; returns what became of it.
    private func renewal(_ topic: String, _ use: Use, _ handle: KafkaHandle) async -> String {
        do throws(BrokerError) {
            return try await maker.renew(topic, use, handle) ?? "it was deleted, and is made anew"
        } catch { return error.description }
    }

    /// The offset of the next message of a partition.
    ///
    /// Throws `.unavailable` when Kafka does not answer.
    func end(of topic: String, _ partition: Int32, _ handle: KafkaHandle) async throws(BrokerError) -> Int64 {
        try await maker.end(of: topic, partition, handle)
    }
}
