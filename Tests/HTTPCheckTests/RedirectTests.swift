import Base
import Domain
import HTTPCheck
import TestSupport
import Testing

/// Which redirects are followed, how, and what is not passed on.
@Suite struct RedirectTests {
    /// Redirects `/a` to the location, and answers all other paths.
    private func target(_ location: String, status: Int = 302) -> LoopbackTarget {
        LoopbackTarget.answering { request, connection in
            if request.split(separator: " ").dropFirst().first == "/a" {
                connection.respond("\(status) Moved", headers: ["Location: \(location)"], body: "moved, forbidden")
            } else {
                connection.respond(body: "arrived")
            }
        }
    }

    @Test(arguments: ["/b", "b", "?c=d", "./x/../b", "//HOST/b", "http://HOST/b", "HTTP://HOST/b#part", "/b c"])
    func redirectsAreFollowed(_ location: String) async throws {
        let second = LoopbackTarget.answering { _, connection in connection.respond(body: "arrived") }
        let target = target(location.replacing("HOST", with: second.authority))
        let outcome = await (try ProbeBench()).run(target.url("/a")) {
            ($0.keyword, $0.forbiddenKeyword) = ("arrived", "forbidden")
        }
        #expect(outcome.failure == nil && outcome.redirects == 1 && outcome.statusCode == 200)
        let final = try #require(outcome.finalURL)
        #expect(final.hasPrefix("http://127.0.0.1:") && !final.contains("#") && !final.contains(" "))
        let phases = [outcome.phases.connect, outcome.phases.firstByte, outcome.phases.transfer].compactMap { $0 }
        #expect(phases.reduce(.zero, +) <= outcome.latency)
    }

    @Test func withoutFollowingTheRedirectIsTheAnswer() async throws {
        let target = target("/b")
        let bench = try ProbeBench()
        let outcome = await bench.run(target.url("/a")) { $0.followsRedirects = false }
        #expect(outcome.failure == nil && outcome.statusCode == 302 && outcome.redirects == 0)
        expect(
            await bench.run(target.url("/a")) {
                $0.followsRedirects = false
                $0.expectedStatus = StatusSet(200)
            },
            .httpStatus,
            .assertion
        )
    }

    @Test func redirectWithoutLocationIsTheAnswer() async throws {
        let target = LoopbackTarget.answering { _, connection in connection.respond("302 Found") }
        #expect(await (try ProbeBench()).run(target.url()).statusCode == 302)
    }

    @Test(arguments: [0, 1, 5]) func redirectsAreLimited(_ limit: Int) async throws {
        let target = LoopbackTarget.answering { _, connection in
            connection.respond("301 Moved", headers: ["Location: /again"])
        }
        let outcome = await (try ProbeBench()).run(target.url()) { $0.maximumRedirects = limit }
        expect(outcome, .redirectLimit, .redirect)
        #expect(outcome.redirects == limit && target.requests.count == limit + 1 && outcome.statusCode == 301)
    }

    @Test(arguments: [
        "file:///etc/passwd", "ftp://127.0.0.1/", "javascript:alert(1)", "gopher://x/", "data:text/html,x",
    ])
    func otherSchemesAreBlocked(_ location: String) async throws {
        let target = target(location)
        expect(await (try ProbeBench()).run(target.url("/a")), .redirectBlocked, .redirect)
    }

    @Test(arguments: ["http://", "", "http://a b/", "http://127.0.0.1:99999/", "http://[::1/", "//"])
    func malformedLocationIsNamed(_ location: String) async throws {
        let target = target(location)
        expect(await (try ProbeBench()).run(target.url("/a")), .redirectMalformed, .redirect)
    }

    @Test(arguments: ["http://169.254.169.254/latest/meta-data", "http://[::ffff:a9fe:a9fe]/", "http://0/"])
    func policyIsCheckedAfterEachRedirect(_ location: String) async throws {
        let target = target(location)
        let outcome = await (try ProbeBench()).run(target.url("/a"))
        expect(outcome, .policyBlocked, .policy)
        #expect(outcome.redirects == 1)
    }

