import Base
import Testing
import sentinel

/// What is wrong with the values of settings: where it stands, whatever overrides it.
@Suite struct SettingFaultTests {
    /// Values, of which each setting takes one.
    private static let good = [
        "127.0.0.1:9092", "redis://127.0.0.1:6379/0", "https://hooks.example.org/x", "PLAINTEXT", "PLAIN", "25",
        "slack",
        "a@b.test", "/", "1:abc", "5", "x", "https://status.example.org",
    ]
    private static let bad = ["bad", "8.8.8.8", "://?", "/nonexistent", "postgres://db/x?ssl=require", "-1", "nobody"]

    private static func lines(file: (name: String, text: String)? = nil, _ environment: [String: String]) -> [String] {
        var sources = ConfigurationSources()
        sources.filePath = "sentinel.yaml"
        sources.fileEntries = file.map { [.init(name: $0.name, text: $0.text, line: 7)] } ?? []
        sources.environment = environment
        let found = Configuration.resolve(SettingKeys.all, from: sources, SettingKeys.otherVariables)
        return found.problems.map { "\($0)" } + Settings(found.configuration).refusals
    }

    @Test("a value is checked with its place, also one that a stronger source overrides", arguments: SettingKeys.all)
    func overriddenValuesAreChecked(_ spec: SettingSpec) throws {
        let variable = try #require(spec.environment.first)
        let samples = (spec.defaultText.isEmpty ? [] : [spec.defaultText]) + Self.good
        let accepted = samples.filter { spec.normalized($0) != nil }
        // A file that can be used is on no machine for certain.
        let stronger = try #require(
            accepted.first { sample in
                !Self.lines([variable: sample]).contains { $0.contains("(environment \(variable)): ") }
            } ?? accepted.first,
            "no sample fits \(spec.name)"
        )
        for text in Self.bad {
            let place = "\(spec.name) (sentinel.yaml:7): "
            let alone = Self.lines(file: (spec.name, text), [:]).contains { $0.hasPrefix(place) }
            let beneath = Self.lines(file: (spec.name, text), [variable: stronger]).contains { $0.hasPrefix(place) }
            #expect(alone == beneath, "\(text) beneath \(stronger)")
        }
    }

    @Test(
        "what a setting cannot mean is refused where it stands",
        arguments: [
            ("api.host", "8.8.8.8"), ("redis.url", "bad"), ("kafka.bootstrap_servers", "bad"),
            ("kafka.security_protocol", "bad"), ("kafka.sasl_mechanism", "bad"), ("alerts.slack_webhook_url", "bad"),
            ("alerts.smtp_port", "bad"), ("alerts.email_from", "nobody"), ("probes.crl_file", "/nonexistent"),
            ("probes.tls_directory", "/nonexistent"), ("alerts.ca_file", "/nonexistent"),
            ("alerts.provider_directory", "/nonexistent"), ("database.url", "postgres://db/x?ssl=require"),
        ]
    )
    func refused(_ name: String, _ text: String) {
        let lines = Self.lines(file: (name, text), ["SMTP_HOST": "mail.test", "SECRET_KEY": "k"])
        #expect(lines.contains { $0.hasPrefix("\(name) (sentinel.yaml:7): ") }, "\(lines)")
    }

    @Test("a variable that has two names is named as it was given") func synonyms() {
        let lines = Self.lines(["KAFKA_BROKER": "bad"])
        #expect(lines.count == 1 && lines[0].hasPrefix("kafka.bootstrap_servers (environment KAFKA_BROKER): 'bad'"))
    }

    @Test("settings that do not go together are refused with their places") func together() {
        let user = Self.lines(file: ("prometheus.user", "u"), [:])
        #expect(user.count == 1 && user[0].contains("(prometheus.user: sentinel.yaml:7)"), "\(user)")
        let kafka = Self.lines(file: ("kafka.sasl_username", "u"), ["KAFKA_BROKER": "a:1"])
        #expect(
            kafka.count == 1 && kafka[0].contains("kafka.sasl_username: sentinel.yaml:7")
                && kafka[0].contains("kafka.bootstrap_servers: environment KAFKA_BROKER"),
            "\(kafka)"
        )
        let mail = Self.lines(file: ("alerts.smtp_host", "mail.test"), [:])
        #expect(!mail.isEmpty && mail.allSatisfy { $0.contains("alerts.smtp_host: sentinel.yaml:7") }, "\(mail)")
    }
}
