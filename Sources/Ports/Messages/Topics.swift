package import Broker
package import Domain

/// The topics of the pipeline, with the names that every broker uses.
package enum Topics {
    /// From scheduler and API to the workers of a region.
    ///
    /// A full topic refuses: the scheduler counts the jobs that it could not publish. The topic of the `unnamed` region
    /// is `check-jobs` alone, whatever the region is called.
    package static func checkJobs(in region: RegionName, unnamed: RegionName = .local) -> Topic<CheckJob> {
        let name = region == unnamed ? "check-jobs" : "check-jobs.\(region)"
        return Topic(name: name, capacity: 200_000, whenFull: .refuse)
    }
    /// From workers to processor and alerter.
    ///
    /// A full topic drops its oldest messages and counts them: while the store fails, checks go on.
    package static let results = results(capacity: 100_000)

    /// The topic of results with another capacity.
    package static func results(capacity: Int) -> Topic<CheckResult> {
        Topic(name: "monitoring-results", capacity: capacity, whenFull: .dropOldest) {
            Partition.key(of: $0.monitorID)
        }
    }

    /// From the API to scheduler and workers: monitors that were created, changed or deleted.
    package static let monitorEvents = Topic<MonitorEvent>(
        name: "monitor-events",
        capacity: 100_000,
        whenFull: .dropOldest
    )
    /// From the API to the alerter: maintenance windows were changed.
    package static let maintenanceChanges = Topic<MaintenanceChanged>(
        name: "maintenance-changes",
        capacity: 1000,
        whenFull: .dropOldest
    )
    /// From the alerter to the scheduler: checks that are needed before their slots.
    package static let confirmations = Topic<Confirmation>(
        name: "confirmations",
        capacity: 100_000,
        whenFull: .dropOldest
    )
    /// From workers to scheduler and API: which regions are served.
    package static let regionBeats = Topic<RegionBeat>(name: "region-beats", capacity: 10_000, whenFull: .dropOldest)
    /// From alerter to alerter: how much of what each one watches can be reached.
    package static let connectivity = Topic<ConnectivityGuard.Report>(
        name: "connectivity",
        capacity: 1000,
        whenFull: .dropOldest
    )
}

extension Partition {
    /// The key of messages about a monitor.
    static func key(of monitor: MonitorID) -> UInt64 { UInt64(bitPattern: monitor.rawValue) }

    /// The partition of a monitor's results.
    package static func of(monitor id: MonitorID) -> Partition { .of(key(of: id)) }
}
