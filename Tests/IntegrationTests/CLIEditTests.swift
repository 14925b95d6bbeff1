import Base
import Glibc
import TestSupport
import Testing

/// `--set`, `--file` and flags: what they change, what they keep, and what is an error of the command line.
@Suite struct CLIEditTests {
    @Test("--set of a member within another keeps the members beside it", .timeLimit(.minutes(10)))
    func nestedMembers() async throws {
        let folder = try CLIFolder()
        let (server, url) = try await folder.serve()
        func run(_ words: String..., code: Int32 = 0) async throws -> SentinelBinary.Output {
            let output = try await folder.run(words, environment: ["SENTINEL_URL": url])
            #expect(output.code == code, "\(words) \(output)")
            return output
        }
        func shown(_ group: String, _ name: String) async throws -> JSONValue {
            try JSONValue(parsing: try await run(group, "show", name, "-o", "json").standardOutput)
        }
        _ = try await run(
            "channels",
            "add",
            "--name",
            "Hook",
            "--kind",
            "webhook",
            "--setting",
            "url=http://127.0.0.1:9/a",
            "--setting",
            "secret=s3cret",
            "--setting",
            "method=PUT"
        )
        let before = try await shown("channels", "Hook")["settings"]
        #expect(before == ["method": "PUT", "secret": "********", "url": "********"])
        _ = try await run("channels", "edit", "Hook", "--set", "settings.url=http://127.0.0.1:9/b")
        #expect(try await shown("channels", "Hook")["settings"] == before)
        _ = try await run("channels", "edit", "Hook", "--setting", "url=http://127.0.0.1:9/c")
        #expect(try await shown("channels", "Hook")["settings"] == before)
        _ = try await run("channels", "edit", "Hook", "--set", "settings.secret=null")
        #expect(try await shown("channels", "Hook")["settings"] == ["method": "PUT", "url": "********"])

        _ = try await run(
            "channels",
            "add",
            "--name",
            "Mail",
            "--kind",
            "email",
            "--setting",
            "host=127.0.0.1",
            "--setting",
            "from=a@example.org",
            "--setting",
            "to=b@example.org"
        )
        _ = try await run("channels", "edit", "Mail", "--set", "settings.to=c@example.org")
        let mail = try await shown("channels", "Mail")["settings"]
        #expect(mail == ["from": "a@example.org", "host": "127.0.0.1", "to": "c@example.org"], "\(mail ?? .null)")

        let window = #"schedule={"type":"weekly","weekdays":["sun"],"start":"02:30","duration_minutes":60}"#
        _ = try await run("maintenance", "add", "--set", "name=Night", "--set", window)
        _ = try await run("maintenance", "edit", "Night", "--set", "schedule.duration_minutes=30")
        let schedule = try await shown("maintenance", "Night")["schedule"]
        #expect(schedule == ["type": "weekly", "weekdays": ["sun"], "start": "02:30", "duration_minutes": 30])

        folder.write(
            "name: Shop\nurl: http://127.0.0.1:9/\ntags: [a]\nheaders: {X-A: b, Authorization: s3cret}\nenabled: false\n",
            to: "other.yaml"
        )
        _ = try await run("monitors", "add", "-f", "other.yaml", "--set", "interval=120", "--tag", "b")
        var monitor = try await shown("monitors", "Shop")
        #expect(monitor["interval"] == 120 && monitor["tags"] == ["b"] && monitor["enabled"] == false, "\(monitor)")
        _ = try await run("monitors", "edit", "Shop", "--set", "headers.X-A=c")
        monitor = try await shown("monitors", "Shop")
        #expect(monitor["headers"] == ["X-A": "c", "Authorization": "********"], "\(monitor)")
        let lost = try await run("monitors", "edit", "Shop", "--header", "X-A: d")
        #expect(lost.standardError.contains("warning: the stored secret headers.Authorization is gone"), "\(lost)")
        _ = try await run("monitors", "add", "Tea", "tcp", "127.0.0.1:9", "--set", "interval=30", "--paused")
        #expect(try await shown("monitors", "Tea")["interval"] == 30)
        server.send(signal: SIGTERM)
        #expect(await server.wait(timeout: .seconds(40)).code == 0)
    }

    @Test("what is wrong in a command line ends with 2", .timeLimit(.minutes(10)))
    func errorsOfTheCommandLine() async throws {
        let folder = try CLIFolder()
        folder.write("name: a\nname: b\n", to: "other.yaml")
        let (server, url) = try await folder.serve()
        for words in [
            ["monitors", "add", "a", "http://127.0.0.1:9/", "--set", "interval=soon"],
            ["monitors", "add", "a"], ["monitors", "add"], ["monitors", "add", "--set", "kind=tpc", "--set", "name=a"],
            ["channels", "add", "--name", "a", "--kind", "webhook", "--setting", "url=@missing"],
            ["channels", "add", "--set", "settings.url=@missing"], ["policies", "add", "-f", "missing.yaml"],
            ["policies", "add", "-f", "other.yaml"], ["policies", "add", "--set", "name"],
            ["maintenance", "add", "--set", "name=a", "--set", "schedule=never"],
            ["monitors", "add", "a", "http://127.0.0.1:9/", "--set", "retries=1", "--set", "retries=2"],
            ["monitors", "add", "a", "http://127.0.0.1:9/", "--retries", "1", "--retries", "2"],
            ["monitors", "list", "--status", "bogus"], ["incidents", "list", "--status", "bogus"],
            ["notifications", "list", "--status", "bogus"],
        ] {
            let output = try await folder.run(words, environment: ["SENTINEL_URL": url])
            #expect(output.code == 2 && !output.standardError.isEmpty, "\(words) \(output)")
        }
        server.send(signal: SIGTERM)
        #expect(await server.wait(timeout: .seconds(40)).code == 0)
    }
}
