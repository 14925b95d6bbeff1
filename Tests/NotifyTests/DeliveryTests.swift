import Base
import Domain
import HTTPClient
import Notify
import Runtime
import TestSupport
import Testing

/// The outcome of a try, by the receiver's behaviour.
@Suite struct DeliveryTests {
    private func outcome(
        _ target: LoopbackTarget,
        _ kind: String = "webhook",
        timeLimit: Duration = .seconds(600)
    ) async throws -> DeliveryOutcome {
        let channel = Samples.channel(kind, target.url(""))
        return try await Samples.notifier(timeLimit: timeLimit).send(Samples.message(.firing), to: channel)
    }

    @Test(arguments: [
        ("400 Bad Request", "no_text", "Webhook answered 400: no_text"),
        ("404 Not Found", "", "Webhook answered 404"),
        ("301 Moved", "x", "Webhook answered 301, a redirect, which is not followed"),
        ("401 Unauthorized", "a\u{1B}[1m\r\n b", "Webhook answered 401: a [1m b"),
    ])
    func permanentErrorsAreRefusals(_ status: String, _ body: String, _ reason: String) async throws {
        #expect(try await outcome(.answering(status, body: body)) == .refused(reason: reason))
    }

    @Test(arguments: ["408 X", "425 X", "429 X", "500 X", "502 X", "503 X", "504 X"])
    func temporaryErrorsAreRetried(_ status: String) async throws {
        let reason = "Webhook answered \(status.prefix(3))"
        #expect(try await outcome(.answering(status)) == .retry(reason: reason, after: nil))
        let delayed = try await outcome(.answering(status, headers: ["Retry-After: 7"]))
        #expect(delayed == .retry(reason: reason, after: .seconds(7)))
    }

