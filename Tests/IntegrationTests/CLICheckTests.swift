import Base
import Glibc
import Testing
import TestSupport

/// `sentinel check` against real targets on loopback.
@Suite struct CLICheckTests {
    private func check(
        _ words: [String],
        environment: [String: String] = [:]
    ) async throws -> (json: JSONValue, output: SentinelBinary.Output) {
        let output = try await SentinelBinary.run(["check", "--json"] + words, environment: environment)
        return (try JSONValue(parsing: output.standardOutput), output)
    }

    @Test func upExitsWith0() async throws {
        let target = LoopbackTarget.answering()
        let output = try await SentinelBinary.run(["check", target.url()], environment: ["LC_ALL": "C.UTF-8"])
        #expect(output.code == 0)
        #expect(output.standardError == "")
        #expect(output.standardOutput.hasPrefix("GET \(target.url())\n"))
        #expect(output.standardOutput.contains("\n  UP    HTTP 200 in "))
        #expect(output.standardOutput.contains("  address     \(target.authority)\n"))
        #expect(output.standardOutput.contains("█") || output.standardOutput.contains("▏"))
        #expect(!output.standardOutput.contains("\u{1B}"))
    }

    @Test(arguments: [["push"], ["push", "0b0e7a0e-6f0a-4f0c-9d2f-3a1f8e6b5c4d"]])
    func pushMonitorsAreNotProbed(_ words: [String]) async throws {
        let output = try await SentinelBinary.run(["check"] + words)
        #expect(output.code == 2 && output.standardOutput == "")
        #expect(output.standardError.contains("a push check cannot be run"), "\(output.standardError)")
    }

