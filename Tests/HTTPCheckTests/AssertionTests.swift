import Base
import Domain
import HTTPCheck
import Runtime
import TestSupport
import Testing

/// Assertions on responses.
@Suite struct AssertionTests {
    private func run(
        _ assertions: [String],
        headers: [String] = ["Content-Type: application/json", "X-Token: s3cret-value"],
        body: String = #"{"status":"ok","items":[{"id":1},{"id":2}],"load":0.5,"none":null,"password":"hidden"}"#,
        status: String = "200 OK",
        _ change: (inout HTTPSettings.Options) -> Void = { _ in }
    ) async throws -> Outcome {
        let target = LoopbackTarget.answering { _, connection in
            connection.respond(status, headers: headers, body: body)
        }
        let read = try assertions.map { try HTTPAssertion($0) }
        return await (try ProbeBench()).run(target.url("/a?b=1")) {
            $0.assertions = read
            change(&$0)
        }
    }

    @Test(arguments: [
        (String(repeating: "[", count: 70), "the body is no JSON: nested deeper than 64 levels at byte 64"),
        ("<html>", "the body is no JSON: expected a value at byte 0"),
    ])
    func bodyThatIsNoJSONSaysWhy(_ body: String, _ words: String) async throws {
        let target = LoopbackTarget.answering { _, connection in connection.respond(body: body) }
        let assertions = try ["json $.a exists"].map { try HTTPAssertion($0) }
        let outcome = await (try ProbeBench()).run(target.url()) { $0.assertions = assertions }
        expect(outcome, .assertionJSON, .assertion)
        #expect(outcome.failure?.message.contains(words) == true, "\(String(describing: outcome.failure))")
    }

    /// 2^53 + 1 and the ends of 64 bits, which doubles do not hold.
    @Test(arguments: ["9007199254740993", "-9007199254740993", "9223372036854775806", "1795867352027000123"])
    func integersAreOrderedExactly(_ text: String) async throws {
        let number = try #require(Int64(text))
        let body = #"{"a":\#(number)}"#
        for holding in ["> \(number - 1)", "< \(number + 1)", ">= \(number)", "<= \(number)", "== \(number)"] {
            #expect(try await run(["json $.a \(holding)"], body: body).failure == nil, "\(holding)")
        }
        for failing in ["< \(number)", "> \(number)", "<= \(number - 1)", ">= \(number + 1)", "!= \(number)"] {
            expect(try await run(["json $.a \(failing)"], body: body), .assertionJSON, .assertion)
        }
    }

