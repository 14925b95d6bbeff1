import Base
import Domain
import HTTPClient
import Notify
import Runtime
import TestSupport
import Testing

/// The kind `alertmanager` with Debian's Alertmanager, which notifies a webhook.
@Suite(.timeLimit(.minutes(10))) struct RealAlertmanagerTests {
    /// An Alertmanager, its notifications, and a notifier.
    private struct Session {
        let webhook = LoopbackTarget.answering("200 OK")
        let alertmanager: Alertmanager
        private let client: HTTPClient
        private let notifier: Notifier

        init() async throws {
            alertmanager = try await Alertmanager(webhook: webhook.url("/hook"))
            client = HTTPClient(loop: try EventLoop(name: "alertmanager-test"))
            notifier = Notifier(catalog: try Samples.catalog.get(), client: client, timeLimit: .seconds(60))
        }

        func send(_ message: AlertMessage, _ settings: [String: String] = [:]) async -> DeliveryOutcome {
            let values = ["url": alertmanager.url].merging(settings) { $1 }
            return await notifier.send(message, to: ChannelSettings(kind: "alertmanager", values: values))
        }

        /// The firing alerts, in the order of their keys.
        func alerts() async throws -> [JSONValue] {
            let response = try await client.send(HTTPClientRequest(url: alertmanager.url + "/api/v2/alerts"))
            let alerts = try JSONValue(parsing: response.body).arrayValue ?? []
            return alerts.sorted { Self.key($0) < Self.key($1) }
        }

        private static func key(_ alert: JSONValue) -> String { alert["labels"]?["key"]?.stringValue ?? "" }

        /// The alerts that the webhook received, in order.
        func received() throws -> [JSONValue] {
            try webhook.received.flatMap { try $0.json["alerts"]?.arrayValue ?? [] }
        }
    }

    private static func item(_ event: AlertMessage.Event, since: Timestamp) -> AlertMessage.Item {
        var item = Samples.item(event)
        (item.since, item.until) = (since, event == .resolved ? since + .seconds(90) : nil)
        return item
    }

    private static func message(_ items: [AlertMessage.Item], at time: Timestamp) -> AlertMessage {
        AlertMessage(id: "note-\(time)", items: items, createdAt: time)
    }

    private static func texts(_ value: JSONValue?) -> [String: String] {
        guard case .object(let object)? = value else { return [:] }
        return Dictionary(uniqueKeysWithValues: object.members.map { ($0.key, $0.value.stringValue ?? "") })
    }

    private static func time(_ value: JSONValue?) -> Timestamp? {
        value?.stringValue.flatMap { Timestamp(iso8601: $0) }
    }

    private static let labels = [
        "alertname": "Shop", "key": "monitor-7", "severity": "critical", "team": "web", "service_tier": "gold",
    ]
    private static let annotations = [
        "summary": "Firing: Shop", "description": "answered 503 instead of 200", "reason": "http_status",
        "target": "https://shop.example/cart?a=1&b=2",
        "acknowledge": "https://sentinel.example/incidents/12/acknowledge?token=abc",
        "facts": "Region: eu-1\nResponse time: 231 ms\n",
    ]

    @Test func alertFiresRepeatsAndEnds() async throws {
        let session = try await Session()
        let now = Timestamp.now
        let since = now - .seconds(100)
        let firing = Self.item(.firing, since: since)
        #expect(await session.send(Self.message([firing], at: now)) == .delivered(reference: nil))
        #expect(try await session.alerts().count == 1)
        let first = try #require(try await session.alerts().first)
        #expect(Self.texts(first["labels"]) == Self.labels)
        #expect(Self.texts(first["annotations"]) == Self.annotations)
        #expect(Self.time(first["startsAt"]) == since)
        #expect(Self.time(first["endsAt"]) == now + .seconds(7 * 86_400))
        #expect(first["generatorURL"] == "https://sentinel.example/incidents/12")
        #expect(await eventually { (try? session.received().count) == 1 })
        let alert = try #require(try session.received().first)
        #expect(alert["status"] == "firing" && alert["fingerprint"] == first["fingerprint"])
        #expect(Self.texts(alert["labels"]) == Self.labels && Self.texts(alert["annotations"]) == Self.annotations)
        #expect(Self.time(alert["startsAt"]) == since)

        for (seconds, event) in [(10, AlertMessage.Event.reminder), (20, .acknowledged), (20, .acknowledged)] {
            let time = now + .seconds(seconds)
            let again = Self.message([Self.item(event, since: since)], at: time)
            #expect(await session.send(again) == .delivered(reference: nil))
            let alerts = try await session.alerts()
            #expect(alerts.count == 1 && alerts.first?["fingerprint"] == first["fingerprint"], "the same alert")
            #expect(Self.time(alerts.first?["startsAt"]) == since)
            #expect(Self.time(alerts.first?["endsAt"]) == time + .seconds(7 * 86_400))
        }

        let resolved = Self.message([Self.item(.resolved, since: since)], at: now)
        #expect(await session.send(resolved) == .delivered(reference: nil))
        #expect(try await session.alerts() == [])
        #expect(await eventually { (try? session.received().count) == 2 })
        let end = try #require(try session.received().last)
        #expect(end["status"] == "resolved" && end["fingerprint"] == first["fingerprint"])
        #expect(Self.texts(end["labels"]) == Self.labels)
        #expect(Self.time(end["startsAt"]) == since && Self.time(end["endsAt"]) == since + .seconds(90))
        #expect(try session.received().count == 2, "repeats and acknowledgements cause no notification")
    }

    @Test func incidentsOfADigestAreSeparateAlerts() async throws {
        let session = try await Session()
        let now = Timestamp.now
        let items = ["a", "b"].map { key in
            var item = Self.item(.firing, since: now - .seconds(5))
            item.key = key
            return item
        }
        let settings = ["severity_label": "false"]
        #expect(await session.send(Self.message(items, at: now), settings) == .delivered(reference: nil))
        let alerts = try await session.alerts()
        #expect(alerts.map { $0["labels"]?["key"] } == ["a", "b"])
        #expect(alerts.allSatisfy { $0["labels"]?["severity"] == nil })
        var second = Self.item(.resolved, since: now - .seconds(5))
        (second.key, second.until, second.severity) = ("b", now, .info)
        #expect(await session.send(Self.message([items[0], second], at: now), settings) == .delivered(reference: nil))
        #expect(try await session.alerts().map { $0["labels"]?["key"] } == ["a"])
    }

    /// Alertmanager refuses a whole batch because of one invalid label.
    @Test func hostileTextsAreAccepted() async throws {
        let session = try await Session()
        for text in Samples.hostile {
            var message = Samples.hostileMessage(text, items: 3)
            message.createdAt = .now
            let outcome = await session.send(message)
            #expect(outcome == .delivered(reference: nil), "\(text.prefix(20)) \(session.alertmanager.log)")
        }
        let alerts = try await session.alerts()
        #expect(alerts.count == Samples.hostile.count * 2, "two of three go on")
    }

    @Test func testAlertEndsByItself() async throws {
        let session = try await Session()
        let now = Timestamp.now
        #expect(await session.send(Self.message([Self.item(.test, since: now)], at: now)) == .delivered(reference: nil))
        #expect(Self.time(try await session.alerts().first?["endsAt"]) == now + .seconds(300))
        let closed = ["url": "http://127.0.0.1:\(LoopbackTarget.closedPort())"]
        guard case .retry = await session.send(Self.message([Self.item(.test, since: now)], at: now), closed) else {
            Issue.record("an Alertmanager that is away is tried again")
            return
        }
    }

    @Test func configurationOfTheTestIsValid() async throws {
        let session = try await Session()
        let amtool = try RunningProcess(
            path: "/usr/bin/amtool",
            arguments: ["check-config", session.alertmanager.configuration]
        )
        let output = await amtool.wait()
        #expect(output.code == 0, "\(output)")
    }
}
