import Base

extension SettingKeys {
    /// How checks are made.
    static let checks: [SettingEntry] = [
        .setting(
            "checks.interval",
            \.checkInterval,
            environment: ["CHECK_INTERVAL"],
            flag: "interval",
            .duration(.seconds(10)...(.seconds(86_400)), inWholeSeconds: true),
            help: "Interval of new monitors that name none."
        ),
        .setting(
            "checks.timeout",
            \.checkTimeout,
            environment: ["DEFAULT_TIMEOUT"],
            flag: "timeout",
            .duration(.seconds(1)...(.seconds(60))),
            help: "Time limit of new monitors that name none."
        ),
        .setting(
            "checks.concurrency",
            \.maximumConcurrentChecks,
            environment: ["MAX_CONCURRENT_CHECKS"],
            flag: "max-concurrent-checks",
            .integer(1...50_000),
            help: "Checks that may run at once."
        ),
        .setting(
            "checks.target_concurrency",
            \.targetConcurrency,
            environment: ["SENTINEL_TARGET_CONCURRENCY"],
            flag: "target-concurrency",
            .integer(1...50_000),
            help: "Checks of one scheme, host and port that may run at once."
        ),
        .setting(
            "checks.lookahead",
            \.lookahead,
            environment: ["SENTINEL_LOOKAHEAD"],
            .duration(.milliseconds(10)...(.seconds(10))),
            help: "How long before it is due a check is handed to a worker."
        ),
        .setting(
            "checks.requests_per_minute",
            \.requestedChecks,
            environment: ["CHECK_REQUESTS_PER_MINUTE"],
            .integer(0...1_000_000),
            help: "How often a check of one monitor may be requested from one address in a minute; 0 for any number."
        ),
        .setting(
            "probes.resolver",
            \.resolver,
            environment: ["SENTINEL_RESOLVER"],
            flag: "resolver",
            ValueReader.nameServer.optional,
            help: "Name server to ask; the system's when empty."
        ),
        .setting(
            "probes.tls_directory",
            \.tlsDirectory,
            environment: ["SENTINEL_TLS_DIRECTORY"],
            ValueReader<String>.text("FOLDER").optional,
            help: "Folder whose certificates, keys and request bodies monitors may name; none when empty."
        )
        .refusing(Settings.folderFault),
        .setting(
            "probes.crl_file",
            \.crlFile,
            environment: ["SENTINEL_CRL_FILE"],
            ValueReader<String>.text("FILE").optional,
            help: "PEM file of certificate revocation lists; none is looked at when empty."
        )
        .refusing(SettingFaults.revocations),
        .setting(
            "probes.deny_private",
            \.denyPrivate,
            environment: ["SENTINEL_DENY_PRIVATE"],
            flag: "deny-private",
            .boolean,
            help: "Refuse targets on loopback and private addresses."
        ),
        .setting(
            "probes.loops",
            \.probeLoops,
            environment: ["SENTINEL_PROBE_LOOPS"],
            flag: "probe-loops",
            .integer(1...16),
            help: "Event loops (threads) that checks run on."
        ),
        .setting(
            "alerting.canaries",
            \.canaries,
            environment: ["SENTINEL_CANARIES"],
            flag: "canaries",
            .endpoints,
            help: "Hosts that are hardly ever away, HOST:PORT each: when none is reached, this end is offline."
        ),
    ]