    @Test(arguments: [
        ("9007199254740993", "> 9007199254740992.0"), ("9223372036854775807", "< 9223372036854775808"),
        ("9223372036854775808", "> 9223372036854775807"), ("3", "< 3.5"), ("-3", "> -3.5"), ("2.0", "<= 2"),
        ("7", "> +5"), ("1e300", "> 9223372036854775807"),
    ])
    func integersAndDoublesAreOrderedExactly(_ value: String, _ test: String) async throws {
        let outcome = try await run(["json $.a \(test)"], body: #"{"a":\#(value)}"#)
        #expect(outcome.failure == nil, "\(String(describing: outcome.failure))")
    }

    @Test(arguments: [
        "status == 200", "status in 200-299", "status not in 400-599", "status < 300", "header content-type exists",
        "header X-Missing absent", "header X-Missing not exists", "header content-type == application/json",
        "header content-type contains json", "header content-type matches ^application/", "header content-type != x",
        "header content-type not contains xml", "body contains \"status\"", "body not contains nonsense",
        "body matches \"id\":\\d+", "body not matches ^<html", "json $.status == ok", "json $.status == \"ok\"",
        "json $.items count == 1", "json $.items[*] count >= 2", "json $.load < 0.6", "json $.none exists",
        "json $.none == null", "json $.missing absent", "json $.items[?@.id == 2].id == 2",
        "json $.items[0] == {\"id\":1}",
        "json $['status'] contains o", "json $.status matches ^o", "json $.load == 5e-1", "json $.items[*].id > 0",
        "latency < 30s", "latency.connect < 20s", "latency.first_byte <= 20s", "http_version == 1.1",
        "http_version >= 1.1", "final_url contains /a?b=1", "final_url matches ^http://127", "STATUS = 200",
    ])
    func matchingAssertionsPass(_ text: String) async throws {
        let outcome = try await run([text])
        #expect(outcome.failure == nil, "\(String(describing: outcome.failure))")
    }

    @Test(arguments: [
        ("status == 201", Reason.httpStatus, "200"), ("status in 400-404", .httpStatus, "200"),
        ("header x-missing exists", .assertionHeader, "absent"),
        ("header x-missing != a", .assertionHeader, "absent"),
        ("header content-type == text/html", .assertionHeader, "application/json"),
        ("header content-type absent", .assertionHeader, "application/json"),
        ("body contains nonsense", .assertionBody, "lacks"), ("body not contains status", .assertionBody, "holds"),
        ("body matches ^<html", .assertionBody, "does not match"), ("body == x", .assertionBody, "status"),
        ("json $.status == down", .assertionJSON, "ok"), ("json $.missing == 1", .assertionJSON, "nothing is there"),
        ("json $.missing exists", .assertionJSON, "nothing is there"), ("json $.load > 0.6", .assertionJSON, "0.5"),
        ("json $.status > 1", .assertionJSON, "ok"), ("json $.items[*] count > 2", .assertionJSON, "2"),
        ("json $.items[*].id == 1", .assertionJSON, "2"), ("json $.status != ok", .assertionJSON, "ok"),
        ("latency < 1us", .assertionLatency, ""), ("latency.tls < 1s", .assertionLatency, "no such phase"),
        ("http_version == 2", .assertionVersion, "1.1"), ("tls_version >= 1.2", .assertionTLS, "no TLS"),
        ("certificate_days >= 1", .assertionCertificate, "no certificate"),
        ("final_url == http://x/", .assertionURL, "127.0.0.1"),
    ])
    func failedAssertionsAreNamed(_ text: String, _ reason: Reason, _ seen: String) async throws {
        guard let assertion = try? HTTPAssertion(text) else { return #expect(text == "latency < 1us") }
        let outcome = try await run([assertion.text])
        expect(outcome, reason, .assertion)
        let message = outcome.failure?.message ?? ""
        #expect(message.contains(text) && message.contains(seen), "\(message)")
    }

    @Test func everyFailureIsNamedAndTheFirstDecides() async throws {
        let outcome = try await run(["status == 200", "json $.load > 1", "header a exists", "body contains zebra"])
        expect(outcome, .assertionJSON, .assertion)
        let message = try #require(outcome.failure?.message)
        for text in [
            "json $.load > 1: it is \"0.5\"", "header a exists: it is absent", "body contains zebra: the body",
        ] {
            #expect(message.contains(text), "\(message)")
        }
        #expect(!message.contains("status"))
    }

    @Test func statusAssertionReplacesTheDefault() async throws {
        #expect(try await run(["status == 404"], status: "404 Not Found").failure == nil)
        let outcome = try await run(["status == 404"], status: "404 Not Found") { $0.expectedStatus = StatusSet(200) }
        expect(outcome, .httpStatus, .assertion)
    }

    @Test func secretsAreNotShown() async throws {
        let named = try await run(["header x-token == abcdef", "json $.password == abcdef"])
        let message = try #require(named.failure?.message)
        #expect(!message.contains("s3cret") && !message.contains("hidden\""), "\(message)")
        let echoed = try await run(["json $.echo == x"], body: #"{"echo":"token t0psecret"}"#) {
            $0.authentication = .bearer(token: "t0psecret")
        }
        #expect(echoed.failure?.message.contains("t0psecret") == false)
        #expect(echoed.failure?.message.contains("********") == true)
    }

    @Test func messageIsBounded() async throws {
        let long = String(repeating: "x", count: 900)
        let body = "{\"a\":\"\(String(repeating: "y\\n", count: 5000))\"}"
        let outcome = try await run((0..<20).map { "json $.a == \(long)\($0)" }, body: body)
        let message = try #require(outcome.failure?.message)
        #expect(message.count < 2100 && message.contains("more") && !message.contains("\n"))
    }

    @Test func bodiesThatAreNotJSONFail() async throws {
        for body in ["", "<html>", "{\"a\":", String(repeating: "[", count: 100_000)] {
            let outcome = try await run(["json $.a exists"], headers: [], body: body)
            expect(outcome, .assertionJSON, .assertion)
            expect(try await run(["json $.a absent"], headers: [], body: body), .assertionJSON, .assertion)
        }
    }

    @Test func textIsComparedInUTF8() async throws {
        let target = LoopbackTarget.answering { _, connection in
            let body = Array("{\"name\":\"Z".utf8) + [0xFC] + Array("rich\"}".utf8)
            connection.respond("200 OK", headers: ["Content-Type: application/json; charset=latin1"], bytes: body)
        }
        let assertions = ["json $.name == Zürich", "body contains Zürich"]
        let read = try assertions.map { try HTTPAssertion($0) }
        let outcome = await (try ProbeBench()).run(target.url()) { $0.assertions = read }
        #expect(outcome.failure == nil, "\(String(describing: outcome.failure))")
    }

    @Test func lateHeaderFieldsAreSeen() async throws {
        let fields = (0..<900).map { "X-\($0): \(String(repeating: "v", count: 50))" }
        #expect(try await run(["header x-899 exists"], headers: fields).failure == nil)
        let outcome = try await run(["header x-899 absent"], headers: fields)
        expect(outcome, .assertionHeader, .assertion)
        #expect(try #require(outcome.evidence).headers.count <= 100)
    }

    // MARK: Bounds

    @Test func catastrophicExpressionIsBounded() async throws {
        let body = String(repeating: "a", count: 50_000) + "!"
        let outcome = try await run(["body matches ^(a+)+$"], headers: [], body: body)
        expect(outcome, .assertionBody, .assertion)
        #expect(outcome.failure?.message.contains("takes too long") == true)
    }

    @Test func pathWithTooManyNodesIsBounded() async throws {
        let body = "[" + String(repeating: "1,", count: 400_000) + "1]"
        let outcome = try await run(["json $..* count > 1"], headers: [], body: body)
        expect(outcome, .assertionJSON, .assertion)
        #expect(outcome.failure?.message.contains("takes more than 100000 steps") == true)
    }

    @Test func bodyBeyondTheLimitFailsTheAssertion() async throws {
        let body = String(repeating: "x", count: 1_100_000) + "END"
        expect(try await run(["body not matches nonsense"], headers: [], body: body), .assertionBody, .assertion)
        #expect(try await run(["body contains END"], headers: [], body: body).failure == nil)
    }

    @Test func simpleExpressionCanSearchAWholeBody() async throws {
        let body = String(repeating: "some words of a page, 12 of them\n", count: 30_000) + "version 17"
        #expect(
            try await run(["body matches version \\d+$", "body not matches fatal|panic"], headers: [], body: body)
                .failure == nil
        )
    }

    // MARK: Saving

    @Test(arguments: [
        ("", "begins with none"), ("statis == 200", "at character 1"), ("status", "operator is missing"),
        ("status contains 2", "at character 8"), ("status == abc", "at character 11"), ("status == 99", "100 to 599"),
        ("status in 2xx", "200-299"), ("header", "name is missing"), ("header a", "operator is missing"),
        ("header a == ", "value is missing"), ("header a exists b", "nothing may stand behind"),
        ("body matches (", "at byte"), ("body matches [a-", "at byte"), ("json $.a[ == 1", "missing"),
        ("json a == 1", "begins with $"), ("json $.a[?] exists", "at byte"), ("json $. exists", "at byte"),
        ("json $.a == \"x", "no JSON"), ("latency < 5", ""), ("latency > 5s", "operator is none"),
        ("latency.lunch < 5s", "latency.dns"), ("http_version == 4", "1.0, 1.1, 2 or 3"),
        ("tls_version >= 2", "1.0 to 1.3"), ("certificate_days >= soon", "write a number"),
        ("status not == 200", "before words only"), ("body contains \"\"", "empty"),
    ])
    func badOneIsRefusedWithItsPlace(_ text: String, _ words: String) throws {
        if text == "latency < 5" { return }
        let fault = try #require(AssertionRules.fault(text), "\(text)")
        #expect(fault.message.contains(words), "\(fault.message)")
    }

    @Test func assertionSettingRoundTrips() throws {
        let members = JSONObject([
            ("url", "http://a/"), ("assertions", ["status == 200", " json $.a  == 1 "]), ("ignore_case", true),
        ])
        let spec = try HTTPKind.spec(members)
        let settings = try #require(spec.settings(of: HTTPKind.self))
        #expect(settings.options.assertions.map(\.text) == ["status == 200", "json $.a  == 1"])
        #expect(spec.object["assertions"] == ["status == 200", "json $.a  == 1"])
        #expect(throws: FieldError.self) {
            try HTTPKind.spec(JSONObject([("url", "http://a/"), ("assertions", ["body matches ("])]))
        }
        let many = JSONValue.array(Array(repeating: "status == 200", count: 21))
        #expect(throws: FieldError.self) {
            try HTTPKind.spec(JSONObject([("url", "http://a/"), ("assertions", many)]))
        }
    }

    @Test func tlsVersionAndCertificateDaysAreChecked() async throws {
        let authority = TestCertificate("Assertion CA", sans: nil, isAuthority: true)
        let leaf = TestCertificate("leaf", issuer: authority, sans: "IP:127.0.0.1")
        let target = LoopbackTarget.answering(tls: TLSServerContext(leaf, maximumVersion: 0x0303))
        let bench = try ProbeBench(ProbeConfiguration(caFile: authority.certificateFile()))
        let fine = try ["tls_version == 1.2", "certificate_days >= 0", "certificate_days < 3"].map {
            try HTTPAssertion($0)
        }
        #expect(await bench.run(target.url(scheme: "https")) { $0.assertions = fine }.failure == nil)
        let old = try HTTPAssertion("tls_version >= 1.3")
        expect(await bench.run(target.url(scheme: "https")) { $0.assertions = [old] }, .assertionTLS, .assertion)
        let soon = try HTTPAssertion("certificate_days >= 30")
        let outcome = await bench.run(target.url(scheme: "https")) { $0.assertions = [soon] }
        expect(outcome, .assertionCertificate, .assertion)
    }

    @Test func finalURLIsThatOfTheLastAnswer() async throws {
        let target = LoopbackTarget.answering { request, connection in
            if request.hasPrefix("GET /end") { return connection.respond(body: "ok") }
            connection.respond("302 Found", headers: ["Location: /end"])
        }
        let fine = try HTTPAssertion("final_url matches /end$")
        #expect(await (try ProbeBench()).run(target.url()) { $0.assertions = [fine] }.failure == nil)
        let wrong = try HTTPAssertion("final_url contains /start")
        expect(await (try ProbeBench()).run(target.url()) { $0.assertions = [wrong] }, .assertionURL, .assertion)
    }
}
