import Messages
package import Broker
package import Domain

/// The settings of a worker.
package struct WorkerConfiguration: Sendable {
    package var region = RegionName.local
    /// The region whose topic has no region in its name.
    package var unnamedRegion = RegionName.local
    package var results = Topics.results
    /// The id of this process in the fleet; nil when it is in none.
    package var process: String?
    /// Checks that are due within the same step start together at its end: waking up is most of a check's cost.
    package var startStep: Duration = .milliseconds(4)
    /// Checks running at once, in all.
    package var maximumRunning = 4000
    /// Checks running at once on one scheme, host and port.
    package var maximumPerTarget = 1000
    /// Due checks that may wait for a place; further ones are dropped and counted.
    package var maximumWaiting = 100_000
    /// How long a finished result waits for others before it is published, unless there was none for that long.
    package var flushInterval: Duration = .milliseconds(100)
    /// How many results are published at once.
    package var flushSize = 256
    /// How long running checks may take to finish when the worker stops.
    package var drainLimit: Duration = .seconds(2)
    /// After this long an unacknowledged job goes to another worker.
    package var redelivery: Duration = .seconds(120)

    package init() {}
}
