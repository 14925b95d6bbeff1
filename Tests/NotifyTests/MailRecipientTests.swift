import Base
import Domain
import HTTPClient
import Runtime
import TestSupport
import Testing

@testable import Notify

/// The recipients of a mail, and its connection.
@Suite struct MailRecipientTests {
    private static func channel(_ port: UInt16, _ more: [String: String] = [:]) -> ChannelSettings {
        let values = [
            "host": "localhost", "port": "\(port)", "security": "none", "from": "alerts@example.org",
            "to": "ops@example.org",
        ]
        return ChannelSettings(kind: "email", values: values.merging(more) { $1 })
    }

    /// Recipients that accepted the mail do not get it again, whatever happens to the others.
    @Test func retriesGoOnlyToRemainingRecipients() async throws {
        let target = try await MailTarget()
        let to = "one@example.org, later@example.org, reject@example.org, \"Two, T.\" <two@example.org>"
        let channel = Self.channel(target.port, ["to": to])
        var message = Samples.message(.firing)
        let first = try await Samples.notifier().send(message, to: channel)
        let left = ["later@example.org"]
        guard case .partly(let reference, left, let reason) = first else {
            Issue.record("\(first)")
            return
        }
        #expect(reference == "250 2.0.0 queued as 4711 (refused for reject@example.org)")
        #expect(reason == "not yet taken for later@example.org: 451 4.7.1 come back later")
        message.recipients = left
        let second = try await Samples.notifier().send(message, to: channel)
        #expect(second == .retry(reason: "E-mail: the server answered 451 4.7.1 come back later", after: nil))
        message.recipients = ["two@example.org"]
        let third = try await Samples.notifier().send(message, to: channel)
        #expect(third == .delivered(reference: "250 2.0.0 queued as 4711"))
        #expect(target.mails.map { $0["to"] } == [["one@example.org", "two@example.org"], ["two@example.org"]])
        // A recipient that was removed from the channel meanwhile gets nothing.
        message.recipients = ["gone@example.org"]
        guard case .delivered = try await Samples.notifier().send(message, to: channel) else {
            Issue.record("nobody is left")
            return
        }
        #expect(target.mails.count == 2)
    }

    /// When all recipients are refused, one temporary refusal causes a retry, whatever its position.
    @Test(arguments: ["later@a.test, reject@a.test", "reject@a.test, later@a.test"])
    func temporarilyRefusedRecipientIsRetried(_ to: String) async throws {
        let target = try await MailTarget()
        let outcome = try await Samples.notifier().send(
            Samples.message(.firing),
            to: Self.channel(target.port, ["to": to])
        )
        #expect(outcome == .retry(reason: "E-mail: the server answered 451 4.7.1 come back later", after: nil))
    }

    /// Replies to other commands do not count as replies about recipients.
    @Test(arguments: [["502 no EHLO", "250 hello"], ["250-hello\r\n250-SIZE 1000000\r\n250 HELP"]])
    func onlyRecipientRefusalsAreCounted(_ greeting: [String]) async throws {
        let target = LoopbackTarget { connection in
            connection.send("220 ready\r\n")
            for answer in greeting {
                _ = connection.read()
                connection.send(answer + "\r\n")
            }
            for reply in ["250 sender", "250 one", "550 two", "354 go on"] {
                _ = connection.read()
                connection.send(reply + "\r\n")
            }
            guard connection.readMail() else { return }
            connection.send("250 queued\r\n")
            connection.waitForClose()
        }
        let channel = Self.channel(target.port, ["to": "one@a.test, two@a.test"])
        let outcome = try await Samples.notifier(timeLimit: .seconds(60)).send(Samples.message(.firing), to: channel)
        #expect(outcome == .delivered(reference: "250 queued (refused for two@a.test)"))
    }

    @Test(
        arguments: [
            ("\"Last, First\" <a@b.c>, d@e.f", ["a@b.c", "d@e.f"]), ("a@bücher.example", ["a@xn--bcher-kva.example"]),
            ("Ops <a@b.c> , \"A, B, C\" <x@y.z>", ["a@b.c", "x@y.z"]), ("\"no end, <a@b.c>", nil), ("ä@b.c", nil),
        ] as [(String, [String]?)]
    )
    func addressListsAreParsed(_ text: String, _ expected: [String]?) {
        #expect(MailAddress.list(text)?.map(\.address) == expected)
    }

