import Base
import Testing

/// A small table of settings.
private enum Sample {
    static let port = Setting<Int>(
        "api.port",
        environment: ["SENTINEL_PORT", "PORT"],
        flag: "port",
        default: 8000,
        .integer(0...65_535),
        help: "Port."
    )
    static let wait = Setting<Duration>(
        "wait",
        environment: ["SENTINEL_WAIT"],
        default: .seconds(5),
        .duration(.seconds(1)...(.seconds(60))),
        help: "Wait."
    )
    static let key = Setting<String?>(
        "key",
        environment: ["KEY"],
        default: nil,
        ValueReader.text("KEY", length: 8...64).optional,
        masking: .whole,
        help: "Key."
    )
    static let database = Setting<String>(
        "database",
        environment: ["DATABASE"],
        default: "file:x",
        .text("URL", length: 1...40),
        masking: .urlPassword,
        help: "Database."
    )
    static let all = [port.spec, wait.spec, key.spec, database.spec]

    static func resolve(_ sources: ConfigurationSources) throws(ConfigurationError) -> Configuration {
        try Configuration(all, from: sources, knownVariables: ["SENTINEL_URL"])
    }
}

@Suite struct ConfigurationTests {
    /// Every source gives the port a different value.
    private func sources(_ parts: Set<String>) throws -> ConfigurationSources {
        var sources = ConfigurationSources()
        if parts.contains("file") {
            sources.filePath = "sentinel.yaml"
            sources.fileEntries = [ConfigurationFileEntry(name: "api.port", text: "1", line: 7)]
        }
        if parts.contains(".env") { sources.dotEnv = try DotEnv(parsing: Array("\n\nPORT=2".utf8), path: ".env") }
        if parts.contains("environment") { sources.environment["PORT"] = "3" }
        if parts.contains("synonym") { sources.environment["SENTINEL_PORT"] = "4" }
        if parts.contains("flag") { sources.flags["port"] = "5" }
        return sources
    }

    @Test(
        arguments: [
            ([], 8000, "default"),
            (["file"], 1, "sentinel.yaml:7"),
            (["file", ".env"], 2, ".env line 3"),
            (["file", ".env", "environment"], 3, "environment PORT"),
            (["environment", "synonym"], 4, "environment SENTINEL_PORT"),
            (["file", ".env", "environment", "synonym", "flag"], 5, "flag --port"),
            (["file", "flag"], 5, "flag --port"),
        ] as [(Set<String>, Int, String)]
    )
    func strongerSourcesWin(_ parts: Set<String>, _ value: Int, _ origin: String) throws {
        let configuration = try Sample.resolve(sources(parts))
        #expect(configuration[Sample.port] == value)
        #expect(configuration.origin(of: "api.port").description == origin)
        #expect(configuration[Sample.wait] == .seconds(5))
    }

    @Test func emptyVariablesCountAsUnset() throws {
        var sources = try sources(["file"])
        sources.environment = ["PORT": "", "KEY": ""]
        sources.dotEnv = try DotEnv(parsing: Array("PORT=".utf8), path: ".env")
        let configuration = try Sample.resolve(sources)
        #expect(configuration[Sample.port] == 1)
        #expect(configuration[Sample.key] == nil)
    }

    @Test func valuesAreNormalized() throws {
        var sources = ConfigurationSources()
        sources.environment = ["SENTINEL_WAIT": "10", "PORT": "0080"]
        let configuration = try Sample.resolve(sources)
        #expect(configuration.entries.map(\.text) == ["80", "10s", "", "file:x"])
    }

    @Test func everyErrorNamesItsLocation() throws {
        var sources = try sources([".env"])
        sources.filePath = "conf/s.yaml"
        sources.fileEntries = [
            ConfigurationFileEntry(name: "api.prot", text: "1", line: 2),
            ConfigurationFileEntry(name: "api.port", text: nil, line: 3),
            ConfigurationFileEntry(name: "colour", text: "1", line: 4),
        ]
        sources.environment = ["PORT": "99999", "SENTINEL_WAIT": "2m", "KEY": "hunter2"]
        sources.flags = ["port": "x"]
        let error = #expect(throws: ConfigurationError.self) { try Sample.resolve(sources) }
        #expect(
            error?.description == """
                conf/s.yaml:2: unknown key 'api.prot'; did you mean 'api.port'?
                conf/s.yaml:4: unknown key 'colour'
                api.port (conf/s.yaml:3): the value is not a whole number from 0 to 65535
                api.port (environment PORT): '99999' is not a whole number from 0 to 65535
                api.port (flag --port): 'x' is not a whole number from 0 to 65535
                wait (environment SENTINEL_WAIT): '2m' is not a duration from 1s to 1m (such as 10s; a bare number is seconds)
                key (environment KEY): the value is not a text of 8 to 64 bytes without control characters
                """
        )
    }

    @Test func onlyOwnVariablesWarn() throws {
        var sources = ConfigurationSources()
        sources.environment = [
            "SENTINEL_WIAT": "1", "SENTINEL_URL": "x", "SENTINEL_ENTIRELY_ELSE": "1", "HOME": "/", "PROT": "1",
        ]
        sources.dotEnv = try DotEnv(parsing: Array("A=1\nSENTINEL_PROT=1\nFLOWER_USER=x".utf8), path: ".env")
        #expect(
            try Sample.resolve(sources).warnings == [
                "SENTINEL_ENTIRELY_ELSE (environment SENTINEL_ENTIRELY_ELSE) is not a setting",
                "SENTINEL_WIAT (environment SENTINEL_WIAT) is not a setting; did you mean SENTINEL_WAIT?",
                "SENTINEL_PROT (.env line 2) is not a setting; did you mean SENTINEL_PORT?",
            ]
        )
    }

    @Test(arguments: [
        ("postgres://me:hunter2@db/x", "postgres://me:********@db/x"),
        ("postgres://me:pa/ss@w@db/x", "postgres://me:********@db/x"),
        ("postgres://me@db/x", "postgres://me@db/x"),
        ("postgres://db:5432/x?password=hunter2&a=b", "postgres://db:5432/x?password=********&a=b"),
        ("sqlite:data/x.db", "sqlite:data/x.db"),
        ("", ""),
    ])
    func passwordsInURLsAreMasked(_ url: String, _ shown: String) {
        #expect(Sample.database.spec.shown(url) == shown)
    }

    @Test func secretsAreMaskedWhole() {
        #expect(Sample.key.spec.shown("hunter2hunter2") == "********")
        #expect(Sample.key.spec.shown("") == "")
    }

    @Test(
        arguments: [
            ("timeout", ["tiemout"]), ("timeout", ["timeot", "timeoutt", "TIMEOUT", "timuot"]),
            (nil, ["xyz", "", "t", "completely-different"]),
        ] as [(String?, [String])]
    )
    func suggestionsAreNear(_ expected: String?, _ words: [String]) {
        for word in words {
            #expect(Suggestion.nearest(to: word, among: ["timeout", "method", "header"]) == expected, "\(word)")
        }
    }

    @Test func credentialsOfAURLAreInNoError() {
        let problem = ConfigurationError.Problem.invalid(
            name: "prometheus.url",
            origin: .environment(variable: "PROMETHEUS_URL"),
            found: "http://admin:S3cret@word@h/",
            expected: "a URL"
        )
        #expect(!problem.description.contains("S3cret") && !problem.description.contains("admin"))
        #expect(problem.description.contains("http://***@h/"))
    }
}
