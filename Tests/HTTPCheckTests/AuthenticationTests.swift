import Base
import Checks
import Domain
import Glibc
import HTTPCheck
import TestSupport
import Testing

/// Digest authentication, tokens of OAuth2, and users in URLs.
@Suite struct AuthenticationTests {
    // MARK: Digest

    private static let challenge =
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"abc\", algorithm=MD5, qop=\"auth\""

    @Test(arguments: ["GET", "POST"]) func digestAuthenticates(_ method: String) async throws {
        let target = LoopbackTarget.answering { request, connection in
            guard request.contains("Authorization: Digest ") else {
                return connection.respond("401 Unauthorized", headers: [Self.challenge], body: "no")
            }
            let isRight = request.contains("username=\"ann\"") && request.contains("nonce=\"abc\"")
            connection.respond(isRight ? "200 OK" : "403 Forbidden", body: "welcome")
        }
        let outcome = await (try ProbeBench()).run(target.url()) {
            $0.method = method
            if method == "POST" { $0.body = "data" }
            $0.authentication = .digest(user: "ann", password: "pw-of-ann")
            $0.keyword = "welcome"
        }
        #expect(outcome.failure == nil, "\(String(describing: outcome.failure))")
        #expect(outcome.statusCode == 200 && target.requests.count == 2)
        #expect(!target.requests.joined().contains("pw-of-ann"))
        #expect(target.requests.last?.hasSuffix(method == "POST" ? "data" : "\r\n\r\n") == true)
    }

    @Test func refusedDigestReportsTheStatus() async throws {
        let target = LoopbackTarget.answering { _, connection in
            connection.respond("401 Unauthorized", headers: [Self.challenge], body: "no")
        }
        let outcome = await (try ProbeBench()).run(target.url()) {
            $0.authentication = .digest(user: "ann", password: "wrong")
        }
        expect(outcome, .httpStatus, .assertion)
        #expect(outcome.statusCode == 401 && target.requests.count == 2)
    }

    // MARK: OAuth2

    private final class Issuer: Sendable {
        let target: LoopbackTarget
        init(_ answer: @escaping @Sendable (Int, TargetConnection) -> Void) {
            let count = Locked(0)
            target = LoopbackTarget.answering { _, connection in
                let number = count.withLock { count in
                    count += 1
                    return count
                }
                answer(number, connection)
            }
        }

        static func granting(life: Int = 3600, waiting milliseconds: Int = 0) -> Issuer {
            Issuer { number, connection in
                if milliseconds > 0 { TestClock.wait(milliseconds: milliseconds) }
                connection.respond(
                    headers: ["Content-Type: application/json"],
                    body: "{\"access_token\":\"tok-\(number)\",\"token_type\":\"Bearer\",\"expires_in\":\(life)}"
                )
            }
        }

        var client: OAuth2Client { OAuth2Client(tokenURL: target.url("/token"), id: "me:1", secret: "s3cret/") }
    }

