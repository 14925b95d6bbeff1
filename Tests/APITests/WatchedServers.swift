import Messages
import API
import Alerting
import Base
import Broker
import Domain
import HTTPServer
import Pipeline
import PromQL
import Runtime
import Storage
import TestSupport
import Testing

/// The API with a feed of servers' metrics, a fixed clock, and a Prometheus whose answers the test sets.
final class WatchedServers: Sendable {
    static let interval = Duration.seconds(5)
    let clock = ManualClock()
    /// The answer of Prometheus.
    let summary = Locked(ServerSummary())
    /// The names of the queried servers, in order.
    let asked = Locked<[String]>([])
    private let box = Locked<MetricsFeed?>(nil)

    struct NoFeed: Error {}

    /// Runs a test over loopback connections; the server `web-1`, number 1, exists.
    func run(
        _ limits: MetricsLimits = MetricsLimits(),
        access: AccessPolicy = AccessPolicy(),
        _ body: (TestApplication, UInt16, MetricsFeed) async throws -> Void
    ) async throws {
        let (broker, shutdown) = (InProcessBroker(metrics: MetricsRegistry()), GracefulShutdown())
        try await Transport.loopback.run { dependencies in
            dependencies.access = access
            guard let old = dependencies.rules else { return }
            let feed = self.feed(old.editor.servers, limits)
            self.box.withLock { $0 = feed }
            let editor = RuleEditor(
                servers: old.editor.servers,
                rules: old.editor.rules,
                planner: NotificationPlanner(
                    channels: old.channels,
                    links: IncidentLinks(base: nil, installation: "test")
                ),
                changed: { await broker.broadcast($0, on: Topics.ruleEvents) }
            )
            var services = RuleServices(editor: editor, events: old.events, channels: old.channels)
            services.feed = feed
            dependencies.rules = services
        } _: { app in
            guard let feed = self.box.withLock({ $0 }), let port = app.port else { throw NoFeed() }
            let service = Task { try await MetricsFeedService(feed, broker: broker).run(until: shutdown) }
            #expect(await app.send(.post, "/api/v1/servers/", ServerContractTests.body).status == 201)
            try await body(app, port, feed)
            shutdown.trigger()
            try await service.value
        }
    }

    private func feed(_ servers: ServerRepository, _ limits: MetricsLimits) -> MetricsFeed {
        MetricsFeed(servers, interval: Self.interval, limits: limits, clock: clock) { [self] server in
            asked.withLock { $0.append(server.name) }
            return summary.withLock { $0 }.message(of: server, at: Timestamp(milliseconds: 0))
        }
    }

    var askedCount: Int { asked.withLock { $0.count } }

    /// Waits until the loops of that many servers sleep, then advances the clock.
    func pass(_ duration: Duration = interval, loops: Int = 1) async {
        await eventually { clock.sleeperCount == loops }
        clock.advance(by: duration)
    }
}

/// An open socket; each of its calls waits on its own thread.
final class SocketClient: Sendable {
    private let client: Locked<RawClient>

    init(_ port: UInt16, _ path: String, receiveBuffer: Int32? = nil) async throws {
        client = Locked(
            try await onThread { () -> Sent in
                let client = try RawClient(port: port, receiveBuffer: receiveBuffer)
                try client.openWebSocket(path, host: "localhost")
                return Sent(client)
            }.client
        )
    }

    // Invariant: made on one thread and passed to another, the only one that uses it afterwards.
    private struct Sent: @unchecked Sendable {
        let client: RawClient; init(_ client: RawClient) { self.client = client }
    }

    /// The next frame: its first byte and its payload.
    ///
    /// On a busy machine pings arrive in between; they are skipped.
    func frame() async throws -> (first: UInt8, payload: [UInt8]) {
        try await onThread {
            try self.client.withLock { client in
                while true {
                    let frame = try client.receiveFrame()
                    if frame.first != 0x89 { return frame }
                }
            }
        }
    }

    /// The next message, which must be a text.
    func hear() async throws -> JSONValue {
        let frame = try await frame()
        guard frame.first == 0x81 else { throw RawClient.ReadError.malformed("frame \(frame.first) \(frame.payload)") }
        return try JSONValue(parsing: frame.payload)
    }

    /// The code and reason of the next frame, which must be a close.
    func close() async throws -> String {
        let frame = try await frame()
        guard frame.first == 0x88, frame.payload.count >= 2 else { return "no close: \(frame)" }
        let code = Int(frame.payload[0]) << 8 | Int(frame.payload[1])
        return "\(code) \(String(decoding: frame.payload.dropFirst(2), as: UTF8.self))"
    }

    func send(_ bytes: [UInt8]) async throws {
        try await onThread { try self.client.withLock { try $0.send(bytes) } }
    }
}
