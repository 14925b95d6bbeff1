import Base
import Glibc
import TestSupport
import Testing
import sentinel

/// `list show add edit remove` for every kind of resource.
@Suite struct CLIResourceTests {
    @Test(.timeLimit(.minutes(10))) func everyResourceIsAddedShownChangedAndRemovedByName() async throws {
        let folder = try CLIFolder()
        let (server, url) = try await folder.serve()
        func run(_ words: String..., code: Int32 = 0) async throws -> SentinelBinary.Output {
            let output = try await folder.run(["--server", url] + words)
            #expect(output.code == code, "\(words) \(output)")
            return output
        }
        folder.write("http://127.0.0.1:9/hook\n", to: "secret")
        let added = try await run(
            "channels",
            "add",
            "--set",
            "name=Team",
            "--set",
            "kind=webhook",
            "--set",
            "settings.url=@secret"
        )
        #expect(added.standardOutput == "Added channel 1: Team\n")
        #expect(try await run("channels", "list").standardOutput.contains("1   Team  webhook"))
        let shown = try JSONValue(parsing: try await run("channels", "show", "Team", "-o", "json").standardOutput)
        #expect(shown["settings"] == ["url": "********"])

        folder.write("name: Shop\nmatchers:\n  - tag=shop\nchannels: [1]\ndelay: 30\n", to: "other.yaml")
        #expect(try await run("policies", "add", "-f", "other.yaml").standardOutput == "Added policy 1: Shop\n")
        let changed = try await run("policies", "edit", "Shop", "--set", "delay=60", "--json")
        #expect(try JSONValue(parsing: changed.standardOutput)["delay"] == 60)
        #expect(try await run("policies", "show", "1").standardOutput.contains("matchers         tag=shop\n"))

        let window = #"schedule={"type":"weekly","weekdays":["sun"],"start":"02:30","duration_minutes":60}"#
        _ = try await run("maintenance", "add", "--set", "name=Night", "--set", window, "--set", "matchers=[\"tag=a\"]")
        #expect(try await run("maintenance", "list", "-o", "wide").standardOutput.contains("Night"))
        #expect(try await run("maintenance", "remove", "Night").standardOutput == "Removed window 1\n")

        _ = try await run("servers", "add", "--set", "name=db", "--set", "job_name=node", "--set", "instance=db:9100")
        #expect(try await run("servers", "list").standardOutput.contains("db:9100"))
        #expect(try await run("rules", "list").standardOutput == "No rules.\n")

        let unknown = try await run("channels", "show", "Taem", code: 1)
        #expect(unknown.standardError == "sentinel: no channel is called 'Taem'; did you mean 'Team'?\n")
        let nothing = try await run("channels", "edit", "Team", code: 2)
        #expect(nothing.standardError.contains("nothing is given: use a flag of a setting, --set or --file"))
        let wrong = try await run("policies", "edit", "Shop", "--set", "delay=soon", code: 2)
        #expect(wrong.standardError.contains("delay"))
        #expect(try await run("policies", "remove", "Shop").standardOutput == "Removed policy 1\n")
        server.send(signal: SIGTERM)
        #expect(await server.wait(timeout: .seconds(40)).code == 0)
    }

    @Test(.timeLimit(.minutes(10))) func namesStandForNumbersInSettings() async throws {
        let folder = try CLIFolder()
        let (server, url) = try await folder.serve()
        func run(_ words: [String], code: Int32 = 0) async throws -> JSONValue {
            let output = try await folder.run(["--server", url] + words + ["--json"])
            #expect(output.code == code, "\(words) \(output)")
            return code == 0 ? try JSONValue(parsing: output.standardOutput) : .string(output.standardError)
        }
        let hook = ["--kind", "webhook", "--setting", "url=http://127.0.0.1:9/hook"]
        _ = try await run(["channels", "add", "--name", "Team"] + hook)
        let spare = try await run(["channels", "add", "--name", "Spare", "--fallback-id", "Team"] + hook)
        #expect(spare["fallback_id"] == 1)
        let policy = try await run(["policies", "add", "--name", "All", "--channel", "Spare", "--channel", "1"])
        #expect(policy["channels"] == [2, 1])
        #expect(try await run(["policies", "edit", "All", "--set", "channels=[\"Team\"]"])["channels"] == [1])
        _ = try await run(["monitors", "add", "Database", "tcp", "127.0.0.1:9"])
        let shop = try await run(["monitors", "add", "Shop", "http://127.0.0.1:9/", "--depends-on", "Database"])
        #expect(shop["depends_on"] == [1])
        #expect(try await run(["monitors", "edit", "Shop", "--depends-on", "Database"])["depends_on"] == [1])
        _ = try await run(["servers", "add", "--name", "db", "--job-name", "node", "--instance", "db:9100"])
        let wrong = try await run(["policies", "edit", "All", "--channel", "Taem"], code: 1)
        #expect(wrong.stringValue?.contains("no channel is called 'Taem'; did you mean 'Team'?") == true)
        let preview = try await run(["rules", "preview", "--monitor", "Database", "--retries", "2"])
        #expect(preview["monitors"]?.arrayValue?.map { $0["id"] } == [1])
        let unknown = try await run(["rules", "preview", "--monitor", "Databse", "--retries", "2"], code: 1)
        #expect(unknown.stringValue?.contains("no monitor is called 'Databse'") == true, "\(unknown)")
        server.send(signal: SIGTERM)
        #expect(await server.wait(timeout: .seconds(40)).code == 0)
    }