    @Test(arguments: [
        (301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"), (307, "POST", "POST"), (308, "POST", "POST"),
        (301, "PUT", "PUT"), (303, "PUT", "GET"), (303, "HEAD", "HEAD"), (302, "HEAD", "HEAD"),
    ])
    func methodChangesAsInBrowsers(_ status: Int, _ method: String, _ expected: String) async throws {
        let target = LoopbackTarget.answering { request, connection in
            if request.contains(" /a ") {
                connection.send("HTTP/1.1 \(status) Moved\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")
            } else {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let outcome = await (try ProbeBench()).run(target.url("/a")) {
            $0.method = method
            if method != "HEAD" {
                $0.body = "payload"
                $0.headers = [.init(name: "Content-Type", value: "text/plain")]
            }
        }
        #expect(outcome.failure == nil)
        let second = try #require(target.requests.last)
        #expect(second.hasPrefix("\(expected) /b "))
        #expect(second.hasSuffix("payload") == (expected == method && method != "HEAD"))
        #expect(second.contains("Content-Type") == (expected == method && method != "HEAD"))
    }

    @Test(arguments: [true, false]) func credentialsStayWithTheirOrigin(_ isSameOrigin: Bool) async throws {
        let other = LoopbackTarget.answering()
        let first = target(isSameOrigin ? "/b" : other.url("/b"))
        let outcome = await (try ProbeBench()).run(first.url("/a")) {
            $0.authentication = .basic(user: "ann", password: "secret")
            $0.headers = [
                .init(name: "Cookie", value: "session=1"), .init(name: "X-API-Key", value: "k"),
                .init(name: "X-Free", value: "1"), .init(name: "Host", value: "virtual.test"),
            ]
        }
        #expect(outcome.failure == nil)
        #expect(try #require(first.requests.first).contains("Authorization: Basic"))
        let second = try #require(isSameOrigin ? first.requests.last : other.requests.last)
        #expect(second.hasPrefix("GET /b ") && second.contains("X-Free: 1"))
        #expect(second.contains("Authorization") == isSameOrigin)
        #expect(second.contains("Cookie") == isSameOrigin)
        #expect(second.contains("X-API-Key") == isSameOrigin)
        #expect(second.contains("virtual.test") == isSameOrigin)
    }

    @Test func endlessBodyOfARedirectIsCut() async throws {
        let target = LoopbackTarget.answering { request, connection in
            guard request.contains(" /a ") else { return connection.respond() }
            connection.send("HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n")
            while connection.send(String(repeating: "x", count: 4096)) {}
            connection.close()
        }
        #expect(await (try ProbeBench()).run(target.url("/a")).failure == nil)
    }

    @Test func userInfoIsNotReported() async throws {
        let target = target("/b")
        let outcome = await (try ProbeBench()).run("http://ann:secret@\(target.authority)/a")
        #expect(outcome.failure == nil)
        #expect(outcome.finalURL == "http://\(target.authority)/b")
        #expect(target.requests.first?.contains("Authorization: Basic YW5uOnNlY3JldA==") == true)
    }

    /// Ways in which a redirect fails to end its body properly.
    static let brokenBodies: [@Sendable (TargetConnection) -> Void] = [
        { connection in
            connection.send("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 100\r\n\r\nshort")
            connection.waitForClose()
        },
        { connection in
            connection.send("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 100\r\n\r\nshort")
            connection.close()
        },
        { connection in
            connection.send("HTTP/1.1 302 Found\r\nLocation: /b\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
            connection.waitForClose()
        },
        { connection in
            connection.send("HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n")
            connection.waitForClose()
        },
    ]

    @Test(arguments: brokenBodies.indices) func bodyOfARedirectIsIgnored(_ index: Int) async throws {
        let target = LoopbackTarget.answering { request, connection in
            if request.contains(" /a ") { Self.brokenBodies[index](connection) } else { connection.respond() }
        }
        let outcome = await (try ProbeBench()).run(target.url("/a"))
        #expect(outcome.failure == nil && outcome.redirects == 1 && outcome.statusCode == 200)
    }

    @Test func twoDifferentLocationsAreMalformed() async throws {
        let target = LoopbackTarget.answering { request, connection in
            let second = request.contains(" /same ") ? "/b" : "/c"
            guard !request.contains(" /b ") else { return connection.respond() }
            connection.respond("302 Found", headers: ["Location: /b", "Location: \(second)"])
        }
        let bench = try ProbeBench()
        expect(await bench.run(target.url("/a")), .redirectMalformed, .redirect)
        #expect(await bench.run(target.url("/same")).failure == nil)
    }

    @Test func latin1InALocationIsSentBackEncoded() async throws {
        let target = LoopbackTarget.answering { request, connection in
            guard request.contains(" /a ") else { return connection.respond() }
            connection.send(
                Array("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /caf".utf8) + [0xE9, 13, 10, 13, 10]
            )
        }
        #expect(await (try ProbeBench()).run(target.url("/a")).failure == nil)
        #expect(target.requests.last?.hasPrefix("GET /caf%E9 ") == true)
    }

    @Test func unfollowedLocationIsReported() async throws {
        let target = target("/b", status: 300)
        let outcome = await (try ProbeBench()).run(target.url("/a")) { $0.expectedStatus = StatusSet(200) }
        expect(outcome, .httpStatus, .assertion)
        #expect(outcome.failure?.message.contains("Location is not followed") == true)
    }
}