    @Test(arguments: [("200", "10s", 0), ("999", "500ms", 1)] as [(String, String, Int32)])
    func stepsAreRepeatedOptions(_ wanted: String, _ timeout: String, _ code: Int32) async throws {
        let target = LoopbackTarget.answering()
        let steps = [#"{"send": "GET / HTTP/1.0\\r\\n"}"#, #"{"send": "\\r\\n", "expect": "\#(wanted)"}"#]
        let words = ["check", "tcp", target.authority, "--timeout", timeout] + steps.flatMap { ["--steps", $0] }
        let output = try await SentinelBinary.run(words)
        #expect(output.code == code, "\(output.standardOutput)\(output.standardError)")
    }

    @Test func jsonOutputIsAResult() async throws {
        let target = LoopbackTarget.answering()
        let (json, output) = try await check([target.url()])
        #expect(output.code == 0)
        guard case .object(let object) = json else {
            Issue.record("no object")
            return
        }
        let names = """
            id monitor_id region scheduled_at checked_at is_success status_code latency_ms phases reason phase \
            error_message remote_address http_version redirects final_url body_bytes certificate
            """
        #expect(Set(object.members.map(\.key)).isSuperset(of: names.split(separator: " ").map(String.init)))
        #expect(json["is_success"] == true)
        #expect(json["status_code"] == 200)
        #expect(json["reason"] == .null)
        #expect(json["remote_address"]?.stringValue == target.authority)
    }

    @Test(arguments: ["http", "tcp", "tls", "dns", "icmp"]) func missingTargetIsSaidWithAnExample(_ kind: String)
        async throws
    {
        let output = try await SentinelBinary.run(["check", kind])
        #expect(output.code == 2 && output.standardOutput == "")
        let words = "a \(kind) check needs a target, such as: sentinel check \(kind) "
        #expect(output.standardError.contains(words), "\(output.standardError)")
        #expect(try await SentinelBinary.run(["check", kind.uppercased()]).standardError == output.standardError)
        // Refused before a server is asked.
        let added = try await SentinelBinary.run(["monitors", "add", "shop", kind, "--server", "http://127.0.0.1:9"])
        #expect(added.code == 2 && added.standardOutput == "")
        let advice = "a \(kind) check needs a target, such as: sentinel monitors add NAME \(kind) "
        #expect(added.standardError.contains(advice), "\(added.standardError)")
    }

    @Test(arguments: [
        ("SENTINEL_RESOLVER", "garbage"), ("SENTINEL_RESOLVER", "ns1.example.org:53"),
        ("SENTINEL_CRL_FILE", "/nonexistent"),
    ])
    func variablesThatServeRefusesAreRefused(_ name: String, _ value: String) async throws {
        let output = try await SentinelBinary.run(["check", "http://127.0.0.1:9/"], environment: [name: value])
        #expect(output.code == 2 && output.standardOutput == "")
        #expect(output.standardError.contains(name) && output.standardError.contains(value), "\(output.standardError)")
    }

    @Test(arguments: [
        (["--auth", "basic:me:x"], "Basic bWU6eA=="), (["--auth", "basic me:x"], "Basic bWU6eA=="),
        (["--basic", "me:x"], "Basic bWU6eA=="), (["--auth", "bearer:abc"], "Bearer abc"),
        (["--auth", "@secret"], "Basic bWU6eA=="),
    ])
    func credentialsAreSent(_ words: [String], _ expected: String) async throws {
        let folder = try CLIFolder()
        folder.write("basic:me:x\n", to: "secret")
        let seen = Locked("")
        let target = LoopbackTarget { connection in
            let request = String(decoding: connection.read(), as: UTF8.self)
            seen.withLock { $0 = request }
            connection.respond(body: "ok")
        }
        let output = try await folder.run(["check", target.url()] + words)
        #expect(output.code == 0, "\(output.standardError)")
        let request = seen.withLock { $0 }
        #expect(request.contains("\r\nAuthorization: \(expected)\r\n"), "\(request)")
    }

    /// Row 25 of the contract.
    @Test(arguments: [("UP", ""), ("DOWN", "close"), ("TIMEOUT", "hang"), ("ERROR", "policy")])
    func jsonHasTheMembersOfAHealthCheck(_ status: String, _ behaviour: String) async throws {
        let target = LoopbackTarget { connection in
            guard !connection.read().isEmpty else { return }
            switch behaviour {
            case "": connection.respond(body: "ok")
            case "hang": connection.waitForClose()
            default: connection.close()
            }
        }
        let url = behaviour == "policy" ? "http://169.254.169.254/" : target.url()
        let timeout = behaviour == "hang" ? "300ms" : "30s"
        let (json, output) = try await check([url, "--timeout", timeout])
        #expect(json["monitor_name"] == .string(url) && json["url"] == .string(url))
        #expect(json["status"] == .string(status), "\(output.standardOutput)")
        #expect(json["timestamp"] == json["checked_at"] && json["timestamp"]?.stringValue?.hasSuffix("Z") == true)
        #expect((json["error_message"] == .null) == (status == "UP") && json["latency_ms"]?.doubleValue != nil)
    }

    @Test func downExitsWith1() async throws {
        let port = LoopbackTarget.closedPort()
        let (json, output) = try await check(["http://127.0.0.1:\(port)/"])
        #expect(output.code == 1)
        #expect(json["reason"] == "connect_refused")
        #expect(json["phase"] == "connect")
        let text = try await SentinelBinary.run(["check", "http://127.0.0.1:\(port)/"])
        #expect(text.code == 1)
        #expect(text.standardOutput.contains("  DOWN  connect_refused in phase connect\n"))
    }

    /// With a growing limit of descriptors, a check first cannot start, then has no socket, then succeeds.
    @Test func missingSocketIsNotTheTargetsFailure() async throws {
        let target = LoopbackTarget.answering()
        var reasons: [String] = []
        for limit in 6...32 where !reasons.contains("up") {
            let script = "ulimit -n \(limit); exec \"$0\" check --json \"$1\""
            let words = ["-c", script, SentinelBinary.path, target.url()]
            let process = try RunningProcess(path: "/bin/sh", arguments: words)
            let output = await process.wait()
            #expect(output.code < 128, "\(limit): \(output.standardError)")
            guard let json = try? JSONValue(parsing: output.standardOutput) else { continue }
            reasons.append(json["is_success"] == true ? "up" : json["reason"]?.stringValue ?? "")
            if reasons.last == "overloaded" { #expect(json["phase"] == "internal") }
        }
        #expect(Set(reasons).isSubset(of: ["overloaded", "internal_error", "up"]), "\(reasons)")
        #expect(reasons.contains("overloaded") && reasons.last == "up", "\(reasons)")
    }

    @Test func requestFollowsTheFlags() async throws {
        let target = LoopbackTarget.answering()
        let words = [
            "-X", "put", "-H", "X-One: 1", "--header=X-Two:two", "--body", "hello", "--user-agent", "probe/1",
            "--basic", "me:pass:word", target.url("/path?q=1"),
        ]
        #expect(try await check(words).output.code == 0)
        let request = try #require(target.requests.first)
        #expect(request.hasPrefix("PUT /path?q=1 HTTP/1.1\r\n"))
        for line in ["X-One: 1", "X-Two: two", "User-Agent: probe/1", "Authorization: Basic bWU6cGFzczp3b3Jk"] {
            #expect(request.contains("\r\n\(line)\r\n"), "\(line)")
        }
        #expect(request.hasSuffix("hello"))
    }

    @Test func bodyImpliesPost() async throws {
        let target = LoopbackTarget.answering()
        #expect(try await check(["--body", "x", target.url()]).output.code == 0)
        #expect(target.requests.first?.hasPrefix("POST / ") == true)
    }

    @Test func secretsComeFromFilesAndVariables() async throws {
        let target = LoopbackTarget.answering()
        let folder = try CLIFolder()
        folder.write("t0ken\n", to: "secret")
        let file = "@\(folder.path)/secret"
        #expect(try await check(["--bearer", file, target.url()]).output.code == 0)
        #expect(try await check([target.url()], environment: ["SENTINEL_BEARER": file]).output.code == 0)
        #expect(try await check([target.url()], environment: ["SENTINEL_BASIC": "me:x"]).output.code == 0)
        let fields = target.requests.map { request in
            request.split(separator: "\r\n").first { $0.hasPrefix("Authorization: ") }
        }
        #expect(
            fields == ["Authorization: Bearer t0ken", "Authorization: Bearer t0ken", "Authorization: Basic bWU6eA=="]
        )
    }

    @Test(
        arguments: [
            (["--expect", "200,404"], 0, nil), (["--expect", "200"], 1, "http_status"),
            (["--keyword", "needle", "--expect", "404"], 0, nil),
            (["--keyword", "other", "--expect", "404"], 1, "assertion_body"),
            (["--not-keyword", "needle", "--expect", "404"], 1, "assertion_body"),
            (["--max-body", "3", "--expect", "404"], 1, "http_body_too_large"),
        ] as [([String], Int32, String?)]
    )
    func expectationsDecide(_ words: [String], _ code: Int32, _ reason: String?) async throws {
        let target = LoopbackTarget.answering { _, connection in
            connection.respond("404 Not Found", body: "a needle in hay")
        }
        let (json, output) = try await check(words + [target.url()])
        #expect(output.code == code)
        #expect(json["reason"]?.stringValue == reason)
    }

    @Test(
        arguments: [
            ([], 200, 1), (["--follow-redirects"], 200, 1), (["--no-follow-redirects"], 302, 0),
            (["--max-redirects", "0"], nil, nil),
        ] as [([String], Int64?, Int64?)]
    )
    func redirectsAreFollowedOrNot(_ words: [String], _ status: Int64?, _ count: Int64?) async throws {
        let target = LoopbackTarget.answering { request, connection in
            if request.hasPrefix("GET /new ") {
                connection.respond(body: "there")
            } else {
                connection.respond("302 Found", headers: ["Location: /new"])
            }
        }
        let (json, output) = try await check(words + [target.url()])
        if let status {
            #expect(output.code == 0)
            #expect(json["status_code"]?.integerValue == status)
            #expect(json["redirects"]?.integerValue == count)
        } else {
            #expect(output.code == 1)
            #expect(json["reason"] == "redirect_limit")
        }
    }

    @Test func invalidCertificateIsShown() async throws {
        let certificate = TestCertificate("localhost")
        let target = LoopbackTarget.answering(tls: TLSServerContext(certificate))
        let url = target.url(scheme: "https")
        let failed = try await SentinelBinary.run(["check", url])
        #expect(failed.code == 1)
        #expect(failed.standardOutput.contains("  DOWN  tls_self_signed in phase tls\n"))
        #expect(failed.standardOutput.contains("\nCertificate\n  subject     CN=localhost\n"))
        #expect(failed.standardOutput.contains("  problem     "))
        #expect(try await check(["--insecure", url]).output.code == 0)
        #expect(try await check(["--ca-file", certificate.certificateFile(), url]).output.code == 0)
    }

    @Test func bodyComesFromAnyFile() async throws {
        let target = LoopbackTarget.answering { request, connection in
            connection.respond(body: request.hasSuffix("{\"a\":1}") ? "as sent" : "not as sent")
        }
        let file = "/tmp/sentinel-test-" + UUID().description
        DatabaseFile.write(Array("{\"a\":1}".utf8), to: file)
        defer { unlink(file) }
        let url = target.url()
        #expect(
            try await check(["-X", "POST", "--body-file", file, "--assert", "body == as sent", url]).output.code == 0
        )
        let missing = try await SentinelBinary.run(["check", "--body-file", file + "-absent", url])
        #expect(missing.code == 1)
        #expect(missing.standardOutput.contains("internal_error"))
    }

