import Base
import Glibc
import HTTPClient
import Runtime
import TestSupport
import Testing

/// The program itself, whose files cannot grow any more.
@Suite struct FullDiskTests {
    /// As many as one address may send at once.
    private static let burst = 60
    private static let monitors = 8

    private func call(_ client: HTTPClient, _ method: String, _ url: String, _ body: String = "") async throws
        -> JSONValue
    {
        let request = HTTPClientRequest(method: method, url: url, body: Array(body.utf8), maximumBody: 64 << 20)
        return try JSONValue(parsing: try await client.send(request).body)
    }

    @Test("a ping is answered 200 only when it is stored, also while the server stops", .timeLimit(.minutes(10)))
    func pings() async throws {
        let folder = try CLIFolder()
        let client = HTTPClient(loop: try EventLoop(name: "full-disk-test"))
        // In blocks of 512 bytes; without the signal, writing fails with an error as on a full disk.
        let (server, url) = try await folder.serve(limits: "trap '' XFSZ; ulimit -f 4096")
        var tokens: [(id: Int64, token: String)] = []
        for index in 0..<Self.monitors {
            let body = #"{"kind":"push","name":"p\#(index)","retries":0}"#
            let monitor = try await call(client, "POST", "\(url)/api/v1/monitors", body)
            tokens.append((monitor["id"]?.integerValue ?? 0, monitor["token"]?.stringValue ?? ""))
        }
        let body = (0..<10_000).map { _ in UInt8.random(in: 97...122) }
        var answered: [Int64: [Int]] = [:]
        var statuses: [Int: Int] = [:]
        func ping(_ id: Int64, _ token: String, _ number: Int) async -> Int? {
            let address = "\(url)/api/push/\(token)?status=down&msg=ping-\(number)"
            let request = HTTPClientRequest(method: "POST", url: address, body: body)
            guard let answer = try? await client.send(request) else { return nil }
            statuses[answer.status, default: 0] += 1
            if answer.status == 200 { answered[id, default: []].append(number) }
            return answer.status
        }
        var failures = 0
        for number in 0..<Self.burst - 5 where failures < 5 {
            for (id, token) in tokens where await ping(id, token, number) == 503 { failures += 1 }
        }
        #expect(failures >= 5 && !answered.isEmpty, "\(statuses)")
        server.send(signal: SIGTERM)
        for number in Self.burst - 5..<Self.burst {
            guard let (id, token) = tokens.first, await ping(id, token, number) != nil else { break }
        }
        let end = await server.wait(timeout: .seconds(60))
        #expect(end.code == 0, "\(end.standardError.suffix(2000))")
        let (again, restarted) = try await folder.serve()
        for (id, _) in tokens {
            let history = try await call(client, "GET", "\(restarted)/api/v1/monitors/\(id)/history?limit=1000")
            let messages = Set((history.arrayValue ?? []).compactMap { $0["push"]?["message"]?.stringValue })
            let lost = (answered[id] ?? []).filter { !messages.contains("ping-\($0)") }
            #expect(lost.isEmpty, "monitor \(id): \(lost), \(statuses)")
        }
        again.send(signal: SIGTERM)
        #expect(await again.wait(timeout: .seconds(40)).code == 0)
    }
}
