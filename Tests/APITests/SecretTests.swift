import TestSupport
import HTTPCheck
import Base
import Domain
import HTTPServer
import Storage
import Testing

/// Secrets are stored, kept when their mask is sent back, and never returned.
@Suite struct SecretTests {
    private static let secret = "s3cr3t-value"

    private func application() async throws -> (TestApplication, Answer) {
        let app = try await TestApplication()
        let body = BadInputTests.body([
            ("auth", ["type": "basic", "username": "probe", "password": .string(Self.secret)]),
            ("headers", ["X-Api-Key": .string(Self.secret), "X-Plain": "shown", "Cookie": .string(Self.secret)]),
        ])
        return (app, await app.send(.post, "/api/v1/monitors", body))
    }

    private func options(_ app: TestApplication) async throws -> HTTPSettings.Options? {
        try await app.monitors.monitor(MonitorID(rawValue: 1))?.spec.http.options
    }

    @Test func secretsAreMaskedEverywhere() async throws {
        let (app, created) = try await application()
        #expect(created.status == 201)
        #expect(created.json["auth"] == ["type": "basic", "username": "probe", "password": "********"])
        #expect(created.json["headers"] == ["X-Api-Key": "********", "X-Plain": "shown", "Cookie": "********"])
        for path in ["/api/v1/monitors", "/api/v1/monitors/1", "/api/domains/1", "/api/domains/", "/metrics"] {
            #expect(await !app.send(.get, path).text.contains(Self.secret), "\(path)")
        }
        #expect(!app.log.records.contains { "\($0)".contains(Self.secret) })
        #expect(try await options(app)?.authentication == .basic(user: "probe", password: Self.secret))
    }

    @Test(arguments: [Method.put, .patch])
    func sendingTheMaskKeepsTheStoredSecret(method: Method) async throws {
        let (app, created) = try await application()
        let before = try await options(app)
        let body = method == .put ? created.json : ["auth": created.json["auth"]!, "headers": created.json["headers"]!]
        #expect(await app.send(method, "/api/v1/monitors/1", body).status == 200)
        #expect(try await options(app) == before)
    }

    @Test("a stored secret that a change of headers leaves out is not lost in silence") func lostSecrets() async throws
    {
        let (app, _) = try await application()
        let path = "/api/v1/monitors/1"
        let kept = await app.send(.patch, path, ["headers": ["X-Api-Key": "********", "Cookie": "a=b"]])
        #expect(kept.status == 200 && kept.json["warnings"] == nil, "\(kept)")
        let other = await app.send(.patch, path, ["headers": ["X-Plain": "shown"], "interval": 30])
        #expect(
            other.json["warnings"] == [
                "the stored secret headers.X-Api-Key is gone: headers was replaced as a whole",
                "the stored secret headers.Cookie is gone: headers was replaced as a whole",
            ],
            "\(other)"
        )
        let bearer = await app.send(.patch, path, ["auth": ["type": "bearer", "token": "t"]])
        #expect(bearer.status == 200 && bearer.json["warnings"] == nil, "\(bearer)")
    }

    @Test func newSecretsReplaceAndNullRemoves() async throws {
        let (app, _) = try await application()
        let changes: [(JSONValue, HTTPSettings.Authentication?)] = [
            (
                ["type": "basic", "username": "other", "password": "********"],
                .basic(user: "other", password: Self.secret)
            ),
            (["type": "basic", "username": "u", "password": "new"], .basic(user: "u", password: "new")),
            (["type": "bearer", "token": "t"], .bearer(token: "t")),
            (["type": "bearer", "token": "********"], .bearer(token: "t")),
            (.null, nil),
        ]
        for (auth, expected) in changes {
            #expect(await app.send(.patch, "/api/v1/monitors/1", ["auth": auth]).status == 200)
            #expect(try await options(app)?.authentication == expected)
        }
        let kept = await app.send(.patch, "/api/v1/monitors/1", ["auth": ["type": "bearer", "token": "********"]])
        #expect(kept.faults == ["value_error body.auth.token"])
    }

    @Test(arguments: [
        ("Authorization", true), ("cookie", true), ("X-API-Key", true), ("X-Auth-Token", true), ("Api-Secret", true),
        ("Ocp-Apim-Subscription-Key", true), ("X-JWT", true), ("Api_Key", true), ("X-Author", false),
        ("Accept", false), ("X-Request-ID", false), ("Content-Type", false),
    ])
    func onlyCredentialHeadersAreMasked(name: String, isSecret: Bool) async throws {
        let app = try await TestApplication()
        let headers = JSONValue.object(JSONObject([(name, "value")]))
        let created = await app.send(.post, "/api/v1/monitors", BadInputTests.body([("headers", headers)]))
        #expect(created.json["headers"]?[name] == (isSecret ? "********" : "value"))
    }
}
