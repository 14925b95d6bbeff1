package import Base
import Domain

/// The kind of environment that the program runs in.
package enum RunEnvironment: String, Sendable, CaseIterable { case development, staging, production }

/// The format of log records; `auto` is text on a terminal and JSON elsewhere.
package enum LogFormat: String, Sendable, CaseIterable { case auto, text, json }

/// Every setting, declared once; files, variables, flags, help and documentation follow this table.
package enum SettingKeys {
    /// Every setting with its place, in the order of lists.
    static let entries = general + checks + storage + alerts + prometheus + channels
    static let byName = Dictionary(uniqueKeysWithValues: entries.map { ($0.spec.name, $0) })

    /// Every setting, in the order of lists.
    package static let all = entries.map(\.spec)

    /// Settings by their names.
    package static func specs(_ names: String...) -> [SettingSpec] { all.filter { names.contains($0.name) } }

    /// Variables of the program's commands that are not settings.
    package static let otherVariables = [
        "SENTINEL_CONFIG", "SENTINEL_URL", "SENTINEL_BASIC", "SENTINEL_BEARER",
    ]

    /// The program as such.
    static let general: [SettingEntry] = [
        .setting(
            "environment",
            \.environment,
            environment: ["SENTINEL_ENV", "ENVIRONMENT"],
            flag: "environment",
            .choice,
            help: "The kind of environment; shown by /health."
        ),
        .setting(
            "api.host",
            \.apiHost,
            environment: ["API_HOST"],
            flag: "host",
            .text("HOST", length: 1...255),
            help: "Address the API listens on; only loopback in this version."
        )
        .refusing(SettingFaults.host),
        .setting(
            "api.port",
            \.apiPort,
            environment: ["API_PORT"],
            flag: "port",
            .integer(0...65_535, "PORT"),
            help: "Port the API listens on; 0 takes any free one."
        ),
        .setting(
            "database.url",
            \.database,
            environment: ["DATABASE_URL"],
            flag: "database",
            DatabaseLocation.reader,
            masking: .urlPassword,
            help: "Where monitors and results are kept: a file of this machine, or a PostgreSQL server."
        )
        .refusing(SettingFaults.database),
        .setting(
            "postgres.host",
            \.postgresHost,
            environment: ["POSTGRES_HOST"],
            ValueReader<String>.text("HOST").optional,
            help: "Host or socket folder of the PostgreSQL server, instead of database.url."
        ),
        .setting(
            "postgres.port",
            \.postgresPort,
            environment: ["POSTGRES_PORT"],
            .integer(1...65_535, "PORT"),
            help: "Port of the PostgreSQL server."
        ),
        .setting(
            "postgres.database",
            \.postgresDatabase,
            environment: ["POSTGRES_DB"],
            ValueReader<String>.text("NAME").optional,
            help: "Database on the PostgreSQL server, instead of database.url."
        ),
        .setting(
            "postgres.user",
            \.postgresUser,
            environment: ["POSTGRES_USER"],
            ValueReader<String>.text("NAME").optional,
            help: "User of the PostgreSQL server."
        ),
        .setting(
            "postgres.password",
            \.postgresPassword,
            environment: ["POSTGRES_PASSWORD"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            masking: .whole,
            help: "Password of the PostgreSQL user, also for a database.url without one."
        ),
        .setting(
            "log.level",
            \.logLevel,
            environment: ["LOG_LEVEL"],
            flag: "log-level",
            ValueReader(
                expected: "one of trace, debug, info, notice, warning, error, critical",
                placeholder: "LEVEL",
                choices: LogLevel.allCases.map(\.rawValue),
                read: { LogLevel(name: $0) },
                write: { $0.rawValue }
            ),
            help: "Least level that is logged: trace, debug, info, notice, warning, error or critical."
        ),
        .setting(
            "log.format",
            \.logFormat,
            environment: ["LOG_FORMAT"],
            flag: "log-format",
            .choice,
            help: "How log records are written; auto is text on a terminal, JSON elsewhere."
        ),
        .setting(
            "region",
            \.region,
            environment: ["SENTINEL_REGION"],
            flag: "region",
            ValueReader(
                expected: "a name of 1 to 50 lower-case letters, digits, '-' and '_'",
                placeholder: "NAME",
                read: { RegionName(rawValue: $0)?.rawValue },
                write: { $0 }
            ),
            help: "Name of the region: where a worker checks from; elsewhere the default region, the same in all roles."
        ),
    ]
}