    @Test func everyWrongFlagIsNamedInTheOrderGiven() async throws {
        let words = ["monitors", "add", "Bad", "tcp", "127.0.0.1:99999"]
        let flags = ["--interval", "5", "--retries", "99", "--timeout", "0", "--severity", "nope", "--expect", "\\q"]
        let output = try await SentinelBinary.run(words + flags)
        #expect(output.code == 2)
        let lines = output.standardError.split(separator: "\n").map(String.init)
        #expect(lines.first == "sentinel monitors add: 6 things are wrong:", "\(lines)")
        let starts = ["  PORT: ", "  --interval: ", "  --retries: ", "  --timeout: ", "  --severity: ", "  --expect: "]
        #expect(lines.count == 8)
        for (line, start) in zip(lines.dropFirst(), starts) { #expect(line.hasPrefix(start), "\(lines)") }
        let values = try await SentinelBinary.run([
            "monitors", "add", "a", "http://x", "--timeout", "abc", "--retries", "few", "--interval", "soon",
        ])
        #expect(values.standardError.contains("  --timeout: 'abc' is not a duration from 100ms to 1m, such as 30s\n"))
        #expect(values.standardError.contains("  --retries: 'few' is not a whole number from 0 to 20\n"))
        #expect(values.standardError.contains("  --interval: 'soon' is not a duration from "))
        let list = try await SentinelBinary.run(["monitors", "list", "--limit", "x", "--server", "ftp://x"])
        #expect(list.code == 2 && list.standardError.contains("--limit: 'x' is not"))
        #expect(list.standardError.contains("--server: 'ftp://x' is not"))
    }

    @Test(.timeLimit(.minutes(10))) func settingsAreGivenByFlagsAndWhatIsShownCanBeSentBack() async throws {
        let folder = try CLIFolder()
        let (server, url) = try await folder.serve()
        func run(_ words: [String], code: Int32 = 0) async throws -> String {
            let output = try await folder.run(["--server", url] + words)
            #expect(output.code == code, "\(words) \(output)")
            return output.standardOutput
        }
        func shown(_ group: String, _ name: String) async throws -> JSONValue {
            try JSONValue(parsing: try await run([group, "show", name, "-o", "json"]))
        }
        folder.write("http://127.0.0.1:9/hook\n", to: "secret")
        _ = try await run([
            "channels", "add", "--name", "Team", "--kind", "webhook", "--setting", "url=@secret", "--no-is-default",
        ])
        _ = try await run([
            "policies", "add", "--name", "Shop", "--channel", "1", "--matcher", "tag=shop", "--delay", "1m",
            "--continue",
        ])
        let policy = try await shown("policies", "Shop")
        #expect(policy["delay"] == 60 && policy["continue"] == true && policy["matchers"] == ["tag=shop"], "\(policy)")
        _ = try await run(
            [
                "monitors", "add", "Shop\u{85}\u{2028}é", "http://127.0.0.1:9/", "--bearer", "@secret", "--retries",
                "3", "--tag",
                "b", "--tag", "a", "--failure-window", "3/5", "--no-alert-on-degraded", "--quorum", "all", "--paused",
            ],
            code: 2
        )
        _ = try await run([
            "monitors", "add", "Shop \u{2028}é", "http://127.0.0.1:9/", "--bearer", "@secret", "--retries", "3",
            "--tag", "b",
            "--tag", "a", "--failure-window", "3/5", "--no-alert-on-degraded", "--quorum", "all", "--paused",
        ])
        let monitor = try await shown("monitors", "1")
        #expect(monitor["retries"] == 3 && monitor["tags"] == ["a", "b"] && monitor["enabled"] == false, "\(monitor)")
        #expect(monitor["failure_window"] == ["failures": 3, "checks": 5] && monitor["quorum"] == "all", "\(monitor)")
        for (group, name) in [("monitors", "1"), ("channels", "Team"), ("policies", "Shop")] {
            let before = try await shown(group, name)
            for format in ["yaml", "json"] {
                folder.write(try await run([group, "show", name, "-o", format]), to: "sent-back")
                _ = try await run([group, "edit", name, "-f", "sent-back"])
                var after = try await shown(group, name)
                if case .object(var object) = after {
                    object["updated_at"] = before["updated_at"]
                    after = .object(object)
                }
                #expect(after == before, "\(group) \(format)")
            }
        }
        folder.write("url: http://127.0.0.1:9/file\n", to: "rule.json")
        _ = try await run([
            "monitors", "edit", "1", "--interval", "2m", "--method", "HEAD", "--target", "http://127.0.0.1:9/x",
            "--set",
            "severity=info", "--set", "auth=null",
        ])
        _ = try await run(["monitors", "edit", "1", "-f", "rule.json", "--target", "http://127.0.0.1:9/x"])
        _ = try await run(["monitors", "edit", "1"], code: 2)
        let edited = try await shown("monitors", "1")
        #expect(edited["interval"] == 120 && edited["method"] == "HEAD" && edited["severity"] == "info", "\(edited)")
        #expect(edited["target"] == "http://127.0.0.1:9/x" && edited["retries"] == 3, "\(edited)")
        #expect(try await run(["silences", "add", "tag=shop", "--ends-at", "2099-01-01T00:00:00Z"], code: 2) == "")
        _ = try await run(["silences", "add", "tag=shop", "--duration", "1h", "--comment", "Deploying"])
        #expect(try await shown("silences", "1")["comment"] == "Deploying")
        server.send(signal: SIGTERM)
        #expect(await server.wait(timeout: .seconds(40)).code == 0)
    }

    @Test(.timeLimit(.minutes(10))) func monitorsArePausedResumedAndShownByName() async throws {
        let folder = try CLIFolder()
        let target = LoopbackTarget.answering()
        let (server, url) = try await folder.serve()
        func run(_ words: String...) async throws -> String {
            let output = try await folder.run(["monitors"] + words + ["--server", url])
            #expect(output.code == 0, "\(words) \(output)")
            return output.standardOutput
        }
        _ = try await run("add", "Shop", target.url())
        #expect(try await run("pause", "Shop") == "Paused monitor 1: Shop\n")
        #expect(try await run("list", "-o", "yaml").contains("  status: \"paused\"\n"))
        #expect(try await run("resume", "1") == "Resumed monitor 1: Shop\n")
        #expect(try await run("edit", "Shop", "--set", "interval=30") == "Changed monitor 1: Shop\n")
        #expect(try await run("show", "Shop").contains("interval            30\n"))
        #expect(
            await (try eventually { try await run("history", "Shop").contains("  up  ") }),
            "the first check is made at once"
        )
        server.send(signal: SIGTERM)
        #expect(await server.wait(timeout: .seconds(40)).code == 0)
    }

    @Test(arguments: [(SIGTERM, 143), (SIGINT, 130)] as [(Int32, Int32)])
    func signalsEndACheckWithTheUsualExitCode(_ signal: Int32, _ code: Int32) async throws {
        let target = LoopbackTarget { connection in while !connection.readRequest().isEmpty {} }
        let check = try SentinelBinary.start(["check", target.url(), "--timeout", "60s"])
        #expect(await eventually { target.connectionCount > 0 })
        check.send(signal: signal)
        #expect(await check.wait(timeout: .seconds(60)).code == code)
    }

    @Test func yamlRoundTrips() {
        let value: JSONValue = [
            "name": "a: \"b\"\n#", "no": true, "list": [1, [2, 3], ["x": .null, "b": ["z": 1.5]], [:], []],
            "empty": [:],
            "none": .null, "é": "yes",
        ]
        #expect(
            YAMLText.text(value) == """
                name: "a: \\"b\\"\\n#"
                "no": true
                list:
                  - 1
                  - - 2
                    - 3
                  - x: null
                    b:
                      z: 1.5
                  - {}
                  - []
                empty: {}
                none: null
                "é": "yes"

                """
        )
    }
}
