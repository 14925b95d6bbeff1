import Messages
package import Base
package import Broker
package import Domain

/// Queues a check that somebody requested.
package struct CheckDispatcher: Sendable {
    private let broker: any Broker
    private let tasks: any TaskStore
    private let unnamedRegion: RegionName

    /// `unnamedRegion` is the one whose topic has no region in its name.
    package init(broker: any Broker, tasks: any TaskStore, unnamedRegion: RegionName = .local) {
        (self.broker, self.tasks, self.unnamedRegion) = (broker, tasks, unnamedRegion)
    }

    /// How long a requested check may wait for its start.
    package static let patience: Duration = .seconds(60)

    /// Requests a check in a region now, even of a paused monitor; returns the task's id.
    ///
    /// While a requested check has not started, another request returns the same task.
    ///
    /// Throws `BrokerError` when the job cannot be queued; the task has failed then.
    package func dispatch(
        _ monitor: Monitor,
        in region: Region = .local,
        now: Timestamp = .now
    ) async throws(BrokerError) -> String {
        // The broker would be waited for in vain.
        if let outage = broker.outage { throw .unavailable(reason: outage) }
        let id = UUID().description
        let task = await tasks.create(id, monitor: monitor.id, at: now)
        guard task.id == id else { return task.id }
        let job = CheckJob(
            monitorID: monitor.id,
            revision: monitor.revision,
            region: region,
            scheduledAt: task.createdAt,
            expiresAt: now + Self.patience,
            spec: monitor.spec,
            taskID: id
        )
        do {
            try await broker.publish([job], to: Topics.checkJobs(in: region.name, unnamed: unnamedRegion))
        } catch {
            await tasks.update(id, .failed("the check could not be queued"))
            throw error
        }
        return id
    }
}
