import Base
import Glibc
import HTTPClient
import Runtime
import TestSupport
import Testing

/// A process that cannot end in order says what keeps it, and ends all the same.
@Suite(.timeLimit(.minutes(10))) struct StuckShutdownClusterTests {
    @Test func workerEndsThoughItsBrokerNeverAnswers() async throws {
        let (folder, redis) = (try CLIFolder(), try await RedisServer())
        let environment = [
            "SECRET_KEY": "a-key-of-more-than-32-characters-in-all", "REDIS_URL": "redis://127.0.0.1:\(redis.port)/0",
            "GRACEFUL_SHUTDOWN_TIMEOUT": "1",
        ]
        let (worker, url) = try await folder.serve("worker", environment: environment)
        let client = HTTPClient(loop: try EventLoop(name: "stuck-test"))
        await eventually {
            let asked = HTTPClientRequest(method: "GET", url: "\(url)/api/v1/health/readiness")
            return (try? await client.send(asked))?.status == 200
        }
        redis.kill(SIGSTOP)
        worker.send(signal: SIGTERM)
        // A second, and five for what is cancelled.
        let output = await worker.wait(timeout: .seconds(60))
        redis.kill(SIGCONT)
        #expect(output.code == 3, "\(output.standardError)")
        #expect(output.standardError.contains("services did not end"))
        #expect(output.standardError.contains("workers"))
    }
}
