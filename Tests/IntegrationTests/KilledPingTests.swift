import Base
import Glibc
import HTTPClient
import Runtime
import TestSupport
import Testing

/// The program itself, killed while it answers pings, and restarted on the same file.
@Suite struct KilledPingTests {
    private static let monitors = 8

    private func call(_ client: HTTPClient, _ method: String, _ url: String, _ body: String = "") async throws
        -> JSONValue
    {
        let request = HTTPClientRequest(method: method, url: url, body: Array(body.utf8), maximumBody: 64 << 20)
        return try JSONValue(parsing: try await client.send(request).body)
    }

    /// How many pings were answered.
    private final class Count: Sendable {
        private let value = Locked(0)
        var current: Int { value.withLock { $0 } }
        func increment() { value.withLock { $0 += 1 } }
    }

    /// Pings an address until nobody answers; returns the numbers of the answered pings.
    private func hammer(_ client: HTTPClient, _ address: String, _ count: Count) async -> [Int] {
        var answered: [Int] = []
        for number in 0..<60 {
            let status = number % 3 == 0 ? "down" : "up"
            let url = "\(address)?status=\(status)&msg=ping-\(number)"
            guard let answer = try? await client.send(HTTPClientRequest(method: "GET", url: url)) else { break }
            guard answer.status == 200 else { continue }
            answered.append(number)
            count.increment()
        }
        return answered
    }

    @Test(.timeLimit(.minutes(10)), arguments: [20_261_127]) func everyAnsweredPingIsStored(_ seed: UInt64) async throws
    {
        var random = SeededGenerator(seed: seed)
        let folder = try CLIFolder()
        let client = HTTPClient(loop: try EventLoop(name: "killed-ping-test"))
        for life in 0..<5 {
            let (server, url) = try await folder.serve()
            var added: [(id: Int64, token: String)] = []
            for index in 0..<Self.monitors {
                let body = #"{"kind":"push","name":"p\#(life)-\#(index)","retries":0}"#
                let monitor = try await call(client, "POST", "\(url)/api/v1/monitors", body)
                added.append((monitor["id"]?.integerValue ?? 0, monitor["token"]?.stringValue ?? ""))
            }
            let (count, enough) = (Count(), Int.random(in: 1...200, using: &random))
            let answered = await withTaskGroup(of: (Int64, [Int]).self) { group in
                for (id, token) in added {
                    group.addTask { (id, await hammer(client, "\(url)/api/push/\(token)", count)) }
                }
                await eventually { count.current >= enough }
                server.send(signal: SIGKILL)
                return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            _ = await server.wait(timeout: .seconds(40))
            #expect(answered.values.contains { !$0.isEmpty }, "seed \(seed), life \(life)")
            let (again, restarted) = try await folder.serve()
            for (id, numbers) in answered.sorted(by: { $0.key < $1.key }) {
                let history = try await call(client, "GET", "\(restarted)/api/v1/monitors/\(id)/history?limit=1000")
                let messages = Set((history.arrayValue ?? []).compactMap { $0["push"]?["message"]?.stringValue })
                let lost = numbers.filter { !messages.contains("ping-\($0)") }
                #expect(lost.isEmpty, "seed \(seed), life \(life), monitor \(id): \(lost) of \(numbers.count)")
                // What the newest ping says is also the monitor's state.
                guard let last = numbers.last, lost.isEmpty else { continue }
                let newest = history.arrayValue?.first?["push"]?["message"]?.stringValue
                guard newest == "ping-\(last)" else { continue }  // A later ping was stored and not answered.
                await eventually {
                    let monitor = try? await call(client, "GET", "\(restarted)/api/v1/monitors/\(id)")
                    return monitor?["status"]?.stringValue == (last % 3 == 0 ? "down" : "up")
                }
            }
            again.send(signal: SIGKILL)
            _ = await again.wait(timeout: .seconds(40))
        }
    }
}
