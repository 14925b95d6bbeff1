import Base
import Broker
import Domain
import Results
import Runtime
import SQL
import Storage

/// Stores results and publishes them, in the order of arrival: those that wait together in one transaction.
///
/// A stored result that cannot be published yet is kept and published later.
actor PushJournal {
    /// Results of one transaction.
    private final class Batch {
        var results: [CheckResult] = []
        var error: SQLError?
        var isFinished = false
    }

    private let results: any ResultStore
    private let broker: any Broker
    private let topic: Topic<CheckResult>
    private let logger: Logger
    private let lock = AsyncLock()
    private var open = Batch()
    private var unpublished: [CheckResult] = []
    private var publishing: OneWaySwitch?
    /// How many of the oldest are being published.
    private var underWay = 0
    private var isFailing = false
    /// The most results that are kept until they can be published; the oldest is dropped first.
    static let limit = 10_000
    /// How long somebody who waits for an answer waits for the broker.
    private let patience: Duration

    init(
        _ results: any ResultStore,
        _ broker: any Broker,
        _ topic: Topic<CheckResult>,
        logger: Logger,
        patience: Duration = .seconds(1)
    ) {
        (self.results, self.broker, self.topic, self.logger) = (results, broker, topic, logger)
        self.patience = patience
    }

    /// How many results could not be published yet.
    var unpublishedCount: Int { unpublished.count }

    /// Stores results and publishes them; returns once they are stored, at most a second before they are published.
    ///
    /// Throws `StorageError.database` when they cannot be stored; then they are not published either.
    func record(_ found: [CheckResult]) async throws(StorageError) {
        guard !found.isEmpty else { return }
        try await keep(found)
        // Whoever pings while the broker is known to fail does not wait for it.
        if !isFailing { await wait(patience) }
    }

    private func keep(_ found: [CheckResult]) async throws(StorageError) {
        let batch = open
        batch.results += found
        await lock.enter()
        defer { lock.leave() }
        if !batch.isFinished {
            open = Batch()
            batch.error = await store(batch.results)
            batch.isFinished = true
        }
        guard var error = batch.error else { return }
        if !error.isTransient, batch.results.count > found.count {
            // Another result of the batch may be the one that cannot be stored.
            guard let own = await store(found) else { return }
            error = own
        }
        throw StorageError(error)
    }

    /// Publishes results without storing them first; for those that follow again from what is stored.
    func publish(_ found: [CheckResult]) async {
        await lock.withLock { send(found) }
        await wait(patience)
    }

    /// Publishes what could not be published yet.
    func publishAgain() async {
        guard !unpublished.isEmpty else { return }
        await lock.withLock { send([]) }
        await wait(patience)
    }

    private func store(_ found: [CheckResult]) async -> SQLError? {
        do throws(SQLError) {
            _ = try await results.append(found)
        } catch {
            return error
        }
        send(found)
        return nil
    }

    /// Waits a little for what is being published, before the process ends.
    func finish() async { await wait(.seconds(5)) }

    /// Publishes behind.
    private func send(_ found: [CheckResult]) {
        unpublished += found
        let excess = unpublished.count - underWay - Self.limit
        if excess > 0 { unpublished.removeSubrange(underWay..<underWay + excess) }
        guard !unpublished.isEmpty, publishing == nil else { return }
        publishing = OneWaySwitch()
        Task { await publishAll() }
    }

    /// Waits until what waits is published or fails, but not longer.
    private func wait(_ limit: Duration) async {
        guard let publishing else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await publishing.wait() }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    private func publishAll() async {
        repeat { underWay = unpublished.count } while await publishOldest() && !unpublished.isEmpty
        underWay = 0
        publishing?.turnOn()
        publishing = nil
    }

    /// Publishes the oldest; false when the broker does not take them.
    private func publishOldest() async -> Bool {
        do throws(BrokerError) {
            try await broker.publish(Array(unpublished.prefix(underWay)), to: topic)
            if isFailing { logger.notice("results of push monitors are published again") }
            isFailing = false
        } catch {
            if !isFailing { logger.warning("results of push monitors wait to be published", ["error": "\(error)"]) }
            isFailing = true
            guard case .refused = error else { return false }
        }
        unpublished.removeFirst(underWay)
        return true
    }
}
