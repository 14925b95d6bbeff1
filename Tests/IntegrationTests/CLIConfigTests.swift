import Base
import Testing
import TestSupport
import sentinel

/// `sentinel config`: the effective settings, their sources, and refused values.
@Suite struct CLIConfigTests {
    /// Value and origin by name.
    private func settings(_ output: SentinelBinary.Output) throws -> [String: [JSONValue]] {
        let list = try JSONValue(parsing: output.standardOutput)["settings"]?.arrayValue ?? []
        return Dictionary(
            uniqueKeysWithValues: list.map {
                ($0["name"]?.stringValue ?? "", [$0["value"] ?? .null, $0["origin"] ?? .null])
            }
        )
    }

    @Test func settingsComeFromEverySource() async throws {
        let folder = try CLIFolder()
        folder.write("# mine\nexport LOG_LEVEL=warn\nAPI_PORT=1\nFLOWER_USER=x\n", to: ".env")
        folder.write("api:\n  port: 2\nregion: eu\nchecks:\n  interval: 5m\n  timeout: 3\n", to: "sentinel.yaml")
        let output = try await folder.run(
            ["config", "--json", "--timeout", "4"],
            environment: ["API_PORT": "3", "ENVIRONMENT": "staging", "SENTINEL_ENV": "production", "PATH": "/bin"]
        )
        #expect(output.code == 0)
        #expect(output.standardError == "")
        let settings = try settings(output)
        #expect(settings["api.port"] == [3, "environment API_PORT"])
        #expect(settings["environment"] == ["production", "environment SENTINEL_ENV"])
        #expect(settings["log.level"] == ["warning", ".env line 2"])
        #expect(settings["region"] == ["eu", "sentinel.yaml:3"])
        #expect(settings["checks.interval"] == ["5m", "sentinel.yaml:5"])
        #expect(settings["checks.timeout"] == ["4s", "flag --timeout"])
        #expect(settings["probes.resolver"] == [.null, "default"])
        #expect(settings["metrics.enabled"] == [true, "default"])
    }

    @Test func textIsAligned() async throws {
        let output = try await CLIFolder().run(["config"], environment: ["API_PORT": "9"])
        let lines = output.standardOutput.split(separator: "\n")
        #expect(lines.contains("api.port                    9                        environment API_PORT"))
        #expect(lines.count == SettingKeys.all.count)
    }

    @Test func secretsAreMasked() async throws {
        let environment = ["SECRET_KEY": "hunter2-hunter2", "DATABASE_URL": "postgres://me:hunter2@db/x"]
        for words in [["config"], ["config", "--json"]] {
            let output = try await CLIFolder().run(words, environment: environment)
            #expect(output.code == 0)
            #expect(output.standardError == "")
            #expect(!output.standardOutput.contains("hunter2"))
            #expect(output.standardOutput.contains("postgres://me:********@db/x"))
            #expect(output.standardOutput.contains("environment SECRET_KEY"))
        }
    }

    @Test func allErrorsAreNamedAtOnceEvenThoseOfValidValues() async throws {
        let folder = try CLIFolder()
        folder.write("SENTINEL_REGION=A B\nAPI_PORT='x\n", to: ".env")
        folder.write("api:\n  prot: 2\n", to: "sentinel.yaml")
        let environment = ["API_HOST": "0.0.0.0", "DATABASE_URL": "postgres://db/x?ssl=require", "CHECK_INTERVAL": "9"]
        for command in ["config", "serve"] {
            let output = try await folder.run([command], environment: environment)
            #expect(output.code == 2)
            for words in [
                ".env:2: a quote does not end", "unknown key 'api.prot'", "'9' is not a duration",
                "api.host (environment API_HOST): '0.0.0.0' is not a loopback address", "libpq has no parameter 'ssl'",
                "(SECRET_KEY) is missing",
            ] {
                #expect(output.standardError.contains(words), "\(words): \(output)")
            }
        }
    }