    @Test func tokenIsFetchedOnceAndKept() async throws {
        let issuer = Issuer.granting(waiting: 100)
        let target = LoopbackTarget.answering()
        let bench = try ProbeBench()
        let client = issuer.client
        await withTaskGroup(of: Outcome.self) { group in
            for _ in 0..<20 {
                group.addTask { await bench.run(target.url()) { $0.authentication = .oauth2(client) } }
            }
            for await outcome in group { #expect(outcome.failure == nil, "\(String(describing: outcome.failure))") }
        }
        #expect(await bench.run(target.url()) { $0.authentication = .oauth2(client) }.failure == nil)
        #expect(issuer.target.requests.count == 1)
        #expect(target.requests.count == 21)
        #expect(target.requests.allSatisfy { $0.contains("Authorization: Bearer tok-1\r\n") })
        let request = try #require(issuer.target.requests.first)
        // me%3A1:s3cret%2F in Base64.
        #expect(request.contains("Authorization: Basic bWUlM0ExOnMzY3JldCUyRg==\r\n"))
        #expect(request.hasSuffix("\r\n\r\ngrant_type=client_credentials"))
    }

    @Test func otherClientsHaveTheirOwnTokens() async throws {
        let issuer = Issuer.granting()
        let target = LoopbackTarget.answering()
        let bench = try ProbeBench()
        var client = issuer.client
        (client.scope, client.audience, client.sendsInBody) = ("a b", "api", true)
        let (first, second) = (issuer.client, client)
        _ = await bench.run(target.url()) { $0.authentication = .oauth2(first) }
        _ = await bench.run(target.url()) { $0.authentication = .oauth2(second) }
        #expect(target.requests.last?.contains("Bearer tok-2\r\n") == true)
        let request = try #require(issuer.target.requests.last)
        #expect(!request.contains("Authorization"))
        #expect(
            request.hasSuffix(
                "grant_type=client_credentials&scope=a+b&audience=api&client_id=me%3A1&client_secret=s3cret%2F"
            )
        )
    }

    @Test func expiredTokenIsFetchedAgain() async throws {
        let issuer = Issuer.granting(life: 0)
        let target = LoopbackTarget.answering()
        let bench = try ProbeBench()
        let client = issuer.client
        for _ in 0..<2 { _ = await bench.run(target.url()) { $0.authentication = .oauth2(client) } }
        #expect(target.requests.map { $0.contains("Bearer tok-2\r\n") } == [false, true])
    }

    @Test func refusedTokenIsRenewedOnce() async throws {
        let issuer = Issuer.granting()
        let target = LoopbackTarget.answering { request, connection in
            if request.contains("Bearer tok-2") { return connection.respond(body: "ok") }
            connection.respond("401 Unauthorized", body: "no")
        }
        let bench = try ProbeBench()
        let client = issuer.client
        let outcome = await bench.run(target.url()) { $0.authentication = .oauth2(client) }
        #expect(outcome.failure == nil && outcome.statusCode == 200)
        #expect(issuer.target.requests.count == 2 && target.requests.count == 2)
        let refusing = LoopbackTarget.answering { _, connection in
            connection.respond("401 Unauthorized", body: "no")
        }
        let refused = await bench.run(refusing.url()) { $0.authentication = .oauth2(client) }
        expect(refused, .httpStatus, .assertion)
        #expect(issuer.target.requests.count == 3 && refusing.requests.count == 2)
    }

    @Test func tokenIsNotInTheEvidence() async throws {
        let issuer = Issuer.granting()
        let target = LoopbackTarget.answering { request, connection in
            connection.respond("500 No", headers: ["X-Echo: tok-1"], body: request)
        }
        let client = issuer.client
        let outcome = await (try ProbeBench()).run(target.url()) {
            $0.authentication = .oauth2(client)
            $0.assertions = [try? HTTPAssertion("status == 200"), try? HTTPAssertion("header x-echo == a")].compactMap {
                $0
            }
        }
        expect(outcome, .httpStatus, .assertion)
        let evidence = try #require(outcome.evidence)
        #expect(!String(decoding: evidence.body, as: UTF8.self).contains("tok-1"))
        #expect(!evidence.headers.contains { $0.value.contains("tok-1") })
        #expect(outcome.failure?.message.contains("tok-1") == false)
    }

    @Test(arguments: [
        ("400 Bad Request", "{\"error\":\"invalid_client\"}", "status 400: invalid_client"),
        ("200 OK", "{}", "without an access_token"), ("200 OK", "<html>", "without an access_token"),
        ("200 OK", "{\"access_token\":\"a\\r\\nEvil: 1\"}", "cannot be sent"),
        ("200 OK", "{\"access_token\":\"a\",\"token_type\":\"mac\"}", "not of the type bearer"),
        ("302 Found", "", "status 302"),
    ])
    func answerWithoutTokenIsNamed(_ status: String, _ body: String, _ words: String) async throws {
        let issuer = Issuer { _, connection in connection.respond(status, body: body) }
        let target = LoopbackTarget.answering()
        let client = issuer.client
        let outcome = await (try ProbeBench()).run(target.url()) { $0.authentication = .oauth2(client) }
        expect(outcome, .tokenFailed, .request)
        #expect(outcome.failure?.message.contains(words) == true, "\(String(describing: outcome.failure))")
        #expect(outcome.failure?.message.contains("s3cret") == false && target.connectionCount == 0)
    }

