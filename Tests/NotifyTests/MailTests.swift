import Base
import Domain
import HTTPClient
import Notify
import Runtime
import TestSupport
import Testing

/// E-mail with a real SMTP server.
@Suite struct MailTests {
    private static func channel(_ port: UInt16, _ more: [String: String] = [:]) -> ChannelSettings {
        let values = [
            "host": "localhost", "port": "\(port)", "security": "none", "from": "Sentinel <alerts@example.org>",
            "to": "ops@example.org, Ännchen <second@example.org>",
        ]
        return ChannelSettings(kind: "email", values: values.merging(more) { $1 })
    }

    /// The mail as parsed by Python: headers, decoded, and the two bodies.
    private static func parsed(_ mail: JSONValue) async throws -> JSONValue {
        let script = """
            import email, email.policy, json, sys
            raw = sys.argv[1].encode("latin-1")
            mail = email.message_from_bytes(raw, policy=email.policy.default)
            defects = [str(d) for part in mail.walk() for d in part.defects]
            defects += [str(d) for value in mail.values() for d in getattr(value, "defects", [])]
            print(json.dumps({
                "headers": {name.lower(): str(value) for name, value in mail.items()},
                "names": [name.lower() for name in mail.keys()], "defects": defects,
                "type": mail.get_content_type(), "longest": max(map(len, raw.splitlines())),
                "plain": mail.get_body(("plain",)).get_content().replace("\\r\\n", "\\n"),
                "html": mail.get_body(("html",)).get_content().replace("\\r\\n", "\\n"),
            }))
            """
        let data = try #require(mail["data"]?.stringValue)
        // The environment sets how arguments are decoded.
        let process = try RunningProcess(
            path: "/usr/bin/python3",
            arguments: ["-c", script, data],
            environment: ["PYTHONUTF8": "1"]
        )
        let output = await process.wait()
        #expect(output.standardError == "")
        return try JSONValue(parsing: output.standardOutput)
    }

    private func deliver(_ message: AlertMessage, _ more: [String: String] = [:]) async throws -> (JSONValue, JSONValue)
    {
        let target = try await MailTarget()
        let outcome = try await Samples.notifier().send(message, to: Self.channel(target.port, more))
        #expect(outcome == .delivered(reference: "250 2.0.0 queued as 4711"), "\(target.complaints)")
        let mail = try #require(target.mails.first)
        return (mail, try await Self.parsed(mail))
    }

    @Test func incidentMailHasTextAndHTML() async throws {
        let (envelope, mail) = try await deliver(Samples.message(.firing))
        #expect(envelope["from"] == "alerts@example.org" && envelope["helo"] == "example.org")
        #expect(envelope["to"] == ["ops@example.org", "second@example.org"])
        let headers = try #require(mail["headers"])
        #expect(headers["subject"] == "🔴 Firing: Shop" && mail["defects"] == [])
        #expect(headers["from"] == "Sentinel <alerts@example.org>")
        #expect(headers["to"] == "ops@example.org, Ännchen <second@example.org>")
        #expect(headers["date"] == "Tue, 14 Nov 2023 22:14:20 +0000")
        #expect(headers["auto-submitted"] == "auto-generated" && mail["type"] == "multipart/alternative")
        #expect(headers["references"] == headers["in-reply-to"] && headers["references"] != headers["message-id"])
        let (plain, html) = (mail["plain"]?.stringValue ?? "", mail["html"]?.stringValue ?? "")
        for text in [
            "Shop", "answered 503 instead of 200", "http_status", "critical", "2023-11-14 22:13:20 UTC", "eu-1",
        ] {
            #expect(plain.contains(text) && html.contains(text), "\(text)")
        }
        #expect(plain.contains("https://shop.example/cart?a=1&b=2") && html.contains("cart?a=1&amp;b=2"))
        #expect(plain.contains("/incidents/12/acknowledge?token=abc"))
        #expect(html.contains(#"<a href="https://sentinel.example/incidents/12">"#))
    }

