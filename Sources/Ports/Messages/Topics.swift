package import Broker
package import Domain

/// The topics of the pipeline, by the names that every broker uses.
package enum Topics {
    /// Scheduler and API to workers.
    ///
    /// A full topic refuses: the scheduler counts what it could not hand over.
    package static let checkJobs = Topic<CheckJob>(name: "check-jobs", capacity: 200_000, whenFull: .refuse)
    /// Workers to processor and alerter.
    ///
    /// A full topic drops its oldest and counts them: while the store is away, checking goes on.
    package static let results = results(capacity: 100_000)

    /// The topic of results with room for so many.
    package static func results(capacity: Int) -> Topic<CheckResult> {
        Topic(name: "monitoring-results", capacity: capacity, whenFull: .dropOldest) {
            UInt64(bitPattern: $0.monitorID.rawValue)
        }
    }

    /// The API to scheduler and workers: what was created, changed, deleted.
    package static let monitorEvents = Topic<MonitorEvent>(
        name: "monitor-events",
        capacity: 100_000,
        whenFull: .dropOldest
    )
    /// The API to the alerter: maintenance windows were changed.
    package static let maintenanceChanges = Topic<MaintenanceChanged>(
        name: "maintenance-changes",
        capacity: 1000,
        whenFull: .dropOldest
    )
    /// The alerter to the scheduler: checks that are wanted sooner than their slots.
    package static let confirmations = Topic<Confirmation>(
        name: "confirmations",
        capacity: 100_000,
        whenFull: .dropOldest
    )
}
