import Base
import Redis
import Runtime
import TestSupport
import Testing

@Suite struct RedisTLSTests {
    private static let authority = TestCertificate("Test CA", sans: nil, isAuthority: true)

    @Test func certificateOfTheServerIsVerified() async throws {
        let leaf = TestCertificate("leaf", issuer: Self.authority)
        let caFile = Self.authority.certificateFile()
        let server = try await RedisServer(
            password: "secret",
            tls: (certificate: leaf.certificateFile(), key: leaf.keyFile(), authority: caFile)
        )
        let client = RedisClient(try server.url(), on: RedisFixture.loop, connectTimeout: .seconds(30))
        for size in [1, 100_000, 3_000_000] {
            let bytes = [UInt8](repeating: 7, count: size)
            var command = RedisCommand("SET", "blob")
            command.append(bytes)
            try await client.call(command)
            #expect(try await client.call(RedisCommand("GET", "blob")) == .bytes(bytes))
        }
        await client.close()

        // The system's authorities do not know this one.
        let strict = RedisClient(
            try RedisURL("rediss://:secret@127.0.0.1:\(server.port)"),
            on: RedisFixture.loop,
            connectTimeout: .seconds(30)
        )
        let error = await #expect(throws: RedisError.self) { try await strict.call(RedisCommand("PING")) }
        #expect(error?.description.contains("certificate") == true)
        await strict.close()
    }
}
