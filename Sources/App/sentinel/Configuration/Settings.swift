package import Base
import HTTPClient

/// The effective settings, typed.
package struct Settings: Sendable {
    package var environment: RunEnvironment
    /// An address or `localhost`.
    package var apiHost: String
    /// 0 takes any free port.
    package var apiPort: Int
    package var database: DatabaseLocation
    package var logLevel: LogLevel
    package var logFormat: LogFormat
    package var region: String
    /// The default for new monitors.
    package var checkInterval: Duration
    /// The default for new monitors.
    package var checkTimeout: Duration
    package var maximumConcurrentChecks: Int
    /// How many checks of one host and port may run at once.
    package var targetConcurrency: Int
    package var lookahead: Duration
    /// `ADDRESS:PORT`; nil uses the system's.
    package var resolver: String?
    /// The folder whose files monitors may name.
    package var tlsDirectory: String?
    package var crlFile: String?
    package var denyPrivate: Bool
    package var probeLoops: Int
    /// Each is `HOST:PORT`.
    package var canaries: [String]
    /// The retention of raw results.
    package var retention: Duration
    package var incidentRetention: Duration
    package var flushInterval: Duration
    package var flushSize: Int
    /// How many results are kept in memory while the store cannot be written.
    package var bufferedResults: Int
    /// Accepted host names besides the loopback's.
    package var allowedHosts: [String]
    package var trustedOrigins: [String]
    package var servesMetrics: Bool
    package var shutdownTimeout: Duration
    /// Secret.
    package var secretKey: String?
    /// The address of this installation for people; nil uses the API's own address.
    package var publicURL: String?
    package var providerDirectory: String?
    /// The authorities for receivers of notifications; nil uses the system's.
    package var alertCAFile: String?
    package var alertVerifiesTLS: Bool
    /// The variables that configure channels; some are secret.
    package var channelVariables: [String: String]
    /// nil when there is none.
    package var prometheusURL: String?
    package var prometheusUser: String?
    /// Secret.
    package var prometheusPassword: String?
    /// Secret.
    package var prometheusToken: String?
    /// The default for rules.
    package var ruleInterval: Duration
    /// The interval of messages about a server.
    package var watchInterval: Duration

    package init(_ configuration: Configuration) {
        environment = configuration[SettingKeys.environment]
        apiHost = configuration[SettingKeys.apiHost]
        apiPort = configuration[SettingKeys.apiPort]
        database = configuration[SettingKeys.databaseURL]
        logLevel = configuration[SettingKeys.logLevel]
        logFormat = configuration[SettingKeys.logFormat]
        region = configuration[SettingKeys.region]
        checkInterval = configuration[SettingKeys.checkInterval]
        checkTimeout = configuration[SettingKeys.checkTimeout]
        maximumConcurrentChecks = configuration[SettingKeys.maximumConcurrentChecks]
        targetConcurrency = configuration[SettingKeys.targetConcurrency]
        lookahead = configuration[SettingKeys.lookahead]
        resolver = configuration[SettingKeys.resolver]
        tlsDirectory = configuration[SettingKeys.tlsDirectory]
        crlFile = configuration[SettingKeys.crlFile]
        denyPrivate = configuration[SettingKeys.denyPrivate]
        probeLoops = configuration[SettingKeys.probeLoops]
        canaries = configuration[SettingKeys.canaries]
        retention = configuration[SettingKeys.retention]
        incidentRetention = configuration[SettingKeys.incidentRetention]
        flushInterval = configuration[SettingKeys.flushInterval]
        flushSize = configuration[SettingKeys.flushSize]
        bufferedResults = configuration[SettingKeys.bufferedResults]
        allowedHosts = configuration[SettingKeys.allowedHosts]
        trustedOrigins = configuration[SettingKeys.trustedOrigins]
        servesMetrics = configuration[SettingKeys.metrics]
        shutdownTimeout = configuration[SettingKeys.shutdownTimeout]
        secretKey = configuration[SettingKeys.secretKey]
        publicURL = configuration[SettingKeys.publicURL]
        providerDirectory = configuration[SettingKeys.providerDirectory]
        alertCAFile = configuration[SettingKeys.alertCAFile]
        alertVerifiesTLS = configuration[SettingKeys.alertVerifyTLS]
        channelVariables = [:]
        for setting in SettingKeys.channelSettings {
            if let name = setting.spec.environment.first { channelVariables[name] = configuration[setting] }
        }
        prometheusURL = configuration[SettingKeys.prometheusURL]
        prometheusUser = configuration[SettingKeys.prometheusUser]
        prometheusPassword = configuration[SettingKeys.prometheusPassword]
        prometheusToken = configuration[SettingKeys.prometheusToken]
        ruleInterval = configuration[SettingKeys.ruleInterval]
        watchInterval = configuration[SettingKeys.watchInterval]
    }

    /// Why `serve` must not start with these settings, for people; empty when it may start.
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
        if case .postgres = database {
            refusals.append("database.url names PostgreSQL, which is not in this version yet; use sqlite:PATH")
        }
        if prometheusToken != nil, prometheusUser != nil || prometheusPassword != nil {
            refusals.append("prometheus.token and prometheus.user are both set: Prometheus is shown one of them only")
        } else if (prometheusUser == nil) != (prometheusPassword == nil) {
            refusals.append("prometheus.user and prometheus.password belong together: one of them is missing")
        }
        return refusals
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host.lowercased() == "localhost" { return true }
        guard let address = IPAddress(host) else { return false }
        return address.family == .v4 ? address.low >> 24 == 127 : address == IPAddress("::1")
    }
}
