package import Base

/// The kind of environment that the program runs in.
package enum RunEnvironment: String, Sendable, CaseIterable { case development, staging, production }

/// The format of log records; `auto` is text on a terminal and JSON elsewhere.
package enum LogFormat: String, Sendable, CaseIterable { case auto, text, json }

/// Every setting, declared once; files, variables, flags, help and documentation follow this table.
package enum SettingKeys {
    package static let environment = Setting<RunEnvironment>(
        "environment",
        environment: ["SENTINEL_ENV", "ENVIRONMENT"],
        flag: "environment",
        default: .development,
        .choice,
        help: "The kind of environment; shown by /health."
    )
    package static let apiHost = Setting<String>(
        "api.host",
        environment: ["API_HOST"],
        flag: "host",
        default: "127.0.0.1",
        .text("HOST", length: 1...255),
        help: "Address the API listens on; only loopback in this version."
    )
    package static let apiPort = Setting<Int>(
        "api.port",
        environment: ["API_PORT"],
        flag: "port",
        default: 8000,
        .integer(0...65_535, "PORT"),
        help: "Port the API listens on; 0 takes any free one."
    )
    package static let databaseURL = Setting<DatabaseLocation>(
        "database.url",
        environment: ["DATABASE_URL"],
        flag: "database",
        default: .sqlite(path: "data/sentinel.db"),
        DatabaseLocation.reader,
        masking: .urlPassword,
        help: "Where monitors and results are kept: sqlite:PATH."
    )
    package static let logLevel = Setting<LogLevel>(
        "log.level",
        environment: ["LOG_LEVEL"],
        flag: "log-level",
        default: .info,
        ValueReader(
            expected: "one of trace, debug, info, notice, warning, error, critical",
            placeholder: "LEVEL",
            read: { LogLevel(name: $0) },
            write: { $0.rawValue }
        ),
        help: "Least level that is logged: trace, debug, info, notice, warning, error or critical."
    )
    package static let logFormat = Setting<LogFormat>(
        "log.format",
        environment: ["LOG_FORMAT"],
        flag: "log-format",
        default: .auto,
        .choice,
        help: "How log records are written; auto is text on a terminal, JSON elsewhere."
    )
    package static let region = Setting<String>(
        "region",
        environment: ["SENTINEL_REGION"],
        flag: "region",
        default: "local",
        ValueReader(
            expected: "a name of 1 to 50 lower-case letters, digits, '-' and '_'",
            placeholder: "NAME",
            read: { text in
                let allowed = text.utf8.allSatisfy { $0 &- 48 <= 9 || $0 &- 97 <= 25 || $0 == 45 || $0 == 95 }
                return allowed && (1...50).contains(text.utf8.count) ? text : nil
            },
            write: { $0 }
        ),
        help: "Name of the place that checks are made from."
    )
    package static let allowedHosts = Setting<[String]>(
        "api.allowed_hosts",
        environment: ["ALLOWED_HOSTS"],
        flag: "allowed-hosts",
        default: [],
        .words("HOST,…"),
        help: "Host names the API answers to besides the loopback's."
    )
    package static let trustedOrigins = Setting<[String]>(
        "api.trusted_origins",
        environment: ["CSRF_TRUSTED_ORIGINS"],
        flag: "trusted-origins",
        default: [],
        .words("URL,…"),
        help: "Origins whose pages may write, besides the API's own."
    )
    package static let secretKey = Setting<String?>(
        "secret_key",
        environment: ["SECRET_KEY"],
        default: nil,
        ValueReader.anyText("TEXT", maximum: 4096).optional,
        masking: .whole,
        help:
            "Key that stored credentials are encrypted with; without it one is kept in a file beside the database."
    )
}

