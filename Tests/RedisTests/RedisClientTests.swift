import Base
import Glibc
import Redis
import Runtime
import TestSupport
import Testing

@Suite struct RedisClientTests {
    private func client(_ url: RedisURL, patience: Duration = .seconds(30)) throws -> RedisClient {
        RedisClient(url, on: try EventLoop(name: "redis-test"), patience: patience, connectTimeout: .seconds(30))
    }

    private func connected(_ client: RedisClient) async -> Bool {
        (try? await client.call(RedisCommand("PING")))?.text == "PONG"
    }

    @Test func commandsSentTogetherAreAnsweredInOrder() async throws {
        let client = try client(try await RedisServer.shared().url(ownDatabase: true))
        var commands = (0..<1000).map { RedisCommand("RPUSH", "list", "\($0)") }
        commands.append(RedisCommand("NONSENSE"))
        commands.append(RedisCommand("LRANGE", "list", "0", "-1"))
        let answers = try await client.run(commands)
        #expect(answers.count == 1002)
        guard case .error(let text) = answers[1000] else { return _ = Issue.record("no error") }
        #expect(text.contains("unknown command"))
        #expect(answers[1001].array?.compactMap(\.integer) == Array(0..<1000))
        await client.close()
        await #expect(throws: RedisError.closed) { try await client.call(RedisCommand("PING")) }
    }

    @Test func bytesOfAnyValueAndSizeArrive() async throws {
        let client = try client(try await RedisServer.shared().url(ownDatabase: true))
        for size in [0, 1, 100_000, 5_000_000] {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            var command = RedisCommand("SET", "blob")
            command.append(bytes)
            try await client.call(command)
            #expect(try await client.call(RedisCommand("GET", "blob")) == .bytes(bytes))
        }
        await client.close()
    }

    @Test func scriptRunsAgainAfterTheServerForgotIt() async throws {
        let client = try client(try await RedisServer.shared().url())
        let script = RedisScript("return {KEYS[1], ARGV[1]}")
        for _ in 0..<2 {
            let answer = try await client.call(script, keys: ["a"], RedisCommand("b"))
            #expect(answer.array?.compactMap(\.text) == ["a", "b"])
            try await client.call(RedisCommand("SCRIPT", "FLUSH"))
        }
        await client.close()
    }

    @Test func wrongCredentialsAreSaid() async throws {
        let server = try await RedisServer(password: "right")
        let good = try client(try server.url())
        #expect(await connected(good))
        let wrong = try client(try RedisURL("redis://:wrong@127.0.0.1:\(server.port)"))
        await #expect(throws: RedisError.refused("Redis refused the user name or password of REDIS_URL")) {
            try await wrong.call(RedisCommand("PING"))
        }
        let none = try client(try RedisURL("redis://127.0.0.1:\(server.port)"))
        await #expect(throws: RedisError.refused("Redis wants a password, and REDIS_URL has none")) {
            try await none.call(RedisCommand("PING"))
        }
        for client in [good, wrong, none] { await client.close() }
    }

    @Test func clientReconnectsAfterTheServerWasKilled() async throws {
        let server = try await RedisServer()
        let client = try client(try server.url())
        #expect(await connected(client))
        // A command under way fails at once.
        let waiting = Task { try await client.call(RedisCommand("BLPOP", "nothing", "0")) }
        await eventually { await isBlocked(server) }
        server.kill(SIGKILL)
        let result = await waiting.result
        guard case .failure(let error as RedisError) = result, case .unavailable = error else {
            return _ = Issue.record("the command did not fail: \(result)")
        }
        try await server.start()
        await eventually { await connected(client) }
        await client.close()
    }

    private func isBlocked(_ server: RedisServer) async -> Bool {
        guard let other = try? client(server.url()) else { return false }
        let text = (try? await other.call(RedisCommand("INFO", "clients")))?.text ?? ""
        await other.close()
        return text.contains("blocked_clients:1")
    }

    @Test func stalledServerIsGivenUp() async throws {
        let server = try await RedisServer()
        let client = try client(try server.url(), patience: .milliseconds(200))
        #expect(await connected(client))
        server.kill(SIGSTOP)
        await #expect(throws: RedisError.unavailable("Redis at 127.0.0.1:\(server.port) did not answer within 200ms")) {
            try await client.call(RedisCommand("PING"))
        }
        server.kill(SIGCONT)
        await eventually { await connected(client) }
        await client.close()
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n\r\n", "*2000000000\r\n", "$-7\r\n", ":1\r\n:2\r\n:3\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
        "-MOVED 12 127.0.0.1:1\r\n-MOVED 12 127.0.0.1:1\r\n",
    ])
    func garbageIsAnErrorOfTheConnection(_ answer: String) async throws {
        let target = LoopbackTarget { connection in
            _ = connection.read()
            _ = connection.send(answer)
            connection.waitForClose()
        }
        let client = try client(try RedisURL("redis://127.0.0.1:\(target.port)"), patience: .seconds(30))
        let error = await #expect(throws: RedisError.self) { try await client.call(RedisCommand("PING")) }
        if answer.hasPrefix("-MOVED") {
            #expect(error?.description.hasPrefix("Redis Cluster is not supported") == true)
        }
        await client.close()
    }

    @Test func unreachableServerIsNamed() async throws {
        let client = try client(try RedisURL("redis://127.0.0.1:1"))
        let error = await #expect(throws: RedisError.self) { try await client.call(RedisCommand("PING")) }
        #expect(error?.description.contains("127.0.0.1:1 refused the connection") == true)
        await client.close()
    }

    @Test func listenerHearsOfAGapWhenTheServerWasRestarted() async throws {
        let server = try await RedisServer()
        let subscriber = RedisSubscriber(try server.url(), on: try EventLoop(name: "redis-test"))
        let heard = Locked<[String]>([])
        await subscriber.listen(to: "news") { message in
            heard.withLock { $0.append(message.map { String(decoding: $0, as: UTF8.self) } ?? "gap") }
        }
        let client = try client(try server.url())
        try await client.call(RedisCommand("PUBLISH", "news", "first"))
        await eventually { heard.withLock { $0 == ["first"] } }
        server.kill(SIGKILL)
        await eventually { heard.withLock { $0.contains("gap") } }
        try await server.start()
        await eventually {
            _ = try? await client.call(RedisCommand("PUBLISH", "news", "second"))
            return heard.withLock { $0.last == "second" }
        }
        await subscriber.close()
        await client.close()
    }
}
