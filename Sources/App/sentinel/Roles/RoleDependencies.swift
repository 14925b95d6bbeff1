import Base
import Broker
import Domain
import Lease
import Messages
import Pipeline
import Results
import Runtime
import SQL
import Storage
import ZoneInfo

/// What the roles of a process share.
struct RoleDependencies: Sendable {
    let settings: Settings
    let roles: Set<Role>
    let broker: any Broker
    let tasks: any TaskStore
    let shared: SharedServices
    /// nil in a process of workers.
    let store: RoleStore?
    let registry: MetricsRegistry
    let metrics: PipelineMetrics
    let health: Health
    let zones = ZoneFiles()
    /// How many files the process may open.
    let descriptors: Int
    let logger: Logger
    /// Whether other processes may run the same roles.
    let isShared: Bool
    /// Ends the process.
    let shutdown: GracefulShutdown

    /// The topic of results, as large as the settings say.
    var results: Topic<CheckResult> { Topics.results(capacity: settings.bufferedResults) }

    /// The region whose topic has no region in its name: a worker elsewhere does not know which one is the default.
    var unnamedRegion: RegionName { isShared ? .local : settings.regionName }

    /// How long consumers of results go on when they are stopped; nil where what is left would be lost.
    var drainLimit: Duration? { isShared ? min(.seconds(5), settings.shutdownTimeout / 2) : nil }

    /// The leadership of a piece of work that only one process may do, and the service that keeps it.
    func lease(_ name: String) -> (lease: any LeaderLease, service: LeaseService?) {
        guard isShared, let store else { return (SoleLeader(), nil) }
        let keeper = LeaseKeeper(
            name,
            holder: Self.holder,
            store: LeaseRepository(database: store.database),
            logger: logger.labelled(name),
            report: { [health] error in
                let problem = error.map { "who leads cannot be asked or written: \($0)" }
                health.set("\(name) lease", problem.map { .failing($0) } ?? .ok)
            }
        )
        return (keeper, LeaseService(name, keeper))
    }

    /// This process in leases; a new name for each start.
    private static let holder = UUID().description

    /// A role of this process in the fleet; a new name for each start.
    func fleetID(_ role: Role) -> String { "\(role.rawValue)-\(Self.holder.prefix(8))" }
}

/// The database and what is read from it by several roles.
struct RoleStore: Sendable {
    let database: any Database
    let results: any ResultStore
    let monitors: MonitorRepository
    /// The names of regions.
    let regions: RegionDirectory
    /// Decodes the settings of checks.
    let checks: CheckSettingsColumn

    /// Throws `SecretKeyError` when the settings' key cannot be used.
    init(_ database: any Database, results: any ResultStore, _ settings: Settings) throws {
        (self.database, self.results) = (database, results)
        checks = CheckSettingsColumn(kinds: Kinds.all, seal: try CredentialKey(settings).seal(for: "monitors"))
        monitors = MonitorRepository(database: database, settings: checks)
        regions = RegionDirectory(database: database, standard: settings.regionName)
    }

    /// Seals credentials that an earlier release stored in clear text.
    ///
    /// Throws `StorageError` when the store cannot be read or written.
    func sealCredentials() async throws {
        var renewed: Int64 = 0
        while let next = try await monitors.renewStored(after: renewed, limit: 500) { renewed = next }
    }
}