    @Test func errorsNameTheirLocation() async throws {
        let folder = try CLIFolder()
        folder.write("api:\n  prot: 2\nlog: [1]\n", to: "sentinel.yaml")
        let output = try await folder.run(["config"], environment: ["API_PORT": "x", "CHECK_INTERVAL": "9"])
        #expect(output.code == 2)
        #expect(output.standardOutput == "")
        #expect(
            output.standardError == """
                sentinel: sentinel.yaml:2: unknown key 'api.prot'; did you mean 'api.port'?
                sentinel: sentinel.yaml:3: 'log' is a group of settings, not one of its own: set 'log.level' and its like
                sentinel: api.port (environment API_PORT): 'x' is not a whole number from 0 to 65535
                sentinel: checks.interval (environment CHECK_INTERVAL): '9' is not a duration in whole seconds from 10s to 1d \
                (such as 10s, 1m30s, 2h; a bare number is seconds)

                """
        )
    }

    @Test(arguments: [
        (".env", "A=1\nB='x\n", "sentinel: .env:2: a quote does not end\n"),
        (
            ".env", "A=1\nB='x\nC\nA=2\nAPI_PORT=9\n",
            """
            sentinel: .env:2: a quote does not end
            sentinel: .env:3: expected '=' right after 'C'
            sentinel: .env:4: A is already set on line 1

            """
        ),
        (
            "sentinel.yaml", "api: 8000\n",
            "sentinel: sentinel.yaml:1: 'api' is a group of settings, not one of its own: set 'api.host' and its like\n"
        ),
        (
            "sentinel.yaml", "storage:\n  retention: 90\n",
            "sentinel: storage.retention (sentinel.yaml:2): '90' is not a duration from 1h to 3650d "
                + "(such as 2h, 7d; a bare number is seconds)\n"
        ),
        (
            "sentinel.yaml", "a: [\n",
            "sentinel: sentinel.yaml:2: did not find expected node content\n"
        ),
        ("sentinel.yaml", "- 1\n", "sentinel: sentinel.yaml:1: expected 'key: value' pairs\n"),
        ("sentinel.yaml", "just words\n", "sentinel: sentinel.yaml:1: expected 'key: value' pairs\n"),
        (
            "sentinel.yaml", "region: a\nregion: b\n",
            "sentinel: sentinel.yaml:2: duplicate key 'region', first on line 1\n"
        ),
    ])
    func garbageIsRefused(_ name: String, _ text: String, _ message: String) async throws {
        let folder = try CLIFolder()
        folder.write(text, to: name)
        let output = try await folder.run(["config"])
        #expect(output.code == 2)
        #expect(output.standardError == message)
    }

    @Test func errorsOfAllSourcesAreReportedTogether() async throws {
        let folder = try CLIFolder()
        folder.write("A='x\n", to: ".env")
        folder.write("- 1\n", to: "sentinel.yaml")
        let output = try await folder.run(["config"], environment: ["API_PORT": "x"])
        #expect(
            output.standardError == """
                sentinel: .env:1: a quote does not end
                sentinel: sentinel.yaml:1: expected 'key: value' pairs
                sentinel: api.port (environment API_PORT): 'x' is not a whole number from 0 to 65535

                """
        )
    }

    @Test(arguments: ["status.example.org", "ftp://a/", "https://a/?x=1", "https://a/#b", "https:///x"])
    func invalidPublicURLIsRefused(_ url: String) async throws {
        let output = try await CLIFolder().run(["serve"], environment: ["SENTINEL_PUBLIC_URL": url])
        #expect(output.code == 2)
        #expect(
            output.standardError.hasPrefix("sentinel: alerts.public_url (environment SENTINEL_PUBLIC_URL): '\(url)'")
        )
        #expect(output.standardError.contains("https://status.example.org"))
    }

    @Test func misspeltVariablesWarn() async throws {
        let environment = ["SENTINEL_RESOLVR": "1.1.1.1", "SENTINEL_URL": "x"]
        let output = try await CLIFolder().run(["config"], environment: environment)
        #expect(output.code == 0)
        #expect(
            output.standardError == """
                sentinel: warning: SENTINEL_RESOLVR (environment SENTINEL_RESOLVR) is not a setting; \
                did you mean SENTINEL_RESOLVER?

                """
        )
    }

    @Test(arguments: [
        ("probes.crl_file", "SENTINEL_CRL_FILE"), ("probes.tls_directory", "SENTINEL_TLS_DIRECTORY"),
        ("alerts.ca_file", "ALERT_CA_FILE"), ("alerts.provider_directory", "SENTINEL_PROVIDER_DIRECTORY"),
    ])
    func filesThatCannotBeUsedAreRefused(_ name: String, _ variable: String) async throws {
        let folder = try CLIFolder()
        folder.write("no PEM\n", to: "secret")
        for path in ["/nonexistent", "\(folder.path)/secret"] {
            for command in ["config", "serve"] {
                let output = try await folder.run([command, "--port", "0"], environment: [variable: path])
                #expect(output.code == 2, "\(command) \(path)")
                #expect(output.standardError.contains("\(name) (environment \(variable)): "), "\(output.standardError)")
                #expect(output.standardError.contains(path), "\(output.standardError)")
            }
        }
        let isFolder = name.hasSuffix("directory")
        let output = try await folder.run(["config"], environment: [variable: folder.path])
        #expect(output.code == (isFolder ? 0 : 2), "\(output.standardError)")
    }

    @Test func requestedFilesMustExist() async throws {
        let folder = try CLIFolder()
        folder.write("region: eu\n", to: "other.yaml")
        let missing = try await folder.run(["config", "--config", "no.yaml"])
        #expect(missing.code == 2)
        #expect(missing.standardError == "sentinel: no.yaml: no such file\n")
        #expect(try await folder.run(["config", "--env-file", "no"]).standardError == "sentinel: no: no such file\n")
        let asked = try await folder.run(["config", "--json"], environment: ["SENTINEL_CONFIG": "other.yaml"])
        #expect(try settings(asked)["region"] == ["eu", "other.yaml:1"])
        #expect(try await folder.run(["config", "--config", "/"]).standardError == "sentinel: /: Is a directory\n")
    }
}
