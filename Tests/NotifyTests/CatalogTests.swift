import Base
import Domain
import Glibc
import Notify
import TestSupport
import Testing
import YAMLConfig

/// The built-in provider files, the operator's own, and the validation of channels.
@Suite struct CatalogTests {
    /// A folder with these files, removed when released.
    private final class Folder {
        let path = "/tmp/sentinel-test-" + Base.UUID().description
        private let names: [String]

        init(_ files: [String: String]) {
            mkdir(path, 0o700)
            names = Array(files.keys)
            for (name, text) in files { DatabaseFile.write(Array(text.utf8), to: "\(path)/\(name)") }
        }

        deinit {
            for name in names { unlink("\(path)/\(name)") }
            rmdir(path)
        }
    }

    @Test func everyProviderIsLoadedAndDescribed() throws {
        let providers = try Samples.catalog.get().providers
        #expect(Set(providers.map(\.kind)) == Set(Samples.kinds + ["email"]))
        for provider in providers {
            #expect(!provider.help.isEmpty && !provider.title.isEmpty, "\(provider.kind)")
            #expect(provider.settings.allSatisfy { !$0.help.isEmpty }, "\(provider.kind)")
            #expect(!provider.settings.contains { $0.format == .choice && $0.choices.isEmpty }, "\(provider.kind)")
        }
    }

    static let own = """
        kind: pager
        title: Pager
        settings:
          url: {required: true, format: url}
        request:
          url: "{{ settings.url | raw }}/send"
          form: {text: "{{ title }}", level: "{{ severity }}", none: "{{ link }}"}
        """

    @Test func operatorsFileAddsAKind() async throws {
        let folder = Folder(["pager.yaml": Self.own, "notes.txt": "not a provider"])
        let catalog = try ProviderCatalog.load(directory: folder.path)
        let target = LoopbackTarget.answering("200 OK")
        var message = Samples.message(.firing)
        message.items[0].subject = "a&b=c é"
        message.items[0].link = nil
        let channel = ChannelSettings(kind: "pager", values: ["url": target.url("")])
        #expect(try await Samples.notifier(catalog).send(message, to: channel) == .delivered(reference: nil))
        let request = try #require(target.received.first)
        #expect(request.path == "/send" && request.body == "text=Firing%3A%20a%26b%3Dc%20%C3%A9&level=critical")
        #expect(request.headers["content-type"] == "application/x-www-form-urlencoded")
    }

    @Test func documentedExampleKindWorks() async throws {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let document = String(decoding: DatabaseFile.bytes(of: root + "/docs/notifications.md"), as: UTF8.self)
        let example = try #require(document.split(separator: "```yaml\n").last?.split(separator: "```").first)
        let folder = Folder(["pager.yaml": String(example)])
        let catalog = try ProviderCatalog.load(directory: folder.path)
        let target = LoopbackTarget.answering("200 OK", body: #"{"id":"p1"}"#)
        let channel = ChannelSettings(kind: "pager", values: ["url": target.url(""), "key": "pager-key"])
        let outcome = try await Samples.notifier(catalog).send(Samples.message(.firing), to: channel)
        let request = try #require(target.received.first)
        #expect(outcome == .delivered(reference: "p1") && request.path == "/pages?team=web")
        #expect(request.headers["authorization"] == "Bearer pager-key" && request.headers["x-source"] == "sentinel")
        #expect(
            try request.json == [
                "text": "🔴 Firing: Shop", "level": 1, "links": [["url": "https://sentinel.example/incidents/12"]],
            ]
        )
    }

    @Test func operatorsFileOverridesAndMustBeUnique() throws {
        let slack = Self.own.split(separator: "\n").joined(separator: "\n").replacingFirstLine("kind: slack")
        let folder = Folder(["s.yaml": slack])
        #expect(try ProviderCatalog.load(directory: folder.path)["slack"]?.title == "Pager")
        let twice = Folder(["a.yaml": Self.own, "b.yaml": Self.own])
        let error = #expect(throws: ProviderFileError.self) { try ProviderCatalog.load(directory: twice.path) }
        #expect(error?.description == "b.yaml: the kind 'pager' is in a.yaml too")
        let missing = #expect(throws: ProviderFileError.self) { try ProviderCatalog.load(directory: "/nonexistent") }
        #expect(missing?.reason == "the folder cannot be read: No such file or directory")
    }