    @Test func mailsOfOneIncidentFormAThread() async throws {
        let (first, one) = try await deliver(Samples.message(.firing))
        let (second, _) = try await deliver(Samples.message(.firing))
        #expect(first["data"] == second["data"])
        var later = Samples.message(.resolved)
        later.id = "note-82"
        let (_, two) = try await deliver(later)
        #expect(one["headers"]?["message-id"] != two["headers"]?["message-id"])
        #expect(one["headers"]?["references"] == two["headers"]?["references"])
        let (_, digest) = try await deliver(Samples.digest)
        #expect(digest["headers"]?["references"] == nil)
        #expect(digest["headers"]?["subject"] == "🔴 5 alerts: 1 firing, 1 acknowledged, 1 resolved, 2 more")
    }

    @Test(arguments: Samples.hostile.indices)
    func hostileNamesCannotBreakHeaders(_ index: Int) async throws {
        let text = Samples.hostile[index]
        var message = Samples.hostileMessage(text, items: 2)
        message.id = text
        let (envelope, mail) = try await deliver(message, ["from": "\"A, B é\" <alerts@example.org>"])
        #expect(envelope["to"]?.arrayValue?.count == 2 && mail["defects"] == [])
        #expect(
            mail["names"] == [
                "date", "from", "to", "subject", "message-id", "auto-submitted", "x-auto-response-suppress",
                "mime-version", "content-type",
            ]
        )
        #expect((mail["longest"]?.integerValue ?? 0) <= 78)
        let single = try await deliver(Samples.hostileMessage(text, items: 1)).1
        let subject = try #require(single["headers"]?["subject"]?.stringValue)
        #expect(subject.hasPrefix("🔴 Firing: ") && !subject.contains("\n") && subject.utf16.count <= 250)
        let html = try #require(mail["html"]?.stringValue)
        #expect(!html.contains("<script") && !html.contains("<a href=\"x\">"))
    }

    @Test func dotsAndLongLinesArriveUnchanged() async throws {
        var message = Samples.message(.firing)
        let text = ".\n..\n.a  \n=3D \n" + String(repeating: "é=", count: 300) + "\nFrom x\n "
        message.items[0].text = text
        let (_, mail) = try await deliver(
            message,
            ["text": "{{ items | json }}", "html": "{% for i in items %}{{ i.text | raw }}{% endfor %}|"]
        )
        #expect(mail["html"]?.stringValue == text + "|")
        #expect((mail["longest"]?.integerValue ?? 0) <= 78)
    }

    // MARK: Servers

    @Test(arguments: [
        (
            "reject@example.org",
            DeliveryOutcome.refused(reason: "E-mail: the server answered 550 5.1.1 no such user here")
        ),
        ("later@example.org", .retry(reason: "E-mail: the server answered 451 4.7.1 come back later", after: nil)),
        (
            "reject@example.org, ops@example.org",
            .delivered(reference: "250 2.0.0 queued as 4711 (refused for reject@example.org)")
        ),
    ])
    func recipients(_ to: String, _ expected: DeliveryOutcome) async throws {
        let target = try await MailTarget()
        let outcome = try await Samples.notifier().send(
            Samples.message(.firing),
            to: Self.channel(target.port, ["to": to])
        )
        #expect(outcome == expected)
    }

    @Test func refusedMailIsReported() async throws {
        let target = try await MailTarget()
        let channel = Self.channel(target.port, ["subject": "refuse-data"])
        let outcome = try await Samples.notifier().send(Samples.message(.firing), to: channel)
        #expect(outcome == .refused(reason: "E-mail: the server answered 554 5.7.1 looks like spam"))
    }

    @Test(arguments: [
        (MailTarget.Security.none, "none", true, false), (.none, "optional", true, false),
        (.none, "starttls", false, false),
        (.starttls, "starttls", true, true), (.starttls, "optional", true, true), (.starttls, "none", false, false),
        (.tls, "tls", true, true), (.none, "tls", false, false),
    ])
    func configuredTLSModeIsUsed(_ server: MailTarget.Security, _ wanted: String, _ arrives: Bool, _ isSecret: Bool)
        async throws
    {
        let authority = TestCertificate("Test CA", sans: nil, isAuthority: true)
        let certificate = TestCertificate("localhost", issuer: authority)
        let target = try await MailTarget(security: server, certificate: certificate)
        let configuration = HTTPClientConfiguration(caFile: authority.certificateFile())
        let client = HTTPClient(loop: try EventLoop(name: "mail-test"), configuration: configuration)
        let notifier = Notifier(catalog: try Samples.catalog.get(), client: client, timeLimit: .seconds(30))
        let channel = Self.channel(target.port, ["security": wanted])
        let outcome = await notifier.send(Samples.message(.firing), to: channel)
        if case .delivered = outcome { #expect(arrives) } else { #expect(!arrives, "\(outcome)") }
        #expect(target.mails.map { $0["tls"]?.boolValue } == (arrives ? [isSecret] : []))
        // Optional TLS does not verify the certificate.
        guard server != .none, arrives, wanted != "optional" else { return }
        // An untrusted authority.
        let refused = try await Samples.notifier().send(Samples.message(.firing), to: channel)
        guard case .retry(let reason, nil) = refused else {
            Issue.record("\(refused)")
            return
        }
        #expect(reason.contains("certificate"), "\(reason)")
    }

    @Test func loginIsUsed() async throws {
        let certificate = TestCertificate("localhost")
        let target = try await MailTarget(security: .starttls, certificate: certificate, wantsLogin: true)
        let client = HTTPClient(
            loop: try EventLoop(name: "mail-test"),
            configuration: HTTPClientConfiguration(verifyTLS: false)
        )
        let notifier = Notifier(catalog: try Samples.catalog.get(), client: client, timeLimit: .seconds(30))
        let good = Self.channel(target.port, ["security": "starttls", "user": "user", "password": "secret"])
        let outcome = await notifier.send(Samples.message(.firing), to: good)
        guard case .delivered = outcome else {
            Issue.record("\(outcome) \(target.complaints)")
            return
        }
        #expect(target.mails.first?["user"] == "user")
        let bad = Self.channel(target.port, ["security": "starttls", "user": "user", "password": "wrong-password"])
        guard case .refused(let reason) = await notifier.send(Samples.message(.firing), to: bad) else {
            Issue.record("must be refused")
            return
        }
        #expect(reason.hasPrefix("E-mail: the server answered 535") && !reason.contains("wrong-password"))
    }

    @Test func acceptedMailIsDeliveredEvenIfTheServerThenHangs() async throws {
        for ends in [true, false] {
            let target = LoopbackTarget { connection in
                connection.send("220 ready\r\n")
                for reply in ["250 hello", "250 sender", "250 recipient", "354 go on"] {
                    _ = connection.read()
                    connection.send(reply + "\r\n")
                }
                guard connection.readMail() else { return }
                connection.send("250 queued\r\n")
                if ends { connection.reset() } else { connection.waitForClose() }
            }
            // The hanging request uses its whole time; longer only if the machine is very busy.
            var outcome = DeliveryOutcome.retry(reason: "", after: nil)
            for seconds in [5, 60] where outcome != .delivered(reference: "250 queued") {
                outcome = try await Samples.notifier(timeLimit: .seconds(seconds)).send(
                    Samples.message(.firing),
                    to: Self.channel(target.port, ["to": "a@example.org"])
                )
            }
            #expect(outcome == .delivered(reference: "250 queued"))
        }
    }

    @Test func hungMailServerDelaysNoOtherRequest() async throws {
        let hung = LoopbackTarget { $0.waitForClose() }
        let target = LoopbackTarget.answering("200 OK")
        let notifier = try Samples.notifier(timeLimit: .seconds(60))
        let mail = Task { await notifier.send(Samples.message(.firing), to: Self.channel(hung.port)) }
        await eventually { hung.connectionCount == 1 }
        let outcome = await notifier.send(Samples.message(.firing), to: Samples.channel("webhook", target.url("")))
        #expect(outcome == .delivered(reference: nil))
        let start = MonotonicTime.now
        mail.cancel()
        #expect(await mail.value == .retry(reason: "E-mail: cancelled", after: nil))
        #expect(MonotonicTime.now - start < .seconds(50))
    }

    @Test func brokenServersAreRetried() async throws {
        let hung = LoopbackTarget { $0.waitForClose() }
        let slow = try await Samples.notifier(timeLimit: .milliseconds(300)).send(
            Samples.message(.firing),
            to: Self.channel(hung.port)
        )
        #expect(slow == .retry(reason: "E-mail: timed out", after: nil))
        let busy = LoopbackTarget { connection in
            connection.send("421 4.3.2 shutting down\r\n")
            connection.close()
        }
        let later = try await Samples.notifier().send(Samples.message(.firing), to: Self.channel(busy.port))
        guard case .retry = later else {
            Issue.record("\(later)")
            return
        }
        for target in [LoopbackTarget { $0.reset() }, LoopbackTarget { $0.send("HTTP/1.1 400 Bad\r\n\r\n") }] {
            let outcome = try await Samples.notifier().send(Samples.message(.firing), to: Self.channel(target.port))
            guard case .retry = outcome else {
                Issue.record("\(outcome)")
                continue
            }
        }
        let notifier = try Samples.notifier(policy: AddressPolicy(denyPrivate: true))
        let denied = await notifier.send(Samples.message(.firing), to: Self.channel(hung.port, ["host": "127.0.0.1"]))
        #expect(denied == .refused(reason: "E-mail: address not allowed: 127.0.0.1 is a loopback address"))
    }

    private static let zone =
        "is an IPv6 address with a zone, which cannot be used: give an address without one, or a name"

    @Test(
        arguments: [
            (["from": "a@b.c\r\nBcc: x@y.z"], "from", "holds control characters"),
            (["from": "nobody"], "from", "is not an e-mail address"),
            (["to": "a@b.c, nobody"], "to", "is not a list of at most 50 e-mail addresses"),
            (["to": "a@b.c>, <x@y.z"], "to", "is not a list of at most 50 e-mail addresses"),
            (["host": "mail.example/x"], "host", "is not the name or address of a machine"),
            (["host": "fe80::1%eth0"], "host", zone),
            (["host": "[fe80::1%25eth0]"], "host", zone),
            (["helo": "a b"], "helo", "is not the name or address of a machine"),
            (["port": "0"], "port", "is a number from 1 to 65535"),
            (["security": "ssl"], "security", "is one of starttls, optional, tls, none"),
            (["user": "u"], "password", "is missing: user and password go together"),
            (["user": "u", "password": "p\n"], "password", "holds control characters"),
            (
                ["user": "u", "password": "p", "security": "optional"], "security",
                "must not be 'optional' with a password, which could then go over the network in the clear"
            ),
            (["subject": "{{ titel }}"], "subject", "line 1, column 4: unknown name 'titel'; did you mean 'title'?"),
        ] as [([String: String], String, String)]
    )
    func settingsAreChecked(_ values: [String: String], _ field: String, _ message: String) throws {
        let faults = try Samples.catalog.get().validate(Self.channel(25, values))
        #expect(faults == [ChannelSettingsError(field, message)])
    }

    @Test(arguments: ["a@b", "a.b+c@x-y.example.org", "Name <a@b.c>", "\"N, M\" <a@b.c>"])
    func mailAddressesAreAccepted(_ text: String) throws {
        #expect(try Samples.catalog.get().validate(Self.channel(25, ["from": text])) == [])
    }
}