    @Test(arguments: ["true", "maybe"]) func privateTargetsAreRefusedAsTheServerDoes(_ value: String) async throws {
        let url = LoopbackTarget.answering().url()
        let output = try await SentinelBinary.run(["check", url], environment: ["SENTINEL_DENY_PRIVATE": value])
        if value == "true" {
            #expect(output.code == 1)
            #expect(output.standardOutput.contains("policy_blocked"))
        } else {
            #expect(output.code == 2)
            #expect(output.standardError.contains("SENTINEL_DENY_PRIVATE: 'maybe' is not true or false"))
        }
    }

    @Test func namesComeFromTheResolverOrTheFlag() async throws {
        let target = LoopbackTarget.answering()
        let url = "http://sentinel.test:\(target.port)/"
        let (pinned, output) = try await check(["--resolve", "sentinel.test:\(target.port):127.0.0.1", url])
        #expect(output.code == 0)
        #expect(pinned["remote_address"]?.stringValue == target.authority)
        let server = TestNameServer([:])
        let (missing, failed) = try await check(["--resolver", server.address, url])
        #expect(failed.code == 1)
        #expect(missing["phase"] == "dns")
        #expect(server.questions.contains { $0.contains("sentinel.test") })
    }

    @Test func hungTargetsTimeOut() async throws {
        let target = SilentTarget()
        let (json, output) = try await check(["--timeout", "200ms", "http://127.0.0.1:\(target.port)/"])
        #expect(output.code == 1)
        #expect(json["latency_ms"]?.doubleValue ?? 0 >= 200)
        #expect(json["latency_ms"]?.doubleValue ?? .infinity < 5000)
    }

