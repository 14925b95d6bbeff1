import Base
import HTTPServer
import Runtime
import Synchronization
import TestSupport
import Testing

@Suite struct RequestTests {
    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await TestServer.run { server in
            let port = server.port
            let bodies = try await onThread {
                let client = try RawClient(port: port)
                try client.send((0..<200).map { "GET /number/\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
                return try (0..<200).map { _ in try client.receiveResponse().text }
            }
            #expect(bodies == (0..<200).map { "\($0)" })
        }
    }

    @Test(arguments: [
        ("/p", "/p a"), ("http://b/p", "/p b"), ("http://b:81/p?q", "/p b:81"), ("http://[::1]:8/p", "/p [::1]:8"),
        ("https://b.example", "/ b.example"), ("http://b/http://c/", "/http://c/ b"),
    ])
    func hostOfAbsoluteTargetReplacesTheField(_ target: String, _ expected: String) async throws {
        let handler: Handler = { .text("\($0.path) \($0.headers.values(of: "host").joined(separator: " and "))") }
        try await TestServer.run(handler: handler) { server in
            let port = server.port
            let text = try await onThread {
                let client = try RawClient(port: port)
                try client.send("GET \(target) HTTP/1.1\r\nhost: a\r\n\r\n")
                return try client.receiveResponse().text
            }
            #expect(text == expected)
        }
    }

    /// As curl sends what a shell has typed.
    @Test(arguments: [
        ("/p?msg=Füll", "/p msg=Füll", 200), ("http://b/p?ü", "/p ü", 200), ("/ü", "", 400), ("/p?a b", "", 400),
        ("/p?a\u{7F}", "", 400),
    ])
    func queryMayHoldBytesBeyondASCII(_ target: String, _ expected: String, _ status: Int) async throws {
        try await TestServer.run(handler: { .text("\($0.path) \($0.query ?? "")") }) { server in
            let port = server.port
            let answer = try await onThread {
                let client = try RawClient(port: port)
                try client.send("GET \(target) HTTP/1.1\r\nhost: a\r\n\r\n")
                return try client.receiveResponse()
            }
            #expect(answer.status == status)
            if status == 200 { #expect(answer.text == expected) }
        }
    }

    @Test func offerOfUpgradeIsNamedInConnection() async throws {
        try await TestServer.run { server in
            for fields in ["", "Connection: close\r\n"] {
                let bytes = Array("GET /socket HTTP/1.1\r\nHost: a\r\n\(fields)\r\n".utf8)
                let answer = String(decoding: try await server.exchange(bytes, finish: true), as: UTF8.self)
                let close = fields.isEmpty ? "" : "close, "
                #expect(answer.contains("\r\nUpgrade: websocket\r\n"))
                #expect(answer.contains("\r\nConnection: \(close)upgrade\r\n"), "\(answer)")
            }
        }
    }

    @Test(arguments: ["GET", "HEAD"]) func fieldsOfOneConnectionAreTheServersOwn(_ method: String) async throws {
        let handler: Handler = { _ in
            let headers: Headers = [
                "Keep-Alive": "timeout=1", "Transfer-Encoding": "gzip", "Content-Length": "9", "Trailer": "X",
                "Proxy-Connection": "close", "Connection": "X-Mine", "X-Mine": "1",
            ]
            return Response(416, headers: headers, body: .bytes(Array("ab".utf8)))
        }
        try await TestServer.run(handler: handler) { server in
            let request = Array("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            let answer = String(decoding: try await server.exchange(request, finish: true), as: UTF8.self)
            let lines = answer.split(separator: "\r\n").filter { !$0.hasPrefix("Date: ") }
            let head = ["HTTP/1.1 416 Range Not Satisfiable", "X-Mine: 1", "Content-Length: 2"]
            #expect(lines.map(String.init) == head + (method == "GET" ? ["ab"] : []))
        }
    }

    @Test func halfClosedClientsAreAnswered() async throws {
        try await TestServer.run { server in
            let request = "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n"
            let answer = try await server.exchange(Array((request + request).utf8), finish: true)
            #expect(TestServer.statuses(answer) == [200, 200])
        }
    }

    @Test func truncatedBodyIsRefused() async throws {
        try await TestServer.run { server in
            let request = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nshort"
            let answer = try await server.exchange(Array(request.utf8), finish: true)
            #expect(TestServer.statuses(answer) == [400])
        }
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 1 << 20])
    func bodiesOfAllSizesArrive(_ size: Int) async throws {
        try await TestServer.run { server in
            let port = server.port
            let body = String(repeating: "b", count: size)
            let echoed = try await onThread {
                let client = try RawClient(port: port)
                let plain = try client.request("POST", "/echo", body: body)
                try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                for start in stride(from: 0, to: size, by: 10_000) {
                    let count = min(10_000, size - start)
                    try client.send("\(String(count, radix: 16))\r\n\(String(repeating: "b", count: count))\r\n")
                }
                try client.send("0\r\n\r\n")
                return [plain, try client.receiveResponse()]
            }
            #expect(echoed.map(\.status) == [200, 200])
            #expect(echoed.allSatisfy { $0.text == body })
        }
    }

    @Test func clientWaitingFor100ContinueGetsIt() async throws {
        try await TestServer.run { server in
            let port = server.port
            let (interim, final) = try await onThread {
                let client = try RawClient(port: port)
                try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
                let interim = try client.receiveHead().status
                try client.send("ok")
                return (interim, try client.receiveResponse())
            }
            #expect(interim == 100)
            #expect(final.text == "ok")
        }
    }

    @Test func clientWaitingFor100ContinueCanBeRefused() async throws {
        try await TestServer.run { server in
            let request = "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
            let answer = try await server.exchange(Array(request.utf8))
            #expect(TestServer.statuses(answer) == [200])
        }
    }

    @Test func oversizedUploadsAreRefusedAtOnce() async throws {
        try await TestServer.run { server in
            let body = String(repeating: "u", count: 1_500_000)
            let declared = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body
            let chunked =
                "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + String(body.utf8.count, radix: 16) + "\r\n" + body + "\r\n0\r\n\r\n"
            for request in [declared, chunked] {
                let answer = try await server.exchange(Array(request.utf8))
                #expect(TestServer.statuses(answer) == [413])
            }
            #expect(server.server.counters.rejected.value == 2)
        }
    }

    @Test func refusalsAreProblemDocuments() async throws {
        try await TestServer.run { server in
            let port = server.port
            let response = try await onThread {
                let client = try RawClient(port: port)
                try client.send("nonsense\r\n\r\n")
                return try client.receiveResponse()
            }
            #expect(response.headers["content-type"] == "application/problem+json")
            #expect(response.headers["connection"] == "close")
            #expect(response.headers["date"]?.hasSuffix("GMT") == true)
            #expect(
                response.text == #"{"type":"about:blank","title":"Bad Request","status":400,"#
                    + #""detail":"The request is not well-formed HTTP/1.1."}"#
            )
        }
    }

    @Test func headAnswersHaveTheLengthButNoBody() async throws {
        try await TestServer.run { server in
            let port = server.port
            let (head, next) = try await onThread {
                let client = try RawClient(port: port)
                return (try client.request("HEAD", "/ping"), try client.request("GET", "/ping"))
            }
            #expect(head.headers["content-length"] == "4")
            #expect(next.text == "pong")
        }
    }

    @Test func slowBodyReaderBlocksTheClient() async throws {
        let gate = GracefulShutdown()
        let total = Atomic<Int>(0)
        var limits = Limits()
        limits.bodyBytes = 64 << 20
        let handler: Handler = { request in
            await gate.wait()
            do throws(HTTPServerError) {
                for try await piece in request.body { total.wrappingAdd(piece.count, ordering: .relaxed) }
            } catch {
                return Problem(.badRequest, "\(error)").response
            }
            return .text("done")
        }
        try await TestServer.run(limits: limits, handler: handler) { server in
            let port = server.port
            let size = 32 << 20
            let (early, status) = try await onThread {
                let client = try RawClient(port: port)
                try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n")
                let early = client.flood([UInt8](repeating: 1, count: 65_536), until: size)
                gate.trigger()
                try client.send([UInt8](repeating: 1, count: size - early))
                return (early, try client.receiveResponse().status)
            }
            #expect(early < 16 << 20, "the kernel's buffers and 64 KB, not the whole body")
            #expect(status == 200)
            #expect(total.load(ordering: .relaxed) == size)
        }
    }

    @Test func responseSummariesNameTheRoute() async throws {
        let summaries = Locked<[ResponseSummary]>([])
        try await TestServer.run(onResponse: { summary in summaries.withLock { $0.append(summary) } }) { server in
            let port = server.port
            _ = try await onThread { try RawClient(port: port).request("GET", "/number/7") }
            // The server reports the summary after its last byte, which the client may already have.
            await eventually { summaries.withLock { !$0.isEmpty } }
            let seen = summaries.withLock { $0 }
            #expect(seen.map(\.route) == ["/number/{n}"])
            #expect(seen.map(\.status) == [200])
            #expect(seen.first?.method == .get)
            #expect(seen.first.map { $0.bytes > 1 && $0.isComplete && $0.duration > .zero } == true)
        }
    }
}
