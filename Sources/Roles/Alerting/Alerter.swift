import Messages
package import Base
package import Broker
package import Domain
package import Live
import Pipeline
package import Runtime
import SQL
package import Storage

/// Decides the state of monitors from their results, and stores what follows: states, incidents, notifications.
///
/// Reads the same results as the processor, in a consumer group of its own whose members own partitions, so that only
/// one alerter at a time evaluates a monitor. It loads the state of a partition when it gets it, has written all
/// changes before it releases it, and its writes carry the partition's fencing token. A result that is not newer than
/// the last applied one changes nothing, so a message that is delivered twice has no second effect.
package actor Alerter<C: Clock>: Service where C.Duration == Duration {
    package nonisolated let name = "alerter"
    package nonisolated let counts = MonitorCounts()
    let broker: any Broker
    let statuses: StatusRepository
    /// The names of regions; nil takes results of any region.
    let regions: RegionDirectory?
    let writer: OutageWriter
    let metrics: AlertingMetrics
    let health: Health?
    let logger: Logger
    let clock: C
    let now: @Sendable () -> Timestamp
    let topic: Topic<CheckResult>
    private let drainLimit: Duration?
    let processorPatience: Duration
    /// When what is left is left for the next alerter.
    private var endsAt: C.Instant?
    let maintenance: MaintenanceClock<C>?
    let canaries: CanaryWatch<C>?
    let wake: @Sendable ([IncidentChange]) -> Void
    let publish: @Sendable (LiveBatch) -> Void

    var states = MonitorStates()
    var held = HeldResults()
    var ownership: PartitionOwnership
    /// Monitors that were deleted while others are being loaded, so that an older page does not bring them back.
    var deleted: Set<MonitorID> = []
    /// The monitors that are in maintenance now.
    var maintained: Set<MonitorID> = []
    var silence = SilenceWatch()
    /// Which regions reach the network.
    var presence: RegionPresence
    /// The first monitor whose regions may fall silent starts the watch.
    let watching = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    var rounds = RoundLimit()
    var connectivity = ConnectivityWatch()
    /// When the other alerters were last told what this one sees.
    var sharedAt = Timestamp.distantPast
    static var sharingInterval: Duration { .seconds(2) }
    var certificates = CertificateWatch()
    let lock = AsyncLock()
    /// Whether something could not be written when the program stopped: nothing is acknowledged after that.
    var hasGivenUp = false
    let follower: MonitorFollower<C>?
    /// Assigned partitions whose monitors have to be loaded.
    let assignments = AsyncStream.makeStream(of: Set<Partition>.self)
    static var pageSize: Int { 2000 }
    /// How many changes are written in one transaction: as many as fit into `writeGoal`, as the last one has shown.
    var writeSize = pageSize
    static var writeGoal: Duration { .seconds(2) }

    /// `drainLimit` is how long the alerter goes on after the shutdown where a broker keeps the rest for the next one.
    ///
    /// It is nil where nothing keeps it, and everything is processed. `processorPatience` is how long after a takeover it
    /// waits for results that processors have not stored yet.
    package init(
        broker: any Broker,
        statuses: StatusRepository,
        regions: RegionDirectory? = nil,
        writer: OutageWriter,
        metrics: AlertingMetrics,
        health: Health? = nil,
        logger: Logger,
        clock: C,
        now: @escaping @Sendable () -> Timestamp = { .now },
        topic: Topic<CheckResult> = Topics.results,
        drainLimit: Duration? = nil,
        processorPatience: Duration = .zero,
        maintenance: MaintenanceClock<C>? = nil,
        canaries: CanaryWatch<C>? = nil,
        monitors: MonitorRepository? = nil,
        wake: @escaping @Sendable ([IncidentChange]) -> Void = { _ in },
        publish: @escaping @Sendable (LiveBatch) -> Void = { _ in }
    ) {
        (self.broker, self.statuses, self.writer, self.metrics) = (broker, statuses, writer, metrics)
        self.health = health
        (self.logger, self.clock, self.now, self.topic) = (logger, clock, now, topic)
        (self.drainLimit, self.processorPatience) = (drainLimit, processorPatience)
        (self.maintenance, self.canaries, self.regions) = (maintenance, canaries, regions)
        (self.wake, self.publish) = (wake, publish)
        presence = RegionPresence(since: now())
        follower = monitors.map { MonitorFollower(monitors: $0, clock: clock) }
        ownership = PartitionOwnership(leases: LeaseRepository(database: writer.incidents.database))
    }

    /// Processes results until `shutdown`.
    ///
    /// Throws `BrokerError` when the topic cannot be consumed.
    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        let results = try await broker.consumePartitions(topic, group: "alerter", redelivery: .seconds(300))
        let events = await broker.listen(Topics.monitorEvents)
        let reports = await broker.listen(Topics.connectivity)
        let beats = await broker.listen(Topics.regionBeats)
        ready.report()
        await withTaskGroup(of: Void.self) { group in
            // No result is applied before it is known which monitors are in maintenance.
            let beginning = Task { await begin() }
            group.addTask {
                await beginning.value
                for await event in events {
                    switch event {
                    case .message(let event): await self.apply(event)
                    case .missed: await self.catchUp()
                    }
                }
            }
            group.addTask {
                await beginning.value
                for await report in reports { if let report = report.message { await self.apply(report) } }
            }
            group.addTask {
                await withDiscardingTaskGroup { confirming in
                    for await partitions in self.assignments.stream {
                        await self.restore(partitions)
                        confirming.addTask { await self.confirmRestored() }
                    }
                }
            }
            group.addTask { for await beat in beats { if let beat = beat.message { await self.hear(beat) } } }
            group.addTask {
                await beginning.value
                await self.watchSilence()
            }
            if let follower {
                group.addTask {
                    await beginning.value
                    await follower.run { await self.apply($0) }
                }
            }
            if let maintenance {
                group.addTask {
                    await beginning.value
                    await maintenance.run { await self.maintain($0) }
                }
            }
            if let canaries {
                group.addTask {
                    await beginning.value
                    await canaries.run { await self.apply(canaries: $0, lost: $1) }
                }
            }
            let consuming = Task {
                await beginning.value
                await consume(results)
            }
            await shutdown.wait()
            beginning.cancel()
            consuming.cancel()
            if let drainLimit { endsAt = clock.now.advanced(by: drainLimit) }
            await withTaskCancellationHandler {
                await consuming.value
            } onCancel: {
                Task { await self.hurry() }
            }
            group.cancelAll()
        }
        await results.cancel()
    }

    private func hurry() { endsAt = clock.now }

    /// Whether the time is over in which results are still processed after the shutdown.
    var isOverdue: Bool { endsAt.map { $0 <= clock.now } ?? false }

    /// What is known of a monitor; nil when it is not known.
    package func entry(_ id: MonitorID) -> MonitorStates.Entry? { states[id] }

    /// Returns once everything that was begun before is finished.
    package func settle() async { await lock.withLock {} }
}
