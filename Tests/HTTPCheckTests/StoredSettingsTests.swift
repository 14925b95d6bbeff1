import Base
import Checks
import HTTPCheck
import Testing

@Suite("Stored settings of HTTP checks") struct StoredSettingsTests {
    static func options(_ random: inout SeededGenerator) -> HTTPSettings.Options {
        var options = HTTPSettings.Options()
        func chance() -> Bool { Bool.random(using: &random) }
        func text() -> String { ["b", "a", "ü\"\\", "y x", "🚦"].randomElement(using: &random) ?? "" }
        if chance() { options.method = "POST" }
        if chance() { options.headers = [.init(name: "X-A", value: text()), .init(name: "X-Token", value: text())] }
        if chance() { options.body = text() }
        if chance() { options.authentication = .basic(user: text(), password: text()) }
        if chance() { options.authentication = .bearer(token: text()) }
        if chance() { options.expectedStatus = StatusSet(text: "200-204,301") ?? .standard }
        options.followsRedirects = chance()
        options.maximumRedirects = [0, 3, 20].randomElement(using: &random) ?? 0
        if chance() { options.timeout = .milliseconds(Int64.random(in: 100...60_000, using: &random)) }
        if chance() { options.connectTimeout = .milliseconds(1500) }
        options.verifyTLS = chance()
        if chance() {
            options.caFile = "/a"
            options.clientCertificate = "/b"
            options.clientKey = "/c"
        }
        if chance() { options.resolve = [.init(host: "h", port: 443, address: "::1")] }
        if chance() { options.resolver = "127.0.0.1:53" }
        if chance() { options.proxy = "http://p:3128" }
        options.ipVersion = HTTPSettings.IPVersion.allCases.randomElement(using: &random) ?? .any
        options.httpVersion = HTTPSettings.HTTPVersion.allCases.randomElement(using: &random) ?? .automatic
        if chance() { options.keyword = text() }
        if chance() { options.forbiddenKeyword = text() }
        if chance() { options.maximumBody = 1 }
        if chance() { options.userAgent = text() }
        options.reuseConnection = chance()
        options.ignoresKeywordCase = chance()
        if chance() { options.query = [.init(name: text(), value: text())] }
        if chance() { options.form = [.init(name: "token", value: text())] }
        if chance() { options.bodyFile = "/body" }
        if chance(), let assertion = try? HTTPAssertion("json $.a == 1") { options.assertions = [assertion] }
        return options
    }

    @Test("every option round-trips") func everyOptionComesBack() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let settings = HTTPSettings(url: "http://a.test/x", options: Self.options(&random))
            let spec = try HTTPKind.spec(HTTPKind.object(settings))
            #expect(spec == CheckSpec(settings))
        }
    }

    @Test("defaults take no space") func defaultsTakeNoSpace() {
        var settings = HTTPSettings(url: "http://a.test/")
        #expect(HTTPKind.object(settings).members.map(\.key) == ["url"])
        settings.options.timeout = .milliseconds(2500)
        #expect(JSONValue.object(HTTPKind.object(settings)).description == #"{"url":"http://a.test/","timeout":2.5}"#)
    }

    private static let misfits: [(String, JSONValue)] = [
        ("method", 1), ("timeout", 0), ("timeout", "x"), ("headers", .array([.array(["a"])])), ("headers", ["a": 1]),
        ("expected_status", "abc"), ("auth", ["type": "basic", "username": "u"]),
        ("auth", ["type": "bearer", "token": "t", "x": 1]), ("resolve", .array(["a"])), ("resolve", "a:1:b"),
        ("verify_tls", 1), ("ip_version", "5"), ("max_redirects", -1), ("url", "nonsense"), ("url", 5),
    ]

    @Test("an invalid value is reported with its name", arguments: misfits)
    func misfitsAreRefused(_ member: String, _ value: JSONValue) {
        let error = #expect(throws: FieldError.self) { try HTTPKind.spec(JSONObject([(member, value)])) }
        #expect(error?.field == member)
    }

    @Test("rows of version 1 are parsed") func versionOne() throws {
        let text = """
            {"method":"POST","headers":[["X-A","1"],["X-B","2"]],"body":"b",\
            "authentication":{"type":"basic","user":"u","password":"p"},"expected_status":"200-204","max_redirects":null,\
            "timeout_ms":2500,"connect_timeout_ms":1500,"verify_tls":false,"ca_file":"/a","client_certificate":"/b",\
            "client_key":"/c","resolve":["h:443:[::1]"],"ip_version":"4","http_version":"1.1","keyword":"k",\
            "not_keyword":"n","max_body_bytes":5,"user_agent":"a","reuse_connection":true}
            """
        guard case .object(let object) = try JSONValue(parsing: text) else { return }
        var options = HTTPSettings.Options()
        options.method = "POST"
        options.headers = [.init(name: "X-A", value: "1"), .init(name: "X-B", value: "2")]
        options.body = "b"
        options.authentication = .basic(user: "u", password: "p")
        options.expectedStatus = try #require(StatusSet(text: "200-204"))
        options.followsRedirects = false
        options.timeout = .milliseconds(2500)
        options.connectTimeout = .milliseconds(1500)
        options.verifyTLS = false
        options.caFile = "/a"
        options.clientCertificate = "/b"
        options.clientKey = "/c"
        options.resolve = [.init(host: "h", port: 443, address: "::1")]
        options.ipVersion = .v4
        options.httpVersion = .http11
        options.keyword = "k"
        options.forbiddenKeyword = "n"
        options.maximumBody = 5
        options.userAgent = "a"
        options.reuseConnection = true
        let expected = CheckSpec(HTTPSettings(url: "http://a.test/", options: options))
        #expect(try HTTPKind.spec(version1: "http://a.test/", object) == expected)
        #expect(throws: FieldError.self) {
            try HTTPKind.spec(version1: "http://a.test/", JSONObject([("timeout_ms", 0)]))
        }
    }

    @Test("a URL is stored as written if it is requested that way")
    func urlsAsWritten() throws {
        for (written, kept) in [
            ("https://a.test", "https://a.test"), ("HTTPS://A.test/x", "https://a.test/x"),
            ("http://a.test:80/", "http://a.test/"),
        ] {
            let spec = try HTTPKind.spec(JSONObject([("url", .string(written))]))
            #expect(spec.target == kept)
        }
        let bare = try HTTPKind.spec(JSONObject([("url", "https://a.test")]))
        let slashed = try HTTPKind.spec(JSONObject([("url", "https://a.test/")]))
        #expect(bare.identity == slashed.identity)
    }
}
