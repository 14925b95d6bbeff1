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
    private var isFailing = false
    /// The most results that are kept until they can be published; the oldest is dropped first.
    static let limit = 10_000

    init(_ results: any ResultStore, _ broker: any Broker, _ topic: Topic<CheckResult>, logger: Logger) {
        (self.results, self.broker, self.topic, self.logger) = (results, broker, topic, logger)
    }

    /// How many results could not be published yet.
    var unpublishedCount: Int { unpublished.count }

    /// Stores results and publishes them; returns once they are stored.
    ///
    /// Throws `StorageError.database` when they cannot be stored; then they are not published either.
    func record(_ found: [CheckResult]) async throws(StorageError) {
        guard !found.isEmpty else { return }
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
        await lock.withLock { await send(found) }
    }

    /// Publishes what could not be published yet.
    func publishAgain() async {
        guard !unpublished.isEmpty else { return }
        await lock.withLock { await send([]) }
    }

    private func store(_ found: [CheckResult]) async -> SQLError? {
        do throws(SQLError) {
            _ = try await results.append(found)
        } catch {
            return error
        }
        await send(found)
        return nil
    }

    private func send(_ found: [CheckResult]) async {
        unpublished += found
        if unpublished.count > Self.limit { unpublished.removeFirst(unpublished.count - Self.limit) }
        guard !unpublished.isEmpty else { return }
        do throws(BrokerError) {
            try await broker.publish(unpublished, to: topic)
            if isFailing { logger.notice("results of push monitors are published again") }
            isFailing = false
            unpublished = []
        } catch {
            if case .refused = error { unpublished = [] }
            if !isFailing { logger.warning("results of push monitors wait to be published", ["error": "\(error)"]) }
            isFailing = true
        }
    }
}
