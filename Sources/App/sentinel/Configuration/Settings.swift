package import Base
package import Domain

/// The effective settings, typed; each has its default here, and everything else in a line of `SettingKeys`.
package struct Settings: Sendable {
    package var environment: RunEnvironment = .development
    /// An address or `localhost`.
    package var apiHost: String = "127.0.0.1"
    /// 0 takes any free port.
    package var apiPort: Int = 8000
    package var database: DatabaseLocation = .sqlite(path: "data/sentinel.db")
    /// The parts of a PostgreSQL address, for those who have no URL.
    package var postgresHost: String?
    package var postgresPort: Int = 5432
    package var postgresDatabase: String?
    package var postgresUser: String?
    /// Secret.
    package var postgresPassword: String?
    /// Secret, because it may hold a password; nil when there is none.
    package var redisURL: String?
    /// The variables that say how Kafka is reached, by name, some of them secret; empty when there is none.
    package var kafkaVariables: [String: String] = [:]
    package var logLevel: LogLevel = .info
    package var logFormat: LogFormat = .auto
    package var region: String = "local"
    /// The place that checks are made from, and the default region.
    package var regionName: RegionName { RegionName(rawValue: region) ?? .local }
    /// The default for new monitors.
    package var checkInterval: Duration = .seconds(60)
    /// The default for new monitors.
    package var checkTimeout: Duration = .seconds(10)
    package var maximumConcurrentChecks: Int = 4000
    /// How many checks of one host and port may run at once.
    package var targetConcurrency: Int = 1000
    package var lookahead: Duration = .seconds(2)
    /// How often a check of one monitor may be requested from one address in a minute; 0 for any number.
    package var requestedChecks: Int = 120
    /// `ADDRESS:PORT`; nil uses the system's.
    package var resolver: String?
    /// The folder whose files monitors may name.
    package var tlsDirectory: String?
    package var crlFile: String?
    package var denyPrivate: Bool = false
    package var probeLoops: Int = 1
    /// Each is `HOST:PORT`.
    package var canaries: [String] = []
    /// The retention of raw results.
    package var retention: Duration = .seconds(30 * 86_400)
    package var incidentRetention: Duration = .seconds(365 * 86_400)
    package var flushInterval: Duration = .milliseconds(100)
    package var flushSize: Int = 1000
    /// How many results are kept in memory while the store cannot be written.
    package var bufferedResults: Int = 100_000
    /// Accepted host names besides the loopback's.
    package var allowedHosts: [String] = []
    package var trustedOrigins: [String] = []
    package var servesMetrics: Bool = true
    package var shutdownTimeout: Duration = .seconds(30)
    /// Secret.
    package var secretKey: String?
    /// The address of this installation for people; nil uses the API's own address.
    package var publicURL: String?
    package var providerDirectory: String?
    /// The authorities for receivers of notifications; nil uses the system's.
    package var alertCAFile: String?
    package var alertVerifiesTLS: Bool = true
    /// The variables that configure channels; some are secret.
    package var channelVariables: [String: String] = [:]
    /// nil when there is none.
    package var prometheusURL: String?
    package var prometheusUser: String?
    /// Secret.
    package var prometheusPassword: String?
    /// Secret.
    package var prometheusToken: String?
    /// The default for rules.
    package var ruleInterval: Duration = .seconds(60)
    /// The interval of messages about a server.
    package var watchInterval: Duration = .seconds(5)

    /// Every value that was given, weakest first, with its place.
    private(set) var given: [Configuration.Entry] = []

    /// The defaults.
    package init() {}

    package init(_ configuration: Configuration) {
        given = configuration.given
        for entry in SettingKeys.entries { entry.take(configuration, &self) }
    }

    /// Why one role of a cluster must not start with these settings, for people.
    func refusals(for role: Role) -> [String] {
        var refusals: [String] = []
        if role.usesDatabase, case .sqlite = database {
            refusals.append(
                "the roles of a cluster share a PostgreSQL database: set DATABASE_URL, such as "
                    + "postgres://sentinel@127.0.0.1/sentinel (or use 'sentinel serve', which keeps a file)"
            )
        }
        // With a database that is asked for already.
        if !role.usesDatabase, secretKey == nil {
            refusals.append(
                "SECRET_KEY is not set: the roles of a cluster seal credentials with the same key; "
                    + "'openssl rand -hex 32' makes one"
            )
        }
        return refusals
    }
}
