import HTTPServer
import Testing

@Suite struct MessageTests {
    @Test(
        arguments: [
            (nil, []), ("", []), ("a=1&b=2&a=3", ["a=1", "b=2", "a=3"]), ("a", ["a="]), ("a=b=c", ["a=b=c"]),
            ("&&a=1&", ["a=1"]), ("a+b=c%20d", ["a b=c d"]), ("%C3%BC=%26", ["ü=&"]), ("=x", ["=x"]),
        ] as [(String?, [String])]
    )
    func queryItemsAreDecodedInOrder(_ text: String?, _ expected: [String]) throws {
        let query = try Query(text)
        #expect(query.items.map { "\($0.name)=\($0.value)" } == expected)
    }

    @Test(arguments: ["a=%", "a=%4", "a=%zz", "%00=a", "a=%C0%AF", "a=%FF", "a=1&%=2"])
    func invalidQueryIsRefused(_ text: String) {
        #expect(throws: HTTPServerError.self) { try Query(text) }
    }

    @Test(
        arguments: [
            (nil, []), ("a=%", ["a=%"]), ("a=%4", ["a=%4"]), ("a=%zz", ["a=%zz"]), ("%00=a", ["\u{FFFD}=a"]),
            ("a=%C0%AF", ["a=\u{FFFD}\u{FFFD}"]), ("a=%FF+b", ["a=\u{FFFD} b"]), ("a=1&%=2", ["a=1", "%=2"]),
            ("%C3%BC=%26&&b", ["ü=&", "b="]), ("a=%%41", ["a=%A"]),
        ] as [(String?, [String])]
    )
    func lenientQueryRefusesNothing(_ text: String?, _ expected: [String]) {
        #expect(Query(lenient: text).items.map { "\($0.name)=\($0.value)" } == expected)
        #expect(Query(lenient: "a&b&c", limit: 2).items.count == 2)
    }

    @Test func queryItemsAreBounded() throws {
        let text = (0..<257).map { "a\($0)=1" }.joined(separator: "&")
        #expect(throws: HTTPServerError.queryInvalid("more than 256 items")) { try Query(text) }
        #expect(try Query(text, limit: 257).items.count == 257)
    }

    @Test func queryItemsAreFoundByName() throws {
        let query = try Query("a=1&b=2&a=3")
        #expect(query["a"] == "1")
        #expect(query.values(of: "a") == ["1", "3"])
        #expect(query["c"] == nil)
    }

    @Test(arguments: [
        (ServerSentEvent(data: "x"), "data: x\n\n"),
        (
            ServerSentEvent(id: "7", event: "result", data: "a\nb\r\nc\rd"),
            "id: 7\nevent: result\ndata: a\ndata: b\ndata: c\ndata: d\n\n"
        ),
        (ServerSentEvent(id: "1\n2\0", event: "a\r\ndata: evil", data: ""), "id: 12\nevent: adata: evil\ndata: \n\n"),
    ])
    func eventIsEncoded(_ event: ServerSentEvent, _ expected: String) {
        #expect(String(decoding: event.encoded, as: UTF8.self) == expected)
    }

    @Test func headersAreFoundWithoutCase() {
        var headers: Headers = ["Content-Type": "a", "X-One": "1", "x-one": "2"]
        #expect(headers["content-TYPE"] == "a")
        #expect(headers.values(of: "X-ONE") == ["1", "2"])
        headers["x-One"] = "3"
        #expect(headers.values(of: "x-one") == ["3"])
        headers["X-One"] = nil
        #expect(headers.map { "\($0.name)=\($0.value)" } == ["Content-Type=a"])
    }

    @Test func invalidStatusBecomes500() {
        #expect(Status(42).code == 500)
        #expect(Status(299).description == "299 Success")
    }

    @Test func collectedBodyIsBounded() async throws {
        let request = Request(.post, "/", body: [1, 2, 3])
        #expect(try await request.body.collect(upTo: 3) == [1, 2, 3])
        await #expect(throws: HTTPServerError.bodyTooLarge(limit: 2)) { try await request.body.collect(upTo: 2) }
    }
}
