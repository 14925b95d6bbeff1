import API
import Base
import Domain
import Glibc
import HTTPServer
import SQL
import Testing

/// `/api/v1/channels`.
@Suite struct ChannelTests {
    private static let slack: JSONValue = [
        "name": "Ops", "kind": "slack", "settings": ["webhook_url": "https://hooks.test/services/secret"],
    ]

    @Test func secretsAreStoredButNeverShown() async throws {
        let app = try await TestApplication()
        let created = await app.send(.post, "/api/v1/channels", Self.slack)
        #expect(created.status == 201, "\(created)")
        #expect(created.headers["Location"] == "/api/v1/channels/1")
        for (name, value) in [
            ("id", 1), ("name", "Ops"), ("kind", "slack"), ("settings", ["webhook_url": "********"]), ("enabled", true),
            ("is_default", true), ("sends_resolved", true), ("rate_per_minute", 30), ("origin", "api"),
            ("fault", .null), ("fallback_id", .null),
        ] as [(String, JSONValue)] {
            #expect(created.json[name] == value, "\(name)")
        }
        #expect(await app.send(.get, "/api/v1/channels").json == [created.json])
        #expect(await app.send(.get, "/api/v1/channels/1").json == created.json)
        // A response can be sent back and keeps the secret.
        let replaced = await app.send(.put, "/api/v1/channels/1", created.json)
        #expect(replaced.status == 200, "\(replaced)")
        let renamed = await app.send(.patch, "/api/v1/channels/1", ["name": "Night", "rate_per_minute": 5])
        #expect(renamed.json["name"] == "Night" && renamed.json["rate_per_minute"] == 5)
        _ = await app.send(.post, "/api/v1/channels/1/test")
        #expect(app.deliveries.sent.first?.channel.settings["webhook_url"] == "https://hooks.test/services/secret")
        #expect(await app.send(.delete, "/api/v1/channels/1").status == 204)
        #expect(await app.send(.get, "/api/v1/channels/1").status == 404)
    }

    @Test func anEmptySecretIsNotShownAsSet() async throws {
        let app = try await TestApplication()
        let hook: JSONValue = [
            "name": "Hook", "kind": "webhook", "settings": ["url": "http://hook.test/", "secret": ""],
        ]
        let created = await app.send(.post, "/api/v1/channels", hook)
        #expect(created.status == 201 && created.json["settings"]?["secret"] == "", "\(created)")
        let set = await app.send(
            .patch,
            "/api/v1/channels/1",
            ["settings": ["url": "********", "secret": "s3cret-s3cret"]]
        )
        #expect(set.json["settings"]?["secret"] == "********", "\(set)")
    }

    @Test("PATCH changes one setting within settings and keeps the others; null takes one away")
    func settingsAreMerged() async throws {
        let app = try await TestApplication()
        let hook: JSONValue = [
            "name": "Hook", "kind": "webhook",
            "settings": ["url": "http://hook.test/", "secret": "s3cret", "token": "t0ken", "method": "PUT"],
        ]
        #expect(await app.send(.post, "/api/v1/channels", hook).status == 201)
        func stored(after change: JSONValue) async -> [String: String]? {
            let changed = await app.send(.patch, "/api/v1/channels/1", ["settings": change])
            #expect(changed.status == 200, "\(changed)")
            _ = await app.send(.post, "/api/v1/channels/1/test")
            return app.deliveries.sent.last?.channel.settings
        }
        let expected = ["url": "http://hook.test/b", "secret": "s3cret", "token": "t0ken", "method": "PUT"]
        #expect(await stored(after: ["url": "http://hook.test/b"]) == expected)
        let without = ["url": "http://hook.test/b", "secret": "s3cret", "method": "PUT"]
        #expect(await stored(after: ["token": .null]) == without)
        #expect(await stored(after: [:]) == without)
        // Another kind has nothing of the old one's.
        let mail: JSONValue = ["kind": "email", "settings": ["to": "a@example.org"]]
        let other = await app.send(.patch, "/api/v1/channels/1", mail)
        #expect(other.faults.contains("value_error body.settings.host"), "\(other)")
    }

    @Test("what GET answered changes nothing when it is sent back, not even the time of the last change")
    func unchanged() async throws {
        let now = Shared(Timestamp(milliseconds: 1_795_999_500_000))
        let app = try await TestApplication { $0.now = { now.value } }
        let made = await app.send(.post, "/api/v1/channels", Self.slack)
        now.change { $0 = Timestamp(milliseconds: $0.milliseconds + 60_000) }
        for method in [Method.put, .patch] {
            #expect(await app.send(method, "/api/v1/channels/1", made.json).json == made.json, "\(method)")
        }
        let renamed = await app.send(.patch, "/api/v1/channels/1", ["name": "Night"])
        #expect(renamed.json["updated_at"] == "2026-11-30T00:46:00.000Z", "\(renamed)")
    }