    /// What is kept, and what the API and the process as a whole do.
    static let storage: [SettingEntry] = [
        .setting(
            "alerting.retention",
            \.incidentRetention,
            environment: ["SENTINEL_INCIDENT_RETENTION"],
            flag: "incident-retention",
            .duration(.seconds(86_400)...(.seconds(3650 * 86_400))),
            help: "How long incidents, notifications and events are kept after their end."
        ),
        .setting(
            "redis.url",
            \.redisURL,
            environment: ["REDIS_URL"],
            ValueReader.anyText("URL", maximum: 4096).optional,
            masking: .whole,
            help:
                "The Redis server that the roles of a cluster share: redis[s]://[USER][:PASSWORD]@HOST[:PORT][/DATABASE]."
        )
        .refusing(SettingFaults.redis),
        .setting(
            "kafka.bootstrap_servers",
            \.kafkaVariables["KAFKA_BOOTSTRAP_SERVERS"],
            environment: ["KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BROKER"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            help: "Kafka's servers, HOST:PORT with commas between them; Redis is the broker when empty."
        )
        .refusing(SettingFaults.kafka("KAFKA_BOOTSTRAP_SERVERS")),
        .setting(
            "kafka.security_protocol",
            \.kafkaVariables["KAFKA_SECURITY_PROTOCOL"],
            environment: ["KAFKA_SECURITY_PROTOCOL"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            help: "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."
        )
        .refusing(SettingFaults.kafka("KAFKA_SECURITY_PROTOCOL")),
        .setting(
            "kafka.sasl_mechanism",
            \.kafkaVariables["KAFKA_SASL_MECHANISM"],
            environment: ["KAFKA_SASL_MECHANISM"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            help: "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512."
        )
        .refusing(SettingFaults.kafka("KAFKA_SASL_MECHANISM")),
        .setting(
            "kafka.sasl_username",
            \.kafkaVariables["KAFKA_SASL_USERNAME"],
            environment: ["KAFKA_SASL_USERNAME"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            help: "The user's name at Kafka."
        )
        .refusing(SettingFaults.kafka("KAFKA_SASL_USERNAME")),
        .setting(
            "kafka.sasl_password",
            \.kafkaVariables["KAFKA_SASL_PASSWORD"],
            environment: ["KAFKA_SASL_PASSWORD"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            masking: .whole,
            help: "The user's password at Kafka."
        )
        .refusing(SettingFaults.kafka("KAFKA_SASL_PASSWORD")),
        .setting(
            "kafka.ca_file",
            \.kafkaVariables["KAFKA_CA_FILE"],
            environment: ["KAFKA_CA_FILE"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            help: "PEM file of the authorities for Kafka; the system's when empty."
        )
        .refusing(SettingFaults.kafka("KAFKA_CA_FILE")),
        .setting(
            "storage.retention",
            \.retention,
            environment: ["SENTINEL_RETENTION"],
            flag: "retention",
            .duration(.seconds(3600)...(.seconds(3650 * 86_400))),
            help: "How long raw results are kept."
        ),
        .setting(
            "storage.flush_interval",
            \.flushInterval,
            environment: ["SENTINEL_FLUSH_INTERVAL"],
            .duration(.milliseconds(1)...(.seconds(10))),
            help: "Longest time that a result waits before it is stored."
        ),
        .setting(
            "storage.flush_size",
            \.flushSize,
            environment: ["SENTINEL_FLUSH_SIZE"],
            .integer(1...10_000),
            help: "Results that are stored together at most."
        ),
        .setting(
            "storage.buffer_results",
            \.bufferedResults,
            environment: ["SENTINEL_BUFFER_RESULTS"],
            .integer(1000...10_000_000),
            help: "Results kept in memory while the store cannot be written; the oldest go first when it is full."
        ),
        .setting(
            "api.allowed_hosts",
            \.allowedHosts,
            environment: ["ALLOWED_HOSTS"],
            flag: "allowed-hosts",
            .hosts,
            help: "Host names the API answers to besides the loopback's."
        ),
        .setting(
            "api.trusted_origins",
            \.trustedOrigins,
            environment: ["CSRF_TRUSTED_ORIGINS"],
            flag: "trusted-origins",
            .origins,
            help: "Origins whose pages may write, besides the API's own."
        ),
        .setting(
            "metrics.enabled",
            \.servesMetrics,
            environment: ["ENABLE_METRICS"],
            flag: "metrics",
            .boolean,
            help: "Serve /metrics."
        ),
        .setting(
            "shutdown_timeout",
            \.shutdownTimeout,
            environment: ["GRACEFUL_SHUTDOWN_TIMEOUT"],
            flag: "shutdown-timeout",
            .duration(.seconds(1)...(.seconds(3600))),
            help: "Longest time that stopping may take."
        ),
        .setting(
            "secret_key",
            \.secretKey,
            environment: ["SECRET_KEY"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            masking: .whole,
            help:
                "Key that stored credentials are encrypted with; without it one is kept in a file beside the database."
        ),
    ]
}