    /// The notifier's clock is at Tue, 14 Nov 2023 22:13:20 GMT.
    @Test(
        arguments: [
            ("Tue, 14 Nov 2023 22:14:50 GMT", .seconds(90)), ("Fri, 31 Dec 2027 23:59:59 GMT", .seconds(86_400)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", .seconds(86_400)),
            ("Tue, 14 Nov 2023 22:13:19 GMT", nil), ("Sun, 06 Nov 1994 08:49:37 GMT", nil),
            ("Tue, 31 Nov 2023 22:14:50 GMT", nil), ("Tue, 14 Nov 2023 24:14:50 GMT", nil),
            ("Tue, 14 Nov 99999999999999999999 22:14:50 GMT", nil), ("604800", .seconds(86_400)), ("-5", nil),
            ("0", nil),
            ("1.5", nil), ("99999999999999999999", nil), ("9223372036854775807", .seconds(86_400)), ("soon", nil),
            (", , , , , GMT", nil),
        ] as [(String, Duration?)]
    )
    func pausesAreSecondsOrDatesWithinADay(_ field: String, _ after: Duration?) async throws {
        let delayed = try await outcome(.answering("429 X", headers: ["Retry-After: \(field)"]))
        #expect(delayed == .retry(reason: "Webhook answered 429", after: after))
    }

    @Test("a setting that a newer file of the kind has does not keep a channel from sending")
    func newerSetting() async throws {
        let target = LoopbackTarget.answering("200 OK")
        var channel = Samples.channel("webhook", target.url(""))
        channel.values["colour"] = "green"
        let outcome = try await Samples.notifier(timeLimit: .seconds(600)).send(Samples.message(.firing), to: channel)
        guard case .delivered = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }

    @Test func retryDelaysAreReadFromBodies() async throws {
        let telegram =
            #"{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":35}}"#
        #expect(
            try await outcome(.answering("429 X", body: telegram), "telegram")
                == .retry(reason: "Telegram answered 429: Too Many Requests", after: .seconds(35))
        )
        #expect(
            try await outcome(.answering("429 X", body: #"{"message":"slow","retry_after":0.25}"#), "discord")
                == .retry(reason: "Discord answered 429: slow", after: .milliseconds(250))
        )
        #expect(
            try await outcome(.answering("429 X", body: #"{"error":"slow","retry_after_ms":1e300}"#), "matrix")
                == .retry(reason: "Matrix answered 429: slow", after: .seconds(86_400))
        )
    }

    @Test func refusalWithAGoodStatusIsDetected() async throws {
        let telegram = #"{"ok":false,"description":"Bad Request: chat not found"}"#
        #expect(
            try await outcome(.answering("200 OK", body: telegram), "telegram")
                == .refused(reason: "Telegram did not take it: Bad Request: chat not found")
        )
        #expect(
            try await outcome(.answering("200 OK", body: #"{"ok":false,"error":"no_service"}"#), "slack")
                == .refused(reason: "Slack did not take it: no_service")
        )
    }

    @Test func brokenReceiversAreRetried() async throws {
        let hung = LoopbackTarget { $0.waitForClose() }
        #expect(
            try await outcome(hung, timeLimit: .milliseconds(200)) == .retry(reason: "Webhook: timed out", after: nil)
        )
        let reset = LoopbackTarget.answering { _, connection in connection.reset() }
        let cut = LoopbackTarget.answering { _, connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf")
            connection.close()
        }
        let garbage = LoopbackTarget.answering { _, connection in
            connection.send("SSH-2.0-x\r\n\r\n")
            connection.close()
        }
        for target in [reset, cut, garbage] {
            guard case .retry(_, nil) = try await outcome(target) else {
                Issue.record("must be tried again")
                continue
            }
        }
        let closed = Samples.channel("webhook", "http://127.0.0.1:\(LoopbackTarget.closedPort())")
        guard case .retry = try await Samples.notifier().send(Samples.message(.firing), to: closed) else {
            Issue.record("must be tried again")
            return
        }
    }

    @Test func longAnswerIsCutAndJudgedByItsStatus() async throws {
        let body = String(repeating: "x", count: 1 << 20)
        #expect(try await outcome(.answering("200 OK", body: body)) == .delivered(reference: nil))
        let refusal = try await outcome(.answering("400 X", body: body))
        #expect(refusal == .refused(reason: "Webhook answered 400: " + String(repeating: "x", count: 277) + "…"))
    }

    @Test(
        "secrets quoted by a receiver are masked, ordinary words are not",
        arguments: [
            ("headers", "X-Team: web\nX-Pass: hunter2hunter2", "hunter2hunter2", "no ***"),
            ("headers", "Authorization: Bearer abcdefgh", "abcdefgh", "no ***"),
            ("url", "/redir", "a redirect to /redirect", "no a redirect to /redirect"),
            ("url", "/hooks/abcdefgh12345678", "abcdefgh12345678", "no ***"),
        ]
    )
    func quotedSecrets(_ setting: String, _ value: String, _ quoted: String, _ wanted: String) async throws {
        let target = LoopbackTarget.answering("400 X", body: "no \(quoted)")
        let path = setting == "url" ? value : "/"
        var values = ["url": "http://127.0.0.1:\(target.port)\(path)"]
        if setting == "headers" { values["headers"] = value }
        let outcome = try await Samples.notifier()
            .send(Samples.message(.firing), to: ChannelSettings(kind: "webhook", values: values))
        #expect(outcome == .refused(reason: "Webhook answered 400: \(wanted)"))
    }

    @Test("credentials are masked also as basic authentication") func basicIsMasked() async throws {
        let encoded = "cHJvbTpwYXNzLVNFQ1JFVA=="  // prom:pass-SECRET
        let target = LoopbackTarget.answering("400 X", body: "bad header Basic \(encoded)")
        let channel = Samples.channel("alertmanager", "http://127.0.0.1:\(target.port)")
        let outcome = try await Samples.notifier().send(Samples.message(.firing), to: channel)
        #expect(outcome == .refused(reason: "Alertmanager answered 400: bad header Basic ***"))
    }

    @Test("secrets are masked before a long answer is cut") func cutAfterMasking() async throws {
        let target = LoopbackTarget.answering("400 X", body: String(repeating: "y ", count: 135) + "whsec-123456789")
        var channel = Samples.channel("webhook", "http://127.0.0.1:\(target.port)")
        channel.values["secret"] = "whsec-123456789"
        guard case .refused(let reason) = try await Samples.notifier().send(Samples.message(.firing), to: channel)
        else {
            Issue.record("must be refused")
            return
        }
        #expect(!reason.contains("whs"), "\(reason)")
    }

    @Test(
        "an answer of Teams is judged by its text",
        arguments: [
            ("200 OK", "1", true), ("200 OK", "", true), ("202 Accepted", "", true),
            ("200 OK", "Webhook message delivery failed with error: HTTP error 429", false),
        ]
    )
    func teamsAnswers(_ status: String, _ body: String, _ isTaken: Bool) async throws {
        let target = LoopbackTarget.answering(status, body: body)
        let outcome = try await Samples.notifier()
            .send(Samples.message(.firing), to: Samples.channel("teams", "http://127.0.0.1:\(target.port)"))
        #expect((outcome == .delivered(reference: nil)) == isTaken, "\(outcome)")
    }

    @Test("a digest omits no incident if the receiver tracks each") func completeDigests() async throws {
        let bodies = Bodies()
        let target = LoopbackTarget { connection in
            let request = connection.readRequest()
            let body = request.firstRange(of: "\r\n\r\n").map { String(request[$0.upperBound...]) } ?? ""
            if let value = try? JSONValue(parsing: body) { bodies.values.withLock { $0.append(value) } }
            connection.respond(body: "ok")
            connection.close()
        }
        let items = (0..<100).map { number in
            var item = Samples.item(key: "monitor-\(number)")
            item.text = String(repeating: "t", count: 9000)
            return item
        }
        let channel = Samples.channel("webhook", "http://127.0.0.1:\(target.port)")
        let outcome = try await Samples.notifier().send(Samples.message(items), to: channel)
        #expect(outcome == .delivered(reference: nil))
        let found = bodies.values.withLock { $0 }
        let keys = found.flatMap { $0["items"]?.arrayValue ?? [] }.compactMap { $0["key"]?.stringValue }
        #expect(Set(keys).count == 100 && keys.count == 100, "\(keys.count) in \(found.count) requests")
        #expect(found.count > 1 && Set(found.compactMap { $0["id"]?.stringValue }).count == found.count)
    }

    @Test func forbiddenAddressesAreRefused() async throws {
        let target = LoopbackTarget.answering("200 OK")
        let notifier = try Samples.notifier(policy: AddressPolicy(denyPrivate: true))
        let outcome = await notifier.send(Samples.message(.firing), to: Samples.channel("webhook", target.url("")))
        #expect(
            outcome == .refused(reason: "Webhook: address not allowed: 127.0.0.1 is a loopback address")
                && target.connectionCount == 0
        )
        let metadata = try await Samples.notifier().send(
            Samples.message(.firing),
            to: ChannelSettings(kind: "slack", values: ["webhook_url": "http://169.254.169.254/latest"])
        )
        #expect(metadata == .refused(reason: "Slack: address not allowed: 169.254.169.254 is a cloud metadata address"))
    }