    @Test("a file of authorities must be a readable file of certificates, and every refusal has the same words")
    func authorityFiles() async throws {
        let app = try await TestApplication()
        let good = "/tmp/sentinel-ca-\(UUID().description).pem"
        let other = good + ".txt"
        defer { for path in [good, other] { unlink(path) } }
        try write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", to: good)
        try write("root:x:0:0:s3cret\n", to: other)
        func send(_ path: String) async -> Answer {
            await app.send(
                .post,
                "/api/v1/channels",
                [
                    "name": .string(path), "kind": "webhook",
                    "settings": ["url": "http://hook.test/", "ca_file": .string(path)],
                ]
            )
        }
        var words: Set<String> = []
        for path in [other, good + "-missing", "/tmp", "/dev/zero", "/dev/tty", "/proc/self/mem"] {
            let answer = await send(path)
            #expect(answer.status == 422 && answer.faults == ["value_error body.settings.ca_file"], "\(answer)")
            words.insert(answer.json["detail"]?.arrayValue?.first?["msg"]?.stringValue ?? "")
        }
        #expect(words == ["Value error, ca_file is not a file of PEM certificates that this server can read"])
        #expect(await send(good).status == 201)
        unlink(good)
        let renamed = await app.send(.patch, "/api/v1/channels/1", ["name": "Other"])
        #expect(renamed.status == 200, "what is stored stays: \(renamed)")
    }

