import Base
import Broker
import Domain
import Messages

/// The results that the broker has accepted, in the order of their topic.
///
/// Invariant: used by the simulation's only thread.
final class Journal: @unchecked Sendable {
    private(set) var results: [MonitorID: [CheckResult]] = [:]
    private(set) var count = 0
    /// Results of each monitor that the alerters do not get, because another group had come before theirs.
    private(set) var unheard: [MonitorID: Int] = [:]
    /// Results that the processors do not get, for the same reason.
    private(set) var unkept: Set<Slot> = []
    private var groups: Set<String> = []
    /// The checks that the broker has accepted, and those that it has refused to a scheduler.
    private(set) var offered: Set<Slot> = []
    private(set) var refused: Set<Slot> = []
    private(set) var refusals = 0

    /// One due check.
    struct Slot: Hashable {
        let monitor: MonitorID
        let due: Timestamp
    }

    func offer(_ jobs: [CheckJob]) {
        for job in jobs {
            offered.insert(Slot(monitor: job.monitorID, due: job.scheduledAt))
            Simulator.shared.say("offered monitor \(job.monitorID) due \(job.scheduledAt)")
        }
    }

    func refuse(_ jobs: [CheckJob]) {
        refusals += jobs.count
        for job in jobs { refused.insert(Slot(monitor: job.monitorID, due: job.scheduledAt)) }
    }

    func join(_ group: String) {
        guard groups.insert(group).inserted else { return }
        if group == "alerter", groups.contains("processor") { unheard = results.mapValues(\.count) }
        guard group == "processor", groups.contains("alerter") else { return }
        for result in results.values.joined() {
            unkept.insert(Slot(monitor: result.monitorID, due: result.scheduledAt))
        }
    }

    func add(_ published: [CheckResult]) {
        count += published.count
        for result in published {
            results[result.monitorID, default: []].append(result)
            Simulator.shared.say("published \(result.words)")
            Simulator.shared.note(UInt64(bitPattern: result.id) ^ (result.outcome.isSuccess ? 1 : 0))
        }
    }
}

extension CheckResult {
    /// A result in a line.
    var words: String {
        "monitor \(monitorID) due \(scheduledAt) made \(checkedAt) \(outcome.isSuccess ? "up" : "DOWN")"
    }
}

/// The broker itself, which notes the results that it accepts.
struct JournalBroker: Broker {
    let inner: InProcessBroker
    let journal: Journal

    func publish<Message: Sendable>(_ messages: [Message], to topic: Topic<Message>) async throws(BrokerError) {
        if let results = messages as? [CheckResult], topic.name == Topics.results.name { journal.add(results) }
        if let jobs = messages as? [CheckJob] { journal.offer(jobs) }
        try await inner.publish(messages, to: topic)
    }

    func consume<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any Subscription<Message> {
        journal.join(group)
        return try await inner.consume(topic, group: group, redelivery: redelivery)
    }

    func consumePartitions<Message: Sendable>(
        _ topic: Topic<Message>,
        group: String,
        redelivery: Duration
    ) async throws(BrokerError) -> any PartitionSubscription<Message> {
        journal.join(group)
        return try await inner.consumePartitions(topic, group: group, redelivery: redelivery)
    }

    func broadcast<Message: Sendable>(_ message: Message, on topic: Topic<Message>) async {
        await inner.broadcast(message, on: topic)
    }

    func listen<Message: Sendable>(_ topic: Topic<Message>) async -> Broadcasts<Message> {
        await inner.listen(topic)
    }
}