    @Test(arguments: [
        ("kind: x\ntitle: X", "1:1: 'request' is missing"),
        ("kind: X y\ntitle: X", "1:7: 'kind' is a word of at most 40 small letters and digits"),
        ("kind: x\ntitle: X\nrequst: {}\nrequest: {url: u}", "3:1: unknown member 'requst'; did you mean 'request'?"),
        ("kind: x\ntitle: X\nescape: htlm\nrequest: {url: u}", "3:9: unknown escape 'htlm'; did you mean 'html'?"),
        (
            "kind: x\ntitle: X\nrequest:\n  url: \"{{ titel }}\"",
            "4:8: in the template, line 1, column 4: unknown name 'titel'; did you mean 'title'?"
        ),
        ("kind: x\ntitle: X\nsettings:\n  a: {format: urll}", "4:15: unknown format 'urll'; did you mean 'url'?"),
        ("kind: x\ntitle: X\nsettings:\n  a: {format: integer, default: x}", "4:33: the default is not a whole number"),
        (
            "kind: x\ntitle: X\nrequest:\n  url: u\n  body:\n    a: {$iff: x}",
            "6:9: unknown directive '$iff'; did you mean '$if'?"
        ),
        ("kind: x\ntitle: X\nrequest:\n  url: u\n  body:\n    a: {$template: text}", "6:20: unknown setting 'text'"),
        (
            "kind: x\ntitle: X\nrequest:\n  url: u\n  body: {$for: i in title}",
            "5:16: in the loop, line 1, column 6: only a list can be gone through, this is a text"
        ),
        (
            "kind: x\ntitle: X\nrequest:\n  url: u\n  body: {$text: a, b: c}",
            "5:9: '$text' cannot stand beside other members"
        ),
        (
            "kind: x\ntitle: X\nrequest:\n  url: u\nresponse: {success: [2000]}",
            "5:21: '2000' is no status such as 200 or 5xx"
        ),
        (
            "kind: x\ntitle: X\nrequest:\n  url: u\nresponse: {reference: a..b}",
            "5:23: expected names with dots between them"
        ),
        (
            "kind: x\ntitle: X\nrequest:\n  url: u\n  authentication: {kind: basic, user: a}",
            "5:19: 'password' is missing"
        ),
        ("kind: x\ntitle: X\ndigest: maybe\nrequest: {url: u}", "3:9: 'digest' is true or false"),
        ("kind: x\ntitle: [X]\nrequest: {url: u}", "2:8: expected a single value"),
        ("kind: x\nkind: y", "2:1: duplicate key 'kind', first on line 1"),
        ("", " the file is empty"),
    ])
    func errorsNameTheirLocation(_ text: String, _ expected: String) {
        let folder = Folder(["x.yaml": text])
        let error = #expect(throws: ProviderFileError.self) { try ProviderCatalog.load(directory: folder.path) }
        #expect(error?.description == "\(folder.path)/x.yaml:\(expected)")
    }

    @Test(
        arguments: [
            ("slack", ["webhook_url": ""], [ChannelSettingsError("webhook_url", "is missing")]),
            (
                "slack", ["webhook_url": "https://x.example/", "webhok": "1"],
                [ChannelSettingsError("webhok", "unknown setting 'webhok'")]
            ),
            ("slak", [:], [ChannelSettingsError("kind", "unknown kind 'slak'; did you mean 'slack'?")]),
            ("slack", ["webhook_url": "ftp://x"], [ChannelSettingsError("webhook_url", "is not an http or https URL")]),
            (
                "slack", ["webhook_url": "https://u:p@x/"],
                [ChannelSettingsError("webhook_url", "must not hold a user name or password")]
            ),
            (
                "slack", ["webhook_url": "https://x/ y"],
                [ChannelSettingsError("webhook_url", "is not an http or https URL")]
            ),
            (
                "telegram", ["bot_token": "a/../b", "chat_id": "1\n2", "thread_id": "x", "silent": "yes"],
                [
                    ChannelSettingsError("bot_token", "holds characters that do not belong there"),
                    ChannelSettingsError("chat_id", "holds control characters"),
                    ChannelSettingsError("thread_id", "is not a whole number"),
                    ChannelSettingsError("silent", "is true or false"),
                ]
            ),
            (
                "telegram", ["bot_token": "a", "chat_id": "1", "template": "{{ settings.bot_token }}"],
                [ChannelSettingsError("template", "line 1, column 4: unknown name 'settings'")]
            ),
            (
                "telegram", ["bot_token": "a", "chat_id": "1", "template": "a\n{{ titl }}"],
                [ChannelSettingsError("template", "line 2, column 4: unknown name 'titl'; did you mean 'title'?")]
            ),
            (
                "telegram", ["bot_token": "a", "chat_id": "1", "template": String(repeating: "x", count: 5000)],
                [ChannelSettingsError("template", "renders more than can be sent")]
            ),
            (
                "webhook", ["url": "http://x/", "headers": "Host: y", "method": "GET"],
                [
                    ChannelSettingsError("method", "is one of POST, PUT, PATCH"),
                    ChannelSettingsError("headers", "must not set 'Host'"),
                ]
            ),
            (
                "webhook", ["url": "http://x/", "headers": "no colon"],
                [ChannelSettingsError("headers", "is not made of lines like 'Name: value'")]
            ),
            (
                "webhook", ["url": "http://x/", "body": "a: \"{{ titl }}\""],
                [
                    ChannelSettingsError(
                        "body",
                        "line 1, column 4: in the template, line 1, column 4: unknown name 'titl'; did you mean 'title'?"
                    )
                ]
            ),
            (
                "webhook", ["url": "http://x/", "body": "a: b: c"],
                [ChannelSettingsError("body", "line 1, column 1: mapping values are not allowed in this context")]
            ),
        ] as [(String, [String: String], [ChannelSettingsError])]
    )
    func channelSettingsAreValidated(_ kind: String, _ values: [String: String], _ expected: [ChannelSettingsError])
        throws
    {
        #expect(try Samples.catalog.get().validate(ChannelSettings(kind: kind, values: values)) == expected)
    }

    @Test(arguments: Samples.kinds)
    func samplesAreValid(_ kind: String) throws {
        #expect(try Samples.catalog.get().validate(Samples.channel(kind, "http://127.0.0.1:1")) == [])
    }
}

extension String {
    fileprivate func replacingFirstLine(_ line: String) -> String {
        ([Substring(line)] + split(separator: "\n").dropFirst()).joined(separator: "\n")
    }
}
