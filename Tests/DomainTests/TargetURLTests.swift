import Base
import Domain
import Testing

@Suite struct TargetURLTests {
    @Test(arguments: [
        ("http://example.com", "http://example.com/"),
        ("HTTPS://Example.COM/Path?Q=1", "https://example.com/Path?Q=1"),
        ("http://example.com:80/", "http://example.com/"),
        ("https://example.com:80/", "https://example.com:80/"),
        ("http://example.com?x=1", "http://example.com/?x=1"),
        ("http://example.com/a#part", "http://example.com/a"),
        ("http://example.com#part", "http://example.com/"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("http://[2001:DB8::A]", "http://[2001:db8::a]/"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000/"),
        ("http://a_b.local./", "http://a_b.local./"),
        ("http://xn--mnchen-3ya.de/", "http://xn--mnchen-3ya.de/"),
        ("http://example.com/ü?ö", "http://example.com/%C3%BC?%C3%B6"),
        ("http://example.com/a%20b/\"<>", "http://example.com/a%20b/%22%3C%3E"),
        ("http://example.com/user@home", "http://example.com/user@home"),
    ])
    func urlsAreNormalized(text: String, expected: String) throws {
        let url = try TargetURL(text)
        #expect(url.description == expected)
        #expect(try TargetURL(url.description) == url)
    }

    @Test(arguments: [
        "", "not-a-url", "example.com", "example.com/path", "localhost:8000", "example.com:80/x", "//example.com",
        "/path",
    ])
    func missingSchemeIsReported(text: String) {
        #expect(throws: TargetURL.ParseError.noScheme) { try TargetURL(text) }
    }

    @Test(arguments: [
        ("ftp://example.com/", "ftp"), ("javascript:alert(1)", "javascript"), ("mailto:a", "mailto"),
        ("file:///etc", "file"),
        ("WS://example.com", "ws"), ("example.com://x", "example.com"), ("gopher://x:70/", "gopher"),
    ])
    func otherSchemesAreRefused(text: String, scheme: String) {
        #expect(throws: TargetURL.ParseError.scheme(scheme)) { try TargetURL(text) }
    }

    @Test(arguments: [
        ("http:example.com", "'//' is missing"),
        ("http:/example.com", "'//' is missing"),
        ("http://", "host is missing"),
        ("http:///path", "host is missing"),
        ("http://?x", "host is missing"),
        ("http://:80/", "host is missing"),
        ("http://a b/", "space or control"),
        ("http://a/\u{0}", "space or control"),
        ("http://a/\r\nHost: b", "space or control"),
        ("http://a\u{7F}/", "space or control"),
        (" http://a/", "space or control"),
        ("http://user:secret@a/", "auth setting"),
        ("http://a@b/", "auth setting"),
        ("http://a:0/", "port"),
        ("http://a:65536/", "port"),
        ("http://a:/", "port"),
        ("http://a:8x/", "port"),
        ("http://a:+80/", "port"),
        ("http://[::1", "']' is missing"),
        ("http://[::1]8080/", "port"),
        ("http://[::g]/", "IPv6"),
        ("http://[fe80::1%25eth0]/", "zone"), ("http://[fe80::1%eth0]/", "zone"),
        ("http://999.1.1.1/", "IPv4"),
        ("http://127.1/", "IPv4"),
        ("http://2130706433/", "IPv4"),
        ("http://0x7f.0x1/", "IPv4"),
        ("http://münchen.de/", "xn--"),
        ("http://a..b/", "host name is invalid"),
        ("http://-a.b/", "host name is invalid"),
        ("http://a%41.b/", "host name is invalid"),
        ("http://a\\b/", "backslash"),
        ("http://\(String(repeating: "a", count: 64)).com/", "longer than 63"),
        ("http://\(Array(repeating: "abcdefgh", count: 30).joined(separator: "."))/", "longer than 253"),
    ])
    func refusedInWords(text: String, words: String) {
        let fault = #expect(throws: TargetURL.ParseError.self) { try TargetURL(text) }
        #expect(fault?.description.contains(words) == true, "\(fault?.description ?? "none")")
        #expect(fault?.description.contains("secret") == false)
    }

    @Test func lengthIsBoundedBeforeAndAfterEncoding() throws {
        let base = "http://a/"
        _ = try TargetURL(base + String(repeating: "x", count: TargetURL.maximumLength - base.count))
        #expect(throws: TargetURL.ParseError.tooLong) {
            try TargetURL(base + String(repeating: "x", count: TargetURL.maximumLength - base.count + 1))
        }
        #expect(throws: TargetURL.ParseError.tooLong) { try TargetURL(base + String(repeating: "ü", count: 1000)) }
    }
}
