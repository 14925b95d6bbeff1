import Base
import Domain
import Storage
import Testing

@Suite struct HTTPSpecCodecTests {
    static func options(_ random: inout SeededGenerator) -> HTTPSpec.Options {
        var options = HTTPSpec.Options()
        func chance() -> Bool { Bool.random(using: &random) }
        func text() -> String { ["", "a", "ü\"\\\n", "\u{1}x", "🚦"].randomElement(using: &random) ?? "" }
        if chance() { options.method = "POST" }
        if chance() { options.headers = [.init(name: "X-A", value: text()), .init(name: "X-A", value: text())] }
        if chance() { options.body = text() }
        if chance() { options.authentication = .basic(user: text(), password: text()) }
        if chance() { options.authentication = .bearer(token: text()) }
        if chance() { options.expectedStatus = StatusSet(text: "200-204,301") ?? .standard }
        options.maximumRedirects = [nil, 0, 3, 20].randomElement(using: &random) ?? nil
        if chance() { options.timeout = .milliseconds(Int64.random(in: 100...60_000, using: &random)) }
        if chance() { options.connectTimeout = .milliseconds(1500) }
        options.verifyTLS = chance()
        if chance() { (options.caFile, options.clientCertificate, options.clientKey) = ("/a", "/b", "/c") }
        if chance() { options.resolve = [.init(host: "h", port: 443, address: "::1")] }
        if chance() { options.resolver = "127.0.0.1:53" }
        if chance() { options.proxy = "http://p:3128" }
        options.ipVersion = HTTPSpec.IPVersion.allCases.randomElement(using: &random) ?? .any
        options.httpVersion = HTTPSpec.HTTPVersion.allCases.randomElement(using: &random) ?? .automatic
        if chance() { options.keyword = text() }
        if chance() { options.forbiddenKeyword = text() }
        if chance() { options.maximumBody = 1 }
        if chance() { options.userAgent = text() }
        options.reuseConnection = chance()
        return options
    }

    @Test func everyOptionComesBack() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let options = Self.options(&random)
            #expect(try HTTPSpecCodec.decode(HTTPSpecCodec.encode(options)) == options)
        }
    }

    @Test func defaultsTakeNoSpace() throws {
        #expect(HTTPSpecCodec.encode(HTTPSpec.Options()) == nil)
        #expect(try HTTPSpecCodec.decode(String?.none) == HTTPSpec.Options())
        var options = HTTPSpec.Options()
        options.timeout = .milliseconds(2500)
        #expect(HTTPSpecCodec.encode(options) == #"{"timeout_ms":2500}"#)
    }

    @Test(arguments: [
        (#"{"metod":"GET"}"#, "metod"), (#"{"method":1}"#, "method"), (#"{"timeout_ms":0}"#, "timeout_ms"),
        (#"{"timeout_ms":1.5}"#, "timeout_ms"), (#"{"headers":[["a"]]}"#, "headers"),
        (#"{"headers":{"a":"b"}}"#, "headers"), (#"{"expected_status":"abc"}"#, "expected_status"),
        (#"{"authentication":{"type":"basic","user":"u"}}"#, "authentication"),
        (#"{"authentication":{"type":"bearer","token":"t","x":1}}"#, "authentication"),
        (#"{"resolve":["a"]}"#, "resolve"), (#"{"resolve":"a:1:b"}"#, "resolve"), (#"{"verify_tls":1}"#, "verify_tls"),
        (#"{"ip_version":"5"}"#, "ip_version"), (#"{"max_redirects":-1}"#, "max_redirects"), ("[]", ""), ("{", ""),
    ]) func everythingElseIsRefused(_ text: String, _ member: String) {
        let failure = #expect(throws: HTTPSpecCodec.Failure.self) { try HTTPSpecCodec.decode(text) }
        #expect(failure?.member == member)
    }
}
