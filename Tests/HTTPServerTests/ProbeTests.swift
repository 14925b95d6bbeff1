import HTTPServer
import Testing

/// Bytes in, status codes out: how a strict server must answer requests that other servers parse differently.
@Suite struct ProbeTests {
    struct Probe: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let bytes: [UInt8]
        let statuses: [Int]

        init(_ name: String, _ text: String, _ statuses: Int...) {
            (testDescription, bytes, self.statuses) = (name, Array(text.utf8), statuses)
        }
    }

    private static let get = "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let last = "GET /ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    private static func post(_ fields: String, _ body: String = "") -> String {
        "POST /echo HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\(body)"
    }
    private static func field(_ field: String) -> String { "GET /ping HTTP/1.1\r\nHost: a\r\n\(field)\r\n" + last }

    static let smuggling = [
        Probe(
            "length and chunked with a hidden request",
            post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + get),
            400
        ),
        Probe("two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello" + get), 400),
        Probe("the same length twice", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello" + get), 400),
        Probe("a list of lengths", post("Content-Length: 5, 5\r\n", "hello" + get), 400),
        Probe("length with a plus", post("Content-Length: +5\r\n", "hello" + get), 400),
        Probe("negative length", post("Content-Length: -1\r\n", get), 400),
        Probe("empty length", post("Content-Length:\r\n", get), 400),
        Probe("overflowing length", post("Content-Length: 99999999999999999999\r\n", get), 400),
        Probe("hexadecimal length", post("Content-Length: 0x5\r\n", "hello" + get), 400),
        Probe("unknown coding", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n" + get), 501),
        Probe("list of codings", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n" + get), 501),
        Probe(
            "coding twice",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + get),
            400
        ),
        Probe("chunked in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        Probe("chunk size overflow", post("Transfer-Encoding: chunked\r\n", "FFFFFFFFFFFFFFFFF\r\n"), 400),
        Probe("chunk size beyond the limit", post("Transfer-Encoding: chunked\r\n", "FFFFFFFF\r\n"), 413),
        Probe("chunk size with prefix", post("Transfer-Encoding: chunked\r\n", "0x5\r\nhello\r\n0\r\n\r\n"), 400),
        Probe("chunk size with sign", post("Transfer-Encoding: chunked\r\n", "+5\r\nhello\r\n0\r\n\r\n"), 400),
        Probe("empty chunk size", post("Transfer-Encoding: chunked\r\n", "\r\nhello"), 400),
        Probe(
            "chunk line ended by a bare line feed",
            post("Transfer-Encoding: chunked\r\n", "5\nhello\r\n0\r\n\r\n"),
            400
        ),
        Probe("chunk longer than its size", post("Transfer-Encoding: chunked\r\n", "5\r\nhello!\r\n0\r\n\r\n"), 400),
        Probe("bare line feeds", "GET /ping HTTP/1.1\nHost: a\n\n", 400),
        Probe("bare line feed in a field", "GET /ping HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400),
        Probe("bare carriage return in a field", "GET /ping HTTP/1.1\r\nHost: a\r\nX: y\rz\r\n\r\n", 400),
        Probe("obsolete folding", "GET /ping HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", 400),
        Probe("blank before the colon", "GET /ping HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", 400),
        Probe("blank before the first field", "GET /ping HTTP/1.1\r\n Host: a\r\n\r\n", 400),
        Probe("NUL in a value", "GET /ping HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400),
        Probe("control character in a value", field("X: a\u{1}b\r\n"), 400),
        Probe("parenthesis in a name", "GET /ping HTTP/1.1\r\nHost: a\r\nX(: y\r\n\r\n", 400),
        Probe("empty name", field(": y\r\n"), 400),
        Probe("no colon", field("nothing\r\n"), 400),
        Probe("no host", "GET /ping HTTP/1.1\r\n\r\n", 400),
        Probe("two hosts", "GET /ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ]

    static let requestLines = [
        Probe("garbage", "\u{1}\u{2}garbage\r\n\r\n", 400),
        Probe("a TLS hello", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{FC}", 400),
        Probe("two blanks in the request line", "GET  /ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Probe("tab in the request line", "GET\t/ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Probe("blank at the line's end", "GET /ping HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
        Probe("absolute target without host", "GET http://a/ping HTTP/1.1\r\n\r\n", 400),
        Probe("absolute target with a user", "GET http://me@a/ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Probe("absolute target of nobody", "GET http:///ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Probe("absolute target with a bad port", "GET http://a:99999/ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Probe("absolute target with a bad name", "GET http://a%2Fb/ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Probe("absolute target of another scheme", "GET ftp://a/ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Probe("absolute target with one slash", "GET http:/a/ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Probe("target without a slash", "GET ping HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Probe("star for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Probe("no version", "GET /ping\r\n\r\n", 400),
        Probe("version in small letters", "GET /ping http/1.1\r\nHost: a\r\n\r\n", 400),
        Probe("odd version", "GET /ping HTTP/1.11\r\nHost: a\r\n\r\n", 400),
        Probe("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        Probe("major version 3", "GET /ping HTTP/3.7\r\nHost: a\r\n\r\n", 505),
        Probe("CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        Probe("TRACE", "TRACE /ping HTTP/1.1\r\nHost: a\r\n\r\n" + last, 405, 200),
        Probe("unknown expectation", post("Expect: wonders\r\nContent-Length: 1\r\n", "x"), 417),
        Probe("long target", "GET /" + String(repeating: "a", count: 9000) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        Probe("long head", field("X: " + String(repeating: "a", count: 20_000) + "\r\n"), 431),
        Probe("long unfinished head", "GET /ping HTTP/1.1\r\nX: " + String(repeating: "a", count: 100_000), 431),
        Probe("many fields", field(String(repeating: "a: b\r\n", count: 200)), 431),
        Probe("declared length beyond the limit", post("Content-Length: 1500000\r\n"), 413),
    ]

    static let accepted = [
        Probe("empty line first", "\r\n" + last, 200),
        Probe("pipelined", get + get + last, 200, 200, 200),
        Probe("known length", post("Content-Length: 5\r\n", "hello") + last, 200, 200),
        Probe(
            "chunked",
            post("Transfer-Encoding: chunked\r\n", "5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\n") + last,
            200,
            200
        ),
        Probe("chunked in capitals", post("TRANSFER-ENCODING: Chunked\r\n", "0\r\n\r\n") + last, 200, 200),
        Probe("HTTP/1.0 without host", "GET /ping HTTP/1.0\r\n\r\n" + get, 200),
        Probe("HTTP/1.0 kept alive", "GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + last, 200, 200),
        Probe(
            "close beside keep-alive",
            "GET /ping HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n" + get,
            200
        ),
        Probe("length zero", post("Content-Length: 0\r\n") + last, 200, 200),
        Probe(
            "body that nobody reads",
            "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" + last,
            200,
            200
        ),
        Probe("absolute target", "GET http://a/ping HTTP/1.1\r\nHost: a\r\n\r\n" + last, 200, 200),
        Probe("absolute target in capitals", "GET HTTPS://A:80/ping?x=1 HTTP/1.1\r\nHost: b\r\n\r\n" + last, 200, 200),
        Probe("absolute target in HTTP/1.0", "GET http://[::1]:1/ping HTTP/1.0\r\n\r\n" + last, 200),
        Probe("absolute target without path", "GET http://a?x HTTP/1.1\r\nHost: a\r\n\r\n" + last, 404, 200),
        Probe("OPTIONS of a whole server", "OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n" + last, 204, 200),
        Probe("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n" + last, 204, 200),
        Probe("unknown method", "BREW /ping HTTP/1.1\r\nHost: a\r\n\r\n" + last, 405, 200),
        Probe("empty and blank values", field("A:\r\nB: \t \r\n"), 200, 200),
        Probe("NUL escape in the path", "GET /number/%00 HTTP/1.1\r\nHost: a\r\n\r\n" + last, 400, 200),
        Probe(
            "no body where none may be",
            "GET /empty HTTP/1.1\r\nHost: a\r\n\r\nGET /same HTTP/1.1\r\nHost: a\r\n\r\n" + last,
            204,
            304,
            200
        ),
        Probe("response splitting", "GET /split HTTP/1.1\r\nHost: a\r\n\r\n" + last, 500, 200),
    ]

    @Test(arguments: smuggling + requestLines + accepted)
    func probesGetTheExpectedAnswer(_ probe: Probe) async throws {
        try await TestServer.run { server in
            let answer = try await server.exchange(probe.bytes)
            #expect(TestServer.statuses(answer) == probe.statuses)
            #expect(!String(decoding: answer, as: UTF8.self).contains("Set-Cookie"))
        }
    }

    /// The result must not depend on how the network splits the bytes.
    @Test(arguments: accepted + smuggling.filter { $0.bytes.count < 200 })
    func probesSentByteByByteGetTheSameAnswer(_ probe: Probe) async throws {
        try await TestServer.run { server in
            let answer = try await server.exchangeByteByByte(probe.bytes)
            #expect(TestServer.statuses(answer) == probe.statuses)
        }
    }
}
