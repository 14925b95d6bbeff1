import API
import Base
import HTTPServer
import Storage
import TestSupport
import Testing

/// The API over real connections behaves as it does in process.
@Suite struct LoopbackTests {
    @Test(arguments: Transport.allCases)
    func monitorLifeCycleOverHTTP(transport: Transport) async throws {
        try await transport.run { app in
            let created = await app.send(.post, "/api/v1/monitors/", BadInputTests.body([("tags", ["a"])]))
            #expect(created.status == 201, "\(created)")
            #expect(created.headers["Location"] == "/api/v1/monitors/1")
            #expect(created.type == "application/json")
            #expect(await app.send(.get, "/api/v1/monitors?tag=a").json == [created.json])
            #expect(await app.send(.head, "/api/v1/monitors/1").status == 200)
            #expect(await app.send(.patch, "/api/v1/monitors/1", ["interval": 30]).json["interval"] == 30)
            #expect(await app.send(.put, "/api/v1/monitors/1", BadInputTests.body([])).json["interval"] == 60)
            #expect(await app.send(.post, "/api/monitoring/1/check").json["domain"] == "Shop")
            #expect(await app.send(.get, "/api/monitoring/1/history").json == [])
            #expect(await app.send(.get, "/health").json["service"] == "Sentinel")
            #expect(await app.send(.get, "/openapi.json").text == app.api.document.description)
            let gone = await app.send(.delete, "/api/v1/monitors/1")
            #expect(gone.status == 204 && gone.bytes.isEmpty)
            #expect(await app.send(.get, "/api/v1/monitors/1").json["detail"] == "Monitor not found")
        }
    }

    @Test(arguments: Transport.allCases)
    func malformedRequestsAreAnsweredWithProblems(transport: Transport) async throws {
        try await transport.run { app in
            let big = Array("{\"name\":\"".utf8) + [UInt8](repeating: 0x61, count: 10 << 20) + Array("\"}".utf8)
            #expect(await app.send(.post, "/api/domains/", bytes: big).status == 413)
            #expect(await app.send(.post, "/api/domains/", bytes: []).faults == ["missing body"])
            #expect(await app.send(.post, "/api/domains/", bytes: Array("{".utf8)).faults == ["json_invalid body.1"])
            let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
            #expect(await app.send(.post, "/api/domains/", bytes: deep).faults == ["json_invalid body.32"])
            let host = await app.send(.get, "/health", headers: ["Host": "evil.example"])
            #expect(host.status == 421 && host.type == "application/problem+json")
            let method = await app.send(.delete, "/api/domains/")
            #expect(method.status == 405 && method.headers["Allow"]?.contains("POST") == true)
            #expect(await app.send(.get, "/api/domains/%00").status == 400)
            let count = try await app.monitors.count()
            #expect(count == 0)
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await Transport.loopback.run { app in
            let port = try #require(app.port)
            let names = (0..<50).map { "M\($0)" }
            let answers = try await onThread {
                let client = try RawClient(port: port)
                var text = ""
                for name in names {
                    let body = "{\"name\":\"\(name)\",\"url\":\"http://\(name)/\"}"
                    text += "POST /api/domains/ HTTP/1.1\r\nHost: localhost\r\n"
                    text += "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
                }
                try client.send(text)
                return try names.map { _ in try client.receiveResponse() }
            }
            #expect(answers.map { Answer($0).json["name"] } == names.map { .string($0) })
            #expect(answers.allSatisfy { $0.status == 200 })
        }
    }

    @Test func abortedBodyChangesNothing() async throws {
        try await Transport.loopback.run { app in
            let port = try #require(app.port)
            try await onThread {
                let client = try RawClient(port: port)
                let head = "POST /api/domains/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
                try client.send(head + "{\"name\":\"A\",\"url\":\"http://a/\"}")
                client.reset()
            }
            #expect(await app.send(.get, "/api/domains/").json == [])
        }
    }
}