    @Test(arguments: [
        (["ftp://x"], "URL: URL scheme should be 'http' or 'https'"),
        (["http://"], "URL: Input should be a valid URL: the host is missing"),
        (
            ["--header", "no colon", "x"],
            "--header: 'no colon' is not NAME:VALUE"
        ),
        (
            ["--header", "A: b\r\nC: d", "x"],
            "--header: It holds a line break, a NUL or another control character"
        ),
        (
            ["--header", "Expect: 100-continue", "x"],
            "--header: This header is set by the check itself"
        ),
        (["--method", "G ET", "x"], "--method: A method is a word of 1 to 20 letters"),
        (["--expect", "2xx", "x"], "--expected-status: Write codes from 100 to 599 as 200-299,301"),
        (
            ["--timeout", "0", "x"],
            "--timeout: Input should be greater than or equal to 0.1"
        ),
        (["--resolve", "a:b:c", "x"], "--resolve: Write HOST:PORT:ADDRESS with a numeric address"),
        (["--ip-version", "5", "x"], "--ip-version: Input should be 'any', '4' or '6'"),
        (["--max-redirects", "21", "x"], "--max-redirects: Input should be less than or equal to 20"),
        (
            ["--max-body", "65M", "x"],
            "--max-body: Input should be less than or equal to 67108864"
        ),
        (["--timeout", "abc", "x"], "--timeout: 'abc' is not a duration from 100ms to 1m, such as 30s"),
        (["--max-redirects", "few", "x"], "--max-redirects: 'few' is not a whole number from 0 to 20"),
        (
            ["tcp", "127.0.0.1"],
            "PORT: the port is missing; write the target as HOST:PORT, such as example.org:443"
        ),
        (
            ["tcp", "127.0.0.1:99999"],
            "PORT: Input should be less than or equal to 65535; write the target as HOST:PORT, such as "
                + "example.org:443"
        ),
        (
            ["tcp", "127.0.0.1:80", "--port", "80"],
            "--port is a part of the target of a tcp check: write the target as HOST:PORT, such as example.org:443"
        ),
        (
            ["tcp", "127.0.0.1", "--port", "80"],
            "--port is a part of the target of a tcp check: write the target as HOST:PORT, such as example.org:443"
        ),
        (["--basic", "nocolon", "x"], "--basic must be USER:PASSWORD without control characters, or @FILE"),
        (["--basic", "@/nope", "x"], "--basic: /nope: No such file or directory"),
        (["--bearer", "two words", "x"], "--bearer must be a token of visible ASCII characters, or @FILE"),
        (["--basic", "a:b", "--bearer", "c", "x"], "--basic and --bearer exclude each other"),
        (["--ca-file", "/nope", "x"], "--ca-file: /nope: No such file or directory"),
        (["--ca-file", "/etc/hostname", "x"], "--ca-file: /etc/hostname holds no PEM block (-----BEGIN ...)"),
        (["--client-key", "/dev/null", "x"], "--client-key: client_key needs client_cert"),
        (["--keyword", "", "x"], "--keyword: String should have at least 1 character"),
        (
            ["--follow-redirects", "--no-follow-redirects", "x"],
            "--follow-redirects and --no-follow-redirects exclude each other"
        ),
        (
            ["--proxy", "gopher://x", "x"],
            "--proxy: URL scheme should be 'http', 'https', 'socks4', 'socks5' or 'socks5h'"
        ),
    ])
    func invalidFlagsExitWith2(_ words: [String], _ message: String) async throws {
        let output = try await SentinelBinary.run(["check"] + words)
        #expect(output.code == 2)
        #expect(output.standardError == "sentinel check: \(message)\nTry 'sentinel check --help'.\n")
    }
}