    @Test func silentIssuerTimesOut() async throws {
        let issuer = LoopbackTarget { connection in connection.waitForClose() }
        let client = OAuth2Client(tokenURL: issuer.url(), id: "a", secret: "b")
        let target = LoopbackTarget.answering()
        let outcome = await (try ProbeBench()).run(target.url()) {
            ($0.authentication, $0.timeout) = (.oauth2(client), .milliseconds(300))
        }
        expect(outcome, .tokenFailed, .request)
        #expect(outcome.failure?.message.contains("timed out") == true)
    }

    @Test func issuerMustObeyTheAddressPolicy() async throws {
        let issuer = Issuer.granting()
        let client = OAuth2Client(tokenURL: "http://169.254.169.254/token", id: "a", secret: "b")
        let outcome = await (try ProbeBench()).run(issuer.target.url()) { $0.authentication = .oauth2(client) }
        expect(outcome, .tokenFailed, .request)
        #expect(outcome.failure?.message.contains("169.254.169.254") == true)
    }

    @Test func clientSecretIsMaskedAndStaysWithItsEndpoint() throws {
        var options = HTTPSettings.Options()
        options.authentication = .oauth2(OAuth2Client(tokenURL: "https://a.test/t", id: "i", secret: "hush"))
        let stored = HTTPSettings(url: "http://x.test/", options: options)
        let masked = try #require(CheckSpec(stored).masked["auth"])
        #expect(masked["client_secret"] == "********" && CheckSpec(stored).holdsSecret)
        #expect(!CheckSpec(stored).masked.members.contains { $0.value.description.contains("hush") })
        #expect(try HTTPKind.spec(CheckSpec(stored).object) == CheckSpec(stored))
        var errors: [FieldError] = []
        #expect(HTTPKind.apply(["auth": masked], to: stored, stored: stored, &errors) == stored && errors.isEmpty)
        var other = masked
        if case .object(var object) = masked {
            object["token_url"] = "https://evil.test/t"
            other = .object(object)
        }
        _ = HTTPKind.apply(["auth": other], to: stored, stored: stored, &errors)
        #expect(errors.first?.field == "auth")
    }

    // MARK: Users in URLs

    @Test func userInTheURLMovesToItsSetting() throws {
        let sent: JSONValue = ["url": "http://an%20n:p%40w@a.test:81/x?y=a@b"]
        var errors: [FieldError] = []
        let read = HTTPKind.apply(sent, to: HTTPKind.blank, stored: nil, &errors)
        let settings = HTTPKind.prepared(read, stored: nil)
        #expect(errors.isEmpty && settings.url == "http://a.test:81/x?y=a@b")
        #expect(settings.options.authentication == .basic(user: "an n", password: "p@w"))
        let flags = HTTPKind.members(ofTarget: "https://ann@a.test")
        #expect(flags["url"] == "https://a.test" && flags["auth"]?["username"] == "ann")
        _ = HTTPKind.apply(
            ["url": "http://a:b@a.test/", "auth": ["type": "bearer", "token": "t"]],
            to: HTTPKind.blank,
            stored: nil,
            &errors
        )
        #expect(errors.first?.field == "url")
    }

    @Test(arguments: ["http://@a/", "http://:p@a/", "http://a%0d:b@x/", "http://a%zz@x/", "http://a%3Ab:c@x/"])
    func userThatCannotBeSentIsRefused(_ url: String) { #expect(HTTPRules.url(url) != nil) }
}
