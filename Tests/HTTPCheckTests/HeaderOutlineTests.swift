import Base
import Domain
import HTTPCheck
import TestSupport
import Testing

/// The outline that a check keeps of a header, for comparisons.
@Suite struct HeaderOutlineTests {
    private func outline(_ fields: String) async throws -> HeaderOutline? {
        let target = LoopbackTarget { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\n\(fields)Content-Length: 2\r\n\r\nok")
        }
        return await (try ProbeBench()).run(target.url()).header
    }

    @Test func namesAndFewValuesAreKept() async throws {
        let outline = try #require(
            try await outline("X-Key: secret\r\nServer:  nginx \r\nDate: now\r\nSet-Cookie: a=secret\r\nSERVER: x\r\n")
        )
        #expect(outline.fields == [.init("server", "nginx"), .init("x-key", nil)])
        let long = try #require(try await self.outline("Server: \(String(repeating: "é", count: 1000))\r\n"))
        #expect(long.fields.first?.value == String(repeating: "é", count: HeaderOutline.valueLimit))
    }

    @Test(
        arguments: [
            ("Server: a\r\nX-Key: 1\r\n", "x-key: 2\r\nserver: a\r\n", true),
            ("Server: a\r\n", "Server: a\r\nDate: x\r\nAge: 7\r\nSet-Cookie: b\r\n", true),
            ("Server: a\r\n", "Server: b\r\n", false), ("Server: a\r\n", "Server: A\r\n", true),
            ("Server: a\r\n", "", false), ("X-A: 1\r\n", "X-B: 1\r\n", false), ("X-A: 1\r\n", "Server: 1\r\n", false),
            ("Content-Type: a\r\nServer: b\r\n", "Content-Type: b\r\nServer: a\r\n", false),
        ]
    )
    func equalAnswersHaveEqualOutlines(_ first: String, _ second: String, _ isSame: Bool) async throws {
        let (first, second) = (try await outline(first), try await outline(second))
        #expect((first?.digest == second?.digest) == isSame)
    }

    @Test func equalAnswersShareOneOutline() async throws {
        let target = LoopbackTarget.answering { _, connection in connection.respond(body: "hello") }
        let bench = try ProbeBench()
        let (first, second) = (await bench.run(target.url()).header, await bench.run(target.url()).header)
        #expect(first != nil && first === second)
    }

    @Test func noAnswerHasNoOutline() async throws {
        #expect(await (try ProbeBench()).run("http://127.0.0.1:\(LoopbackTarget.closedPort())/").header == nil)
    }
}
