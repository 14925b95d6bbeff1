package import Base
package import Domain
import HTTPClient
import KafkaBroker
import Notify
import Redis
import Postgres

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

    /// The defaults.
    package init() {}

    package init(_ configuration: Configuration) {
        for entry in SettingKeys.entries { entry.take(configuration, &self) }
    }

    /// Why `serve` must not start with these settings, for people; empty when it may start.
    ///
    /// Blocks on the small files that settings name.
    ///
    /// Secrets are added here once something depends on them (`environment == .production` refuses weak ones).
    package var refusals: [String] {
        var refusals: [String] = []
        if !Self.isLoopback(apiHost) {
            refusals.append(
                "api.host '\(apiHost)' is not a loopback address: this version has no authentication yet, "
                    + "so it listens on 127.0.0.1, ::1 or localhost only"
            )
        }
        if case .postgres(let url) = database {
            if let fault = PostgresConfiguration.fault(url: url) { refusals.append("database.url: \(fault)") }
            if secretKey == nil {
                refusals.append(
                    "secret_key (SECRET_KEY) is missing: on PostgreSQL there is no folder to keep a key in, and all "
                        + "processes need the same one; 'openssl rand -hex 32' makes one"
                )
            }
        }
        if let redisURL {
            do throws(RedisURL.ParseError) { _ = try RedisURL(redisURL) } catch { refusals.append("\(error)") }
        }
        if !kafkaVariables.isEmpty {
            do throws(ConfigurationError) { _ = try KafkaConfiguration(environment: kafkaVariables) } catch {
                refusals += error.problems.map { "\($0)" }
            }
        }
        if prometheusToken != nil, prometheusUser != nil || prometheusPassword != nil {
            refusals.append("prometheus.token and prometheus.user are both set: Prometheus is shown one of them only")
        } else if (prometheusUser == nil) != (prometheusPassword == nil) {
            refusals.append("prometheus.user and prometheus.password belong together: one of them is missing")
        }
        return refusals + fileRefusals + channelRefusals
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

    /// What is wrong with the variables that set channels up; reads the files of further kinds.
    private var channelRefusals: [String] {
        // What is wrong with those files is among `fileRefusals`; the kinds that variables set up are built in.
        guard let catalog = (try? ProviderCatalog.load(directory: providerDirectory)) ?? (try? ProviderCatalog.load())
        else { return [] }
        switch EnvironmentChannels.channels({ channelVariables[$0] }, catalog: catalog) {
        case .success: return []
        case .failure(let faults): return faults.all.map(\.description)
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host.lowercased() == "localhost" { return true }
        guard let address = IPAddress(host) else { return false }
        return address.family == .v4 ? address.low >> 24 == 127 : address == IPAddress("::1")
    }
}
