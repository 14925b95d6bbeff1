import Base
import Glibc
import HTTPClient
import Runtime
import TestSupport
import Testing

/// Which of the system's name servers are queried.
@Suite("The system's name servers") struct ResolverTests {
    /// A resolver on its own loop, with a configuration written by the test.
    private actor Bench {
        private nonisolated let loop: EventLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        private nonisolated let file = "/tmp/sentinel-test-" + Base.UUID().description
        nonisolated let port = TestNameServer.freePort()
        private var system = Resolver.SystemConfiguration()
        private lazy var resolver = Resolver(loop: loop, system: system)

        init(lifetime: Duration = .seconds(600)) throws {
            loop = try EventLoop(name: "resolver-test")
            system.file = file
            system.port = port
            system.lifetime = lifetime
            system.patience = .milliseconds(150)
        }

        nonisolated func write(_ hosts: UInt8...) {
            let lines = hosts.map { "nameserver 127.0.0.\($0)\n" }.joined()
            DatabaseFile.write(Array(lines.utf8), to: file)
        }

        func resolve(_ name: String) async -> Result<[IPAddress], Resolver.LookupError> {
            await withCheckedContinuation { continuation in
                _ = resolver.resolve(name, family: .v4) { continuation.resume(returning: $0) }
            }
        }

        /// How many of that many nested lookups, each within the completion of the previous one, returned an address.
        func resolveNested(_ name: String, times: Int) async -> Int {
            await withCheckedContinuation { continuation in
                nest(name, times, found: 0) { continuation.resume(returning: $0) }
            }
        }

        private func nest(_ name: String, _ left: Int, found: Int, _ end: @escaping @Sendable (Int) -> Void) {
            guard left > 0 else { return end(found) }
            _ = resolver.resolve(name, family: .v4) { [self] result in
                let found = if case .success = result { found + 1 } else { found }
                // Invariant: the resolver completes on its loop, which is this actor's executor.
                assumeIsolated { $0.nest(name, left - 1, found: found, end) }
            }
        }

        func close() {
            resolver.close()
            unlink(file)
        }
    }

    private static let address = IPAddress(v4: 0x7F00_0009)

    /// Answers at 127.0.0.2.
    private static func live(_ bench: Bench) -> TestNameServer {
        TestNameServer(["here.test": .addresses(v4: [[127, 0, 0, 9]])], host: 2, port: bench.port)
    }

    /// Listens at 127.0.0.3.
    private static func silent(_ bench: Bench) -> TestNameServer {
        TestNameServer(["here.test": .silence], host: 3, port: bench.port)
    }

    @Test("the server that answers is queried first afterwards") func liveServerIsPreferred() async throws {
        let bench = try Bench()
        let live = Self.live(bench)
        let silent = Self.silent(bench)
        bench.write(3, 2)
        #expect(await bench.resolve("here.test") == .success([Self.address]))
        #expect(!silent.questions.isEmpty)
        // On a busy machine a live server may be late, so that the other is queried too: but not every time.
        await eventually {
            let asked = silent.questions.count
            let answer = await bench.resolve("here.test")
            return answer == .success([Self.address]) && silent.questions.count == asked
        }
        #expect(!live.questions.isEmpty)
        await bench.close()
    }

    @Test("a new configuration is read while the old server does not answer") func newServerIsAsked() async throws {
        let bench = try Bench(lifetime: .milliseconds(20))
        let live = Self.live(bench)
        let silent = Self.silent(bench)
        bench.write(3)
        // There is always a query under way.
        let asking = Task {
            while !Task.isCancelled {
                if await bench.resolve("here.test") == .success([Self.address]) { return true }
            }
            return false
        }
        let others = (0..<3).map { _ in Task { _ = await bench.resolve("here.test") } }
        await eventually { silent.questions.count >= 4 }
        bench.write(2)
        await eventually { await bench.resolve("here.test") == .success([Self.address]) }
        #expect(await asking.value)
        #expect(!live.questions.isEmpty)
        for other in others { await other.value }
        await bench.close()
    }

    @Test("lookups within another's completion use new configurations too") func lookupsNest() async throws {
        let bench = try Bench(lifetime: .zero)
        let live = Self.live(bench)
        bench.write(2)
        #expect(await bench.resolveNested("here.test", times: 100) == 100)
        #expect(live.questions.count >= 100)
        await bench.close()
    }

    /// A name of the machine's hosts file with its first IPv4 address, apart from `localhost`.
    private static func hostsEntry() throws -> (name: String, address: IPAddress)? {
        let text = String(decoding: try SmallFile.read("/etc/hosts", limit: 1 << 20) ?? [], as: UTF8.self)
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard let address = words.first.flatMap({ IPAddress(String($0)) }), address.family == .v4 else { continue }
            if let name = words.dropFirst().first(where: { $0 != "localhost" }) { return (String(name), address) }
        }
        return nil
    }

    @Test("a name with a final dot is found where the name itself is") func finalDot() async throws {
        let bench = try Bench()
        bench.write(2)
        let loopback = IPAddress(v4: 0x7F00_0001)
        for name in ["localhost", "localhost.", "LOCALHOST."] {
            #expect(await bench.resolve(name) == .success([loopback]), "\(name)")
        }
        if let (name, address) = try Self.hostsEntry() {
            for name in [name, name + "."] {
                let found = try await bench.resolve(name).get()
                #expect(found.contains(address), "\(name)")
            }
        }
        await bench.close()
    }
}