    @Test(arguments: ["mail.bücher.example", "xn--bcher-kva.example", "10.0.0.1"])
    func mailHostsAreAccepted(_ host: String) throws {
        #expect(try Samples.catalog.get().validate(Self.channel(25, ["host": host])) == [])
        let provider = try #require(try Samples.catalog.get()["email"])
        let ready = try ReadyChannel(provider, Self.channel(25, ["host": host]))
        #expect(try MailSettings(ready.values).host.utf8.allSatisfy { $0 < 128 })
    }

    @Test(arguments: [
        "The shop answers slowly since " + String(repeating: "a while and ", count: 12) + "now",
        "https://shop.example/" + String(repeating: "a", count: 90) + " is down", String(repeating: "x", count: 800),
    ])
    func plainSubjectsStayPlain(_ subject: String) {
        let text = MailHeader.text(subject)
        #expect(text.split(separator: "\r\n").map { $0.drop { $0 == " " } }.joined(separator: " ") == subject)
        #expect(!text.contains("=?"))
    }

    // MARK: Certificates

    /// The same two settings choose the authorities for mails and for requests.
    @Test(
        arguments: [
            ([:], false), (["verify_tls": "false"], true), (["ca_file": "authority"], true),
            (["ca_file": "other"], false), (["ca_file": "other", "verify_tls": "false"], true),
            (["ca_file": "/nowhere/ca.pem"], false),
        ] as [([String: String], Bool)]
    )
    func channelsChooseTheirAuthorities(_ settings: [String: String], _ arrives: Bool) async throws {
        let authority = TestCertificate("Test CA", sans: nil, isAuthority: true)
        let other = TestCertificate("Other CA", sans: nil, isAuthority: true)
        let certificate = TestCertificate("localhost", issuer: authority)
        let files = ["authority": authority.certificateFile(), "other": other.certificateFile()]
        var settings = settings
        if let file = settings["ca_file"] { settings["ca_file"] = files[file] ?? file }
        let server = try await MailTarget(security: .starttls, certificate: certificate)
        let target = LoopbackTarget.answering(tls: TLSServerContext(certificate))
        let channels = [
            Self.channel(server.port, settings.merging(["security": "starttls"]) { $1 }),
            ChannelSettings(
                kind: "webhook",
                values: settings.merging(["url": "https://localhost:\(target.port)/"]) { $1 }
            ),
        ]
        for channel in channels {
            #expect(try Samples.catalog.get().validate(channel) == [])
            let outcome = try await Samples.notifier().send(Samples.message(.firing), to: channel)
            switch outcome {
            case .delivered: #expect(arrives, "\(channel.kind)")
            case .retry(let reason, _):
                #expect(!arrives, "\(channel.kind): \(reason)")
                let isFile = settings["ca_file"]?.hasPrefix("/nowhere") == true
                #expect(
                    reason.contains(isFile ? "the CA file /nowhere/ca.pem cannot be read" : "certificate"),
                    "\(reason)"
                )
            default: Issue.record("\(channel.kind): \(outcome)")
            }
        }
    }

    @Test func optionalTLSAcceptsASelfSignedServer() async throws {
        let target = try await MailTarget(security: .starttls, certificate: TestCertificate("localhost"))
        let channel = Self.channel(target.port, ["security": "optional"])
        let outcome = try await Samples.notifier().send(Samples.message(.firing), to: channel)
        #expect(outcome == .delivered(reference: "250 2.0.0 queued as 4711"))
        #expect(target.mails.first?["tls"] == true)
    }

    @Test func pathsAreAbsolute() throws {
        let faults = try Samples.catalog.get().validate(Self.channel(25, ["ca_file": "ca.pem"]))
        #expect(faults == [ChannelSettingsError("ca_file", "is not the absolute path of a file")])
    }
}
