import Base
import Checks
import HTTPCheck
import TestSupport
import Testing

/// Cookies are kept within one check, never for the next.
@Suite struct CookieTests {
    /// Redirects to itself with cookies until it gets one back.
    private func target(_ cookies: [String], then path: String = "/next") -> LoopbackTarget {
        LoopbackTarget.answering { request, connection in
            if request.contains(" /start ") {
                connection.respond("302 Found", headers: cookies.map { "Set-Cookie: \($0)" } + ["Location: \(path)"])
            } else {
                connection.respond()
            }
        }
    }

    private func sent(_ cookies: [String], to path: String = "/next", own: String? = nil) async throws -> String? {
        let target = target(cookies, then: path)
        let outcome = await (try ProbeBench()).run(target.url("/start")) {
            $0.headers = own.map { [.init(name: "Cookie", value: $0)] } ?? []
        }
        #expect(outcome.failure == nil && outcome.redirects == 1)
        let line = target.requests.last?.split(separator: "\r\n").first { $0.hasPrefix("Cookie: ") }
        return line.map { String($0.dropFirst(8)) }
    }

    @Test func siteThatSetsASessionAndRedirectsToItselfIsUp() async throws {
        let target = LoopbackTarget.answering { request, connection in
            if request.contains("Cookie: session=1") { return connection.respond(body: "in") }
            connection.respond("302 Found", headers: ["Set-Cookie: session=1; HttpOnly", "Location: /"])
        }
        let bench = try ProbeBench()
        for _ in 0..<2 {
            let outcome = await bench.run(target.url()) { $0.keyword = "in" }
            #expect(outcome.failure == nil && outcome.redirects == 1)
        }
        #expect(target.requests.map { $0.contains("Cookie:") } == [false, true, false, true])
    }

    @Test(
        arguments: [
            (["a=1", "b=2"], "a=1; b=2"), (["a=1", "a=2"], "a=2"), (["a=1; Path=/other"], nil),
            (["a=1; Path=/next"], "a=1"), (["a=1; Path=/ne"], nil), (["a=1; Secure"], nil), (["a=1; Max-Age=0"], nil),
            (["a=1", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], nil), (["a=1; Max-Age=60; Path=/"], "a=1"),
            (["a=1; Domain=other.test"], nil), (["a=1; Domain=127.0.0.1"], "a=1"), (["no pair", "=x", "b=2"], "b=2"),
        ] as [([String], String?)]
    )
    func cookiesFollowTheRFC(_ cookies: [String], _ expected: String?) async throws {
        #expect(try await sent(cookies) == expected)
    }

    @Test func ownCookiesStayUnlessReplaced() async throws {
        #expect(try await sent(["a=new"], own: "a=old; keep=1") == "keep=1; a=new")
    }

    @Test func otherHostsGetNoCookies() async throws {
        let other = LoopbackTarget.answering()
        let target = target(["a=1"], then: "http://localhost:\(other.port)/")
        #expect(await (try ProbeBench()).run(target.url("/start")).failure == nil)
        #expect(other.requests.first?.contains("Cookie") == false)
    }

    @Test(
        arguments: [
            ("shop.com", "a=1; Domain=shop.com", "www.shop.com", true),
            ("shop.com", "a=1; Domain=.SHOP.com; Path=/", "x.www.shop.com", true),
            ("www.shop.com", "a=1; Domain=www.shop.com", "x.www.shop.com", true),
            ("www.shop.com", "a=1; Domain=shop.com", "shop.com", true),
            ("www.shop.com", "a=1; Domain=x.www.shop.com", "x.www.shop.com", false),
            ("shop.com", "a=1", "www.shop.com", false), ("shop.com", "a=1; Domain=com", "other.com", false),
            ("shop.com", "a=1; Domain=shop.com", "badshop.com", false),
            ("shop.com", "a=1; Domain=com; Domain=shop.com", "www.shop.com", true),
            ("intranet", "a=1; Domain=intranet", "www.intranet", false),
        ] as [(String, String, String, Bool)]
    )
    func cookieOfADomainGoesToTheHostsBelowIt(
        _ host: String,
        _ cookie: String,
        _ next: String,
        _ isSent: Bool
    ) async throws {
        let other = LoopbackTarget.answering()
        let target = target([cookie], then: "http://\(next):\(other.port)/")
        let outcome = await (try ProbeBench()).run(target.url("/start", host: host)) {
            $0.resolve = [
                .init(host: host, port: target.port, address: "127.0.0.1"),
                .init(host: next, port: other.port, address: "127.0.0.1"),
            ]
        }
        #expect(outcome.failure == nil && other.requests.count == 1)
        #expect(other.requests.first?.contains("Cookie: a=1") == isSent)
    }

    @Test func cookieJarIsBounded() async throws {
        let cookies = (0..<200).map { "c\($0)=1" } + ["big=" + String(repeating: "x", count: 5000)]
        let line = try #require(try await sent(cookies))
        #expect(line.split(separator: ";").count == 50 && !line.contains("big"))
    }
}
