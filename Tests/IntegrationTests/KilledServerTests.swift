import Base
import Domain
import Glibc
import HTTPClient
import Runtime
import TestSupport
import Testing

/// The program itself, killed at random moments while targets go down and up, and restarted on the same file.
@Suite struct KilledServerTests {
    /// The receiver of webhooks: accepts most messages, breaks off after accepting some, refuses some temporarily.
    private final class Receiver: Sendable {
        struct Arrival: Sendable {
            let key: String
            let incident: Int64
            let event: String
        }
        private struct State {
            var random: SeededGenerator
            var tries: [Arrival] = []
            var taken: [Arrival] = []
            var bodies: [String: String] = [:]
            var changed: [String] = []
        }
        private let state: Locked<State>

        init(seed: UInt64) { state = Locked(State(random: SeededGenerator(seed: seed))) }

        var tries: [Arrival] { state.withLock { $0.tries } }
        /// The messages that were new by their key, in order.
        var taken: [Arrival] { state.withLock { $0.taken } }
        /// The keys that were repeated with another body.
        var changed: [String] { state.withLock { $0.changed } }

        func answer(_ request: String, _ connection: TargetConnection) {
            let lines = request.split(separator: "\r\n", omittingEmptySubsequences: false)
            let field = lines.first { $0.lowercased().hasPrefix("idempotency-key:") }
            let body = String(lines.last ?? "")
            guard let key = field?.split(separator: " ").last.map(String.init),
                let items = (try? JSONValue(parsing: body))?["items"]?.arrayValue
            else { return connection.respond("400 Bad Request") }
            let number = state.withLock { state in
                let number = Int.random(in: 0..<10, using: &state.random)
                let arrivals = items.map { item in
                    Arrival(
                        key: key,
                        incident: item["incident_id"]?.integerValue ?? 0,
                        event: item["event"]?.stringValue ?? ""
                    )
                }
                state.tries += arrivals
                if number == 9 { return number }
                if let before = state.bodies[key] {
                    if before != body { state.changed.append(key) }
                } else {
                    state.bodies[key] = body
                    state.taken += arrivals
                }
                return number
            }
            switch number {
            case 8: connection.reset()
            case 9: connection.respond("503 Service Unavailable", headers: ["Retry-After: 1"])
            default: connection.respond(body: "ok")
            }
        }
    }

    private func call(_ client: HTTPClient, _ method: String, _ url: String, _ body: String = "") async throws
        -> JSONValue
    {
        let request = HTTPClientRequest(method: method, url: url, body: Array(body.utf8))
        let answer = try await client.send(request)
        return try JSONValue(parsing: answer.body)
    }

    /// Requests a check of every monitor now.
    private func check(_ client: HTTPClient, _ url: String) async {
        for id in 1...3 { _ = try? await call(client, "POST", "\(url)/api/monitoring/\(id)/check") }
    }

    @Test(.timeLimit(.minutes(10)), arguments: [20_261_120])
    func killsLoseRepeatAndReorderNoNotification(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let receiver = Receiver(seed: random.next())
        let isUp = Locked([true, true, true])
        let target = LoopbackTarget.answering { request, connection in
            let index = request.hasPrefix("GET /1") ? 1 : request.hasPrefix("GET /2") ? 2 : 0
            if isUp.withLock({ $0[index] }) {
                connection.respond(body: "ok")
            } else {
                connection.respond("503 Service Unavailable")
            }
        }
        let hook = LoopbackTarget.answering { request, connection in receiver.answer(request, connection) }
        let folder = try CLIFolder()
        let client = HTTPClient(loop: try EventLoop(name: "killed-server-test"))
        var lives: [ClosedRange<Timestamp>] = []
        for life in 0..<12 {
            let (server, url) = try await folder.serve()
            let start = Timestamp.now
            if life == 0 {
                let channel =
                    #"{"name":"hook","kind":"webhook","rate_per_minute":600,"settings":{"url":"\#(hook.url())"}}"#
                _ = try await call(client, "POST", "\(url)/api/v1/channels", channel)
                for index in 0..<3 {
                    let monitor =
                        #"{"name":"m\#(index)","url":"\#(target.url("/\(index)"))","interval":10,"timeout":1,"retries":0}"#
                    _ = try await call(client, "POST", "\(url)/api/v1/monitors", monitor)
                }
            }
            let end = start + .milliseconds(Int64.random(in: 300...3500, using: &random))
            while Timestamp.now < end {
                let index = Int.random(in: 0..<3, using: &random)
                isUp.withLock { $0[index].toggle() }
                await check(client, url)
                // Real time on purpose: the server is killed wherever it is by then.
                try await Task.sleep(for: .milliseconds(Int64.random(in: 100...1500, using: &random)))
            }
            lives.append(start...Timestamp.now)
            server.send(signal: SIGKILL)
            _ = await server.wait(timeout: .seconds(40))
        }
        isUp.withLock { $0 = [true, true, true] }
        let (server, url) = try await folder.serve()
        var incidents: [JSONValue] = []
        await eventually {
            await check(client, url)
            let open = try? await call(client, "GET", "\(url)/api/v1/incidents?state=open")
            let pending = try? await call(client, "GET", "\(url)/api/v1/notifications?state=pending")
            let all = try? await call(client, "GET", "\(url)/api/v1/incidents?limit=1000")
            guard open?.arrayValue?.isEmpty == true, pending?.arrayValue?.isEmpty == true else { return false }
            incidents = all?.arrayValue ?? []
            // Every notified incident has also had its end.
            return Set(receiver.taken.map(\.incident)).allSatisfy { incident in
                receiver.taken.last { $0.incident == incident }?.event == "resolved"
            }
        }
        #expect(receiver.changed.isEmpty, "seed \(seed)")
        #expect(incidents.count >= 3 && incidents.allSatisfy { $0["state"] == "resolved" }, "seed \(seed)")
        for incident in incidents {
            let id = incident["id"]?.integerValue ?? 0
            let news = receiver.taken.filter { $0.incident == id }
            #expect(news.isEmpty || news.map(\.event) == ["firing", "resolved"], "seed \(seed), incident \(incident)")
            // An incident whose process lived on for a while has been notified.
            let from = Timestamp(iso8601: incident["opened_at"]?.stringValue ?? "") ?? .now
            let to = Timestamp(iso8601: incident["resolved_at"]?.stringValue ?? "") ?? .now
            let wasSeen = lives.contains { life in
                life.contains(from) && min(to, life.upperBound) - from >= .milliseconds(1500)
            }
            if wasSeen { #expect(!news.isEmpty, "seed \(seed), incident \(incident)") }
            let keys = receiver.tries.filter { $0.incident == id }.map(\.key)
            #expect(keys.drop { $0 == keys.first }.allSatisfy { $0 != keys.first }, "the end overtook: \(incident)")
        }
        server.send(signal: SIGTERM)
        #expect(await server.wait(timeout: .seconds(40)).code == 0)
    }
}