extension SettingKeys {
    package static let checkInterval = Setting<Duration>(
        "checks.interval",
        environment: ["CHECK_INTERVAL"],
        flag: "interval",
        default: .seconds(60),
        .duration(.seconds(10)...(.seconds(86_400))),
        help: "Interval of new monitors that name none."
    )
    package static let checkTimeout = Setting<Duration>(
        "checks.timeout",
        environment: ["DEFAULT_TIMEOUT"],
        flag: "timeout",
        default: .seconds(10),
        .duration(.seconds(1)...(.seconds(60))),
        help: "Time limit of new monitors that name none."
    )
    package static let maximumConcurrentChecks = Setting<Int>(
        "checks.concurrency",
        environment: ["MAX_CONCURRENT_CHECKS"],
        flag: "max-concurrent-checks",
        default: 4000,
        .integer(1...50_000),
        help: "Checks that may run at once."
    )
    package static let targetConcurrency = Setting<Int>(
        "checks.target_concurrency",
        environment: ["SENTINEL_TARGET_CONCURRENCY"],
        flag: "target-concurrency",
        default: 1000,
        .integer(1...50_000),
        help: "Checks of one scheme, host and port that may run at once."
    )
    package static let lookahead = Setting<Duration>(
        "checks.lookahead",
        environment: ["SENTINEL_LOOKAHEAD"],
        default: .seconds(2),
        .duration(.milliseconds(10)...(.seconds(10))),
        help: "How long before it is due a check is handed to a worker."
    )
    package static let resolver = Setting<String?>(
        "probes.resolver",
        environment: ["SENTINEL_RESOLVER"],
        flag: "resolver",
        default: nil,
        ValueReader.nameServer.optional,
        help: "Name server to ask; the system's when empty."
    )
    package static let tlsDirectory = Setting<String?>(
        "probes.tls_directory",
        environment: ["SENTINEL_TLS_DIRECTORY"],
        default: nil,
        ValueReader<String>.text("FOLDER").optional,
        help: "Folder whose certificates, keys and request bodies monitors may name; none when empty."
    )
    package static let crlFile = Setting<String?>(
        "probes.crl_file",
        environment: ["SENTINEL_CRL_FILE"],
        default: nil,
        ValueReader<String>.text("FILE").optional,
        help: "PEM file of certificate revocation lists; none is looked at when empty."
    )
    package static let denyPrivate = Setting<Bool>(
        "probes.deny_private",
        environment: ["SENTINEL_DENY_PRIVATE"],
        flag: "deny-private",
        default: false,
        .boolean,
        help: "Refuse targets on loopback and private addresses."
    )
    package static let probeLoops = Setting<Int>(
        "probes.loops",
        environment: ["SENTINEL_PROBE_LOOPS"],
        flag: "probe-loops",
        default: 1,
        .integer(1...16),
        help: "Event loops (threads) that checks run on."
    )
    package static let canaries = Setting<[String]>(
        "alerting.canaries",
        environment: ["SENTINEL_CANARIES"],
        flag: "canaries",
        default: [],
        .endpoints,
        help: "Hosts that are hardly ever away, HOST:PORT each: when none is reached, this end is offline."
    )
    package static let retention = Setting<Duration>(
        "storage.retention",
        environment: ["SENTINEL_RETENTION"],
        flag: "retention",
        default: .seconds(30 * 86_400),
        .duration(.seconds(3600)...(.seconds(3650 * 86_400))),
        help: "How long raw results are kept."
    )
    package static let incidentRetention = Setting<Duration>(
        "alerting.retention",
        environment: ["SENTINEL_INCIDENT_RETENTION"],
        flag: "incident-retention",
        default: .seconds(365 * 86_400),
        .duration(.seconds(86_400)...(.seconds(3650 * 86_400))),
        help: "How long incidents, notifications and events are kept after their end."
    )
    package static let flushInterval = Setting<Duration>(
        "storage.flush_interval",
        environment: ["SENTINEL_FLUSH_INTERVAL"],
        default: .milliseconds(50),
        .duration(.milliseconds(1)...(.seconds(10))),
        help: "Longest time that a result waits before it is stored."
    )
    package static let flushSize = Setting<Int>(
        "storage.flush_size",
        environment: ["SENTINEL_FLUSH_SIZE"],
        default: 1000,
        .integer(1...10_000),
        help: "Results that are stored together at most."
    )
    package static let bufferedResults = Setting<Int>(
        "storage.buffer_results",
        environment: ["SENTINEL_BUFFER_RESULTS"],
        default: 100_000,
        .integer(1000...10_000_000),
        help: "Results kept in memory while the store cannot be written; the oldest go first when it is full."
    )
    package static let metrics = Setting<Bool>(
        "metrics.enabled",
        environment: ["ENABLE_METRICS"],
        flag: "metrics",
        default: true,
        .boolean,
        help: "Serve /metrics."
    )
    package static let shutdownTimeout = Setting<Duration>(
        "shutdown_timeout",
        environment: ["GRACEFUL_SHUTDOWN_TIMEOUT"],
        flag: "shutdown-timeout",
        default: .seconds(30),
        .duration(.seconds(1)...(.seconds(3600))),
        help: "Longest time that stopping may take."
    )

    /// Every setting, in the order of lists.
    package static let all: [SettingSpec] =
        [
            environment.spec, apiHost.spec, apiPort.spec, databaseURL.spec, logLevel.spec, logFormat.spec, region.spec,
            checkInterval.spec, checkTimeout.spec, maximumConcurrentChecks.spec, targetConcurrency.spec, lookahead.spec,
            resolver.spec, tlsDirectory.spec, crlFile.spec, denyPrivate.spec, probeLoops.spec, canaries.spec,
            incidentRetention.spec, retention.spec, flushInterval.spec, flushSize.spec, bufferedResults.spec,
            allowedHosts.spec, trustedOrigins.spec, metrics.spec, shutdownTimeout.spec,
            secretKey.spec, publicURL.spec, providerDirectory.spec, alertCAFile.spec, alertVerifyTLS.spec,
            prometheusURL.spec, prometheusUser.spec,
            prometheusPassword.spec, prometheusToken.spec, ruleInterval.spec, watchInterval.spec,
        ] + channelSettings.map(\.spec)

    /// Variables of the program's commands that are not settings.
    package static let otherVariables = [
        "SENTINEL_CONFIG", "SENTINEL_URL", "SENTINEL_BASIC", "SENTINEL_BEARER",
    ]
}