    @Test(arguments: Samples.kinds)
    func secretsAreMasked(_ kind: String) async throws {
        // A receiver that quotes everything it received.
        let target = LoopbackTarget.answering { request, connection in
            let line = request.split(whereSeparator: \.isNewline).joined(separator: " ")
            let fields = #"{"description":"\#(request.prefix(150).filter { !$0.isNewline && $0 != "\"" })"}"#
            connection.respond("400 X", body: kind == "telegram" ? fields : String(line.suffix(1900)))
        }
        let channel = Samples.channel(kind, target.url(""))
        let outcome = try await Samples.notifier().send(Samples.message(.firing), to: channel)
        guard case .refused(let reason) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        for secret in ["SECRET", "abcdefgh12345678", "kkkkkkkk", "tttttttt", "whsec-123", "R0123456789abcdef"] {
            #expect(!reason.contains(secret), "\(reason)")
        }
    }

    private static func document() -> String {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        return String(decoding: DatabaseFile.bytes(of: root + "/docs/webhooks.md"), as: UTF8.self)
    }

    @Test func signaturesCoverTimeAndBody() async throws {
        let target = LoopbackTarget.answering("200 OK")
        _ = try await outcome(target)
        let request = try #require(target.received.first)
        #expect(request.headers["x-team"] == "web" && request.headers["x-two"] == "a: b")
        let signature = try #require(request.headers["x-sentinel-signature"])
        #expect(signature.hasPrefix("t=1700000000,v1="))
        // The receiver's verification as shown in docs/webhooks.md.
        let document = Self.document()
        let code = try #require(
            document.split(separator: "```python\n").dropFirst().first?.split(separator: "```").first
        )
        let script = "/tmp/sentinel-test-\(Base.UUID()).py"
        DatabaseFile.write(Array(code.utf8), to: script)
        for (body, expected) in [(request.body, "genuine\n"), (request.body + " ", "forged\n")] {
            let process = try RunningProcess(
                path: "/usr/bin/python3",
                arguments: [script, "whsec-123", signature, body, "1700000100"]
            )
            #expect(await process.wait().standardOutput == expected)
        }
        let late = try RunningProcess(
            path: "/usr/bin/python3",
            arguments: [script, "whsec-123", signature, request.body, "1700000301"]
        )
        #expect(await late.wait().standardOutput == "forged\n")
    }

    @Test func webhookBodyCanBeCustomized() async throws {
        let target = LoopbackTarget.answering("200 OK")
        var channel = Samples.channel("webhook", target.url(""))
        channel.values["body"] =
            #"{"what": "{{ title }}", "n": 3, "all": [{"$for": "i in items", "k": "{{ i.key }}"}]}"#
        channel.values["method"] = "PUT"
        _ = try await Samples.notifier().send(Samples.hostileMessage(#"","x":""#, items: 2), to: channel)
        let request = try #require(target.received.first)
        let json = try request.json
        #expect(request.method == "PUT" && json["n"] == 3 && json["x"] == nil)
        #expect(json["what"] == "2 alerts: 1 firing, 1 resolved" && json["all"]?.arrayValue?.count == 2)
    }
}

/// The bodies that a receiver got.
private final class Bodies: Sendable {
    let values = Locked<[JSONValue]>([])
}