    private func write(_ text: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
        #expect(descriptor >= 0)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }

    @Test func channelsNamedByPoliciesCannotBeDeleted() async throws {
        let app = try await TestApplication()
        let hook: JSONValue = ["name": "ops", "kind": "webhook", "settings": ["url": "http://hooks.test/"]]
        #expect(await app.send(.post, "/api/v1/channels", hook).status == 201)
        let made = await app.send(.post, "/api/v1/policies", ["name": "Shop", "channels": [1]])
        #expect(made.status == 201, "\(made)")
        let refused = await app.send(.delete, "/api/v1/channels/1")
        #expect(refused.status == 409)
        #expect(refused.json["detail"] == "The policies 'Shop' send to this channel; change them first")
        #expect(await app.send(.delete, "/api/v1/policies/1").status == 204)
        #expect(await app.send(.delete, "/api/v1/channels/1").status == 204)
    }

    @Test func aFallbackIsKeptAndMustLeadSomewhereElse() async throws {
        let app = try await TestApplication()
        func hook(_ name: String, _ fallback: JSONValue) -> JSONValue {
            ["name": .string(name), "kind": "webhook", "settings": ["url": "http://h.test/"], "fallback_id": fallback]
        }
        let path = "/api/v1/channels"
        #expect(await app.send(.post, path, hook("a", .null)).status == 201)
        let second = await app.send(.post, path, hook("b", 1))
        #expect(second.status == 201 && second.json["fallback_id"] == 1, "\(second)")
        #expect(await app.send(.post, path, hook("c", 2)).json["fallback_id"] == 2)
        func refusal(_ fallback: JSONValue) async throws -> String {
            let answer = await app.send(.patch, "\(path)/1", ["fallback_id": fallback])
            #expect(answer.status == 422 && answer.faults == ["value_error body.fallback_id"], "\(answer)")
            return "\(answer.json)"
        }
        #expect(try await refusal(3).contains("the fallback leads back to this channel: 'a' → 'c' → 'b' → 'a'"))
        #expect(try await refusal(1).contains("a channel is not its own fallback"))
        #expect(try await refusal(9).contains("there is no such channel"))
        #expect(await app.send(.get, "\(path)/1").json["fallback_id"] == .null)
        let used = await app.send(.delete, "\(path)/2")
        #expect(used.json["detail"] == "It is the fallback of the channels 'c'; change them first")
        #expect(await app.send(.patch, "\(path)/3", ["fallback_id": .null]).json["fallback_id"] == .null)
        #expect(await app.send(.delete, "\(path)/2").status == 204)
    }

    @Test func changingTheDestinationNeedsTheSecretsAgain() async throws {
        let app = try await TestApplication()
        let ntfy: JSONValue = [
            "name": "n", "kind": "gotify", "settings": ["server": "https://gotify.test", "token": "abc"],
        ]
        #expect(await app.send(.post, "/api/v1/channels", ntfy).status == 201)
        let moved = await app.send(
            .patch,
            "/api/v1/channels/1",
            ["settings": ["server": "https://elsewhere.test", "token": "********"]]
        )
        #expect(moved.status == 422 && moved.faults == ["value_error body.settings.token"], "\(moved)")
        // A secret that is left out is kept, so it must be given as well.
        let moving = await app.send(.patch, "/api/v1/channels/1", ["settings": ["server": "https://elsewhere.test"]])
        #expect(moving.status == 422 && moving.faults == ["value_error body.settings.token"], "\(moving)")
        let kept = await app.send(
            .patch,
            "/api/v1/channels/1",
            ["settings": ["server": "https://gotify.test", "token": "********"]]
        )
        #expect(kept.status == 200, "\(kept)")
    }

    /// The address of a webhook is itself secret; a new path is no new receiver, a new host is.
    @Test func changingTheHostOfASecretAddressNeedsTheOtherSecretsAgain() async throws {
        let app = try await TestApplication()
        let webhook: JSONValue = [
            "name": "w", "kind": "webhook", "settings": ["url": "https://hooks.test/a", "secret": "s3cret-s3cret"],
        ]
        #expect(await app.send(.post, "/api/v1/channels", webhook).status == 201)
        for url in ["https://elsewhere.test/a", "http://hooks.test/a", "https://hooks.test:8443/a"] {
            let moved = await app.send(.patch, "/api/v1/channels/1", ["settings": ["url": .string(url)]])
            #expect(moved.status == 422 && moved.faults == ["value_error body.settings.secret"], "\(url) \(moved)")
        }
        let settings: JSONValue = ["settings": ["url": "https://hooks.test/b"]]
        #expect(await app.send(.patch, "/api/v1/channels/1", settings).status == 200)
        let given: JSONValue = ["settings": ["url": "https://elsewhere.test/a", "secret": "an0ther-an0ther"]]
        #expect(await app.send(.patch, "/api/v1/channels/1", given).status == 200)
    }

    @Test(
        arguments: [
            (["kind": "slack", "settings": [:]], ["missing body.name", "x"]),
            (["name": "a", "kind": "pager"], ["value_error body.kind"]),
            (["name": "a", "kind": "slack"], ["value_error body.settings.webhook_url"]),
            (
                ["name": "a", "kind": "slack", "settings": ["webhook_url": "ftp://x"]],
                ["value_error body.settings.webhook_url"]
            ),
            (
                ["name": "a", "kind": "slack", "settings": ["webhook_url": "********"]],
                ["value_error body.settings.webhook_url"]
            ),
            (
                ["name": "a", "kind": "slack", "settings": ["webhook_url": "https://h.test/", "colour": "red"]],
                ["value_error body.settings.colour"]
            ),
            (
                ["name": "a", "kind": "webhook", "settings": ["url": "https://h.test/", "body": "{{ nothing }}"]],
                ["value_error body.settings.body"]
            ),
            (
                ["name": "a", "kind": "slack", "settings": ["webhook_url": []]],
                ["string_type body.settings.webhook_url"]
            ),
            (["name": "a", "kind": "slack", "rate_per_minute": 0], ["greater_than_equal body.rate_per_minute"]),
        ] as [(JSONValue, [String])]
    )
    func invalidChannelsAreRefused(_ body: JSONValue, _ faults: [String]) async throws {
        let app = try await TestApplication()
        let answer = await app.send(.post, "/api/v1/channels", body)
        #expect(answer.status == 422, "\(answer)")
        #expect(answer.faults == faults.filter { $0 != "x" }, "\(answer)")
        #expect(await app.send(.get, "/api/v1/channels").json == [])
    }

    @Test func namesAreUnique() async throws {
        let app = try await TestApplication()
        _ = await app.send(.post, "/api/v1/channels", Self.slack)
        let second = await app.send(.post, "/api/v1/channels", Self.slack)
        #expect(second.status == 409 && second.json["detail"] == "A channel with this name exists already")
    }

    @Test func aTestMessageReportsItsOutcome() async throws {
        let app = try await TestApplication()
        _ = await app.send(.post, "/api/v1/channels", Self.slack)
        #expect(await app.send(.post, "/api/v1/channels/1/test").json["outcome"] == "delivered")
        #expect(app.deliveries.sent.first?.message.event == .test)
        app.deliveries.answer(.refused(reason: "no such channel"))
        #expect(app.deliveries.working == [ChannelID(rawValue: 1)])
        let refused = await app.send(.post, "/api/v1/channels/1/test")
        #expect(refused.status == 200 && refused.json["outcome"] == "refused")
        #expect(refused.json["detail"] == "no such channel")
        #expect(app.deliveries.working.count == 1, "what was refused proves nothing")
        #expect(await app.send(.post, "/api/v1/channels/9/test").status == 404)
    }

    @Test func kindsListTheirSettings() async throws {
        let app = try await TestApplication()
        let kinds = await app.send(.get, "/api/v1/channel-kinds").json.arrayValue ?? []
        #expect(kinds.count == 15)
        let slack = kinds.first { $0["kind"] == "slack" }
        #expect(slack?["settings"]?.arrayValue?.first?["name"] == "webhook_url")
    }

    @Test func channelWhoseKindIsGoneSaysSo() async throws {
        let app = try await TestApplication()
        let body: JSONValue = ["name": "hook", "kind": "webhook", "settings": ["url": "https://hooks.example/x"]]
        let created = await app.send(.post, "/api/v1/channels", body)
        #expect(created.status == 201 && created.json["fault"] == .null, "\(created)")
        _ = try await app.database.execute("UPDATE channels SET kind = 'pager'")
        let fault = await app.send(.get, "/api/v1/channels/1").json["fault"]?.stringValue
        #expect(fault?.contains("there is no kind 'pager'") == true)
    }
}
