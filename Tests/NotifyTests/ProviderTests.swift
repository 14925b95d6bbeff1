import Base
import Domain
import Notify
import TestSupport
import Testing

/// Each provider's requests, compared with its API documentation.
@Suite struct ProviderTests {
    /// Sends through a channel of that kind and returns what the test server received.
    private func send(_ message: AlertMessage, _ kind: String) async throws -> [ReceivedRequest] {
        let target = LoopbackTarget.accepting(kind)
        let outcome = try await Samples.notifier().send(message, to: Samples.channel(kind, target.url("")))
        guard case .delivered = outcome else {
            Issue.record("\(kind): \(outcome)")
            return []
        }
        return target.received
    }

    @Test func referencesAreKept() async throws {
        let expected: [(String, String?)] = [
            ("slack", nil), ("discord", "discord-1"), ("telegram", "4711"), ("pagerduty", "monitor-7"),
            ("opsgenie", "og-1"), ("ntfy", "ntfy-1"), ("gotify", "25"), ("pushover", "po-1"), ("matrix", "$e1"),
            ("googlechat", "spaces/A/messages/B"), ("alertmanager", nil), ("webhook", nil),
        ]
        for (kind, reference) in expected {
            let target = LoopbackTarget.accepting(kind)
            let outcome = try await Samples.notifier().send(
                Samples.message(.firing),
                to: Samples.channel(kind, target.url(""))
            )
            #expect(outcome == .delivered(reference: reference), "\(kind)")
        }
    }

    @Test(arguments: Samples.kinds, AlertMessage.Event.allCases)
    func everyEventHasSubjectReasonAndTime(_ kind: String, _ event: AlertMessage.Event) async throws {
        let requests = try await send(Samples.message(event), kind)
        let request = try #require(requests.first)
        #expect(requests.count == 1 && request.headers["idempotency-key"] == "note-81")
        #expect(request.headers["content-type"] == "application/json" && request.headers["expect"] == nil)
        let json = try request.json
        let texts = Self.texts(json).joined(separator: "\n").filter { $0 != "\\" }
        let isBare = kind == "pagerduty" || kind == "opsgenie" && event == .resolved
        #expect(texts.contains("Shop") || isBare, "\(texts)")
        #expect(texts.contains("answered 503 instead of 200"), "\(texts)")
        if kind == "opsgenie", event == .resolved { return }
        #expect(texts.contains("shop.example/cart") && texts.contains("2023-11-14"), "\(texts)")
        #expect(texts.contains("https://sentinel.example/incidents/12"))
        #expect(texts.contains("Region") && texts.contains("eu-1") || kind == "opsgenie", "\(texts)")
        #expect(texts.contains("/acknowledge?") == (event == .firing || event == .reminder), "\(texts)")
    }

    @Test func telegram() async throws {
        let request = try #require(try await send(Samples.message(.firing), "telegram").first)
        #expect(request.method == "POST" && request.path == "/bot123:ABCdefSECRET/sendMessage")
        let json = try request.json
        #expect(json["chat_id"] == "-100123" && json["parse_mode"] == "HTML" && json["message_thread_id"] == 5)
        #expect(json["disable_notification"] == nil && json["link_preview_options"]?["is_disabled"] == true)
        #expect(
            json["text"]?.stringValue == """
                🔴 <b>Firing: Shop</b>

                <b>Where:</b> https://shop.example/cart?a=1&amp;b=2
                <b>Why:</b> answered 503 instead of 200 (http_status)
                <b>Severity:</b> critical
                <b>Region:</b> eu-1
                <b>Response time:</b> 231 ms
                <b>Since:</b> 2023-11-14 22:13:20 UTC
                <a href="https://sentinel.example/incidents/12">Incident</a>
                <a href="https://sentinel.example/incidents/12/acknowledge?token=abc">Acknowledge</a>

                <i>Timestamp: 2023-11-14 22:14:20 UTC</i>
                """
        )
        let over = try #require(try await send(Samples.message(.resolved), "telegram").first)
        let text = try #require(try over.json["text"]?.stringValue)
        #expect(text.hasPrefix("🟢 <b>Resolved: Shop</b>") && text.contains("UTC (2 h 5 min)"))
    }

    @Test func slack() async throws {
        let json = try #require(try await send(Samples.digest, "slack").first).json
        #expect(json["text"] == "🔴 5 alerts: 1 firing, 1 acknowledged, 1 resolved, 2 more")
        let attachment = try #require(json["attachments"]?.arrayValue?.first)
        #expect(attachment["color"] == "#d32f2f")
        let section = try #require(attachment["blocks"]?.arrayValue?.first)
        #expect(section["type"] == "section" && section["text"]?["type"] == "mrkdwn")
        let text = try #require(section["text"]?["text"]?.stringValue)
        #expect(text.contains("🟢 *Resolved: Blog* (warning)") && text.contains("cart?a=1&amp;b=2"))
        #expect(text.hasSuffix("and 2 more"))
        let single = try #require(try await send(Samples.message(.firing), "slack").first).json
        let buttons = single["attachments"]?.arrayValue?.first?["blocks"]?.arrayValue?[1]["elements"]?.arrayValue
        #expect(
            buttons?.compactMap { $0["url"]?.stringValue } == [
                "https://sentinel.example/incidents/12", "https://sentinel.example/incidents/12/acknowledge?token=abc",
            ]
        )
    }

    @Test func discord() async throws {
        let request = try #require(try await send(Samples.digest, "discord").first)
        #expect(request.path.hasSuffix("?wait=true"))
        let json = try request.json
        #expect(json["allowed_mentions"]?["parse"] == [])
        let embeds = try #require(json["embeds"]?.arrayValue)
        #expect(embeds.count == 3 && embeds[0]["color"] == 0xD32F2F && embeds[1]["color"] == 0x388E3C)
        #expect(embeds[0]["timestamp"] == "2023-11-14T22:13:20.000Z")
        let names = embeds[1]["fields"]?.arrayValue?.compactMap { $0["name"]?.stringValue }
        #expect(names == ["Where", "Severity", "Reason", "Since", "Until", "Region", "Response time"])
    }

    @Test(arguments: [
        (AlertMessage.Event.firing, "trigger"), (.reminder, "trigger"), (.test, "trigger"),
        (.acknowledged, "acknowledge"), (.resolved, "resolve"),
    ])
    func pagerDuty(_ event: AlertMessage.Event, _ action: String) async throws {
        let request = try #require(try await send(Samples.message(event), "pagerduty").first)
        let json = try request.json
        #expect(request.path == "/v2/enqueue" && json["event_action"]?.stringValue == action)
        #expect(json["routing_key"] == "R0123456789abcdef" && json["dedup_key"] == "monitor-7")
        #expect(json["payload"]?["severity"] == "critical" && json["payload"]?["summary"] != nil)
        #expect(json["payload"]?["source"] != nil && json["payload"]?["custom_details"]?["Region"] == "eu-1")
        #expect(json["links"]?.arrayValue?.allSatisfy { $0["href"] != nil && $0["text"] != nil } == true)
    }

    @Test(arguments: [
        (AlertMessage.Event.firing, "/v2/alerts"), (.resolved, "/v2/alerts/monitor-7/close?identifierType=alias"),
        (.acknowledged, "/v2/alerts/monitor-7/acknowledge?identifierType=alias"),
    ])
    func opsgenie(_ event: AlertMessage.Event, _ path: String) async throws {
        let request = try #require(try await send(Samples.message(event), "opsgenie").first)
        #expect(request.path == path && request.headers["authorization"] == "GenieKey 0a1b-SECRET")
        guard event == .firing else { return }
        let json = try request.json
        #expect(json["message"] == "Firing: Shop" && json["alias"] == "monitor-7" && json["priority"] == "P1")
        #expect(json["tags"] == ["critical"] && json["details"]?["Region"] == "eu-1")
    }

    @Test func itemsAreSentOneByOneWithoutDigests() async throws {
        let requests = try await send(Samples.digest, "pagerduty")
        #expect(requests.map { $0.headers["idempotency-key"] } == ["note-81-1", "note-81-2", "note-81-3"])
        #expect(try requests.map { try $0.json["dedup_key"] } == ["monitor-7", "monitor-8", "monitor-9"])
        #expect(try requests.map { try $0.json["event_action"] } == ["trigger", "resolve", "acknowledge"])
    }

    @Test func alertmanager() async throws {
        let request = try #require(try await send(Samples.digest, "alertmanager").first)
        #expect(
            request.path == "/api/v2/alerts" && request.headers["authorization"] == "Basic cHJvbTpwYXNzLVNFQ1JFVA=="
        )
        let alerts = try #require(try request.json.arrayValue)
        #expect(alerts.count == 3)
        #expect(
            alerts[0]["labels"] == [
                "team": "web", "service_tier": "gold", "alertname": "Shop", "key": "monitor-7", "severity": "critical",
            ]
        )
        #expect(
            alerts[0]["startsAt"] == "2023-11-14T22:13:20.000Z" && alerts[0]["endsAt"] == "2023-11-21T22:14:20.000Z"
        )
        #expect(alerts[1]["endsAt"] == "2023-11-15T00:18:20.000Z")
    }

    @Test func otherProvidersSendTheirPayload() async throws {
        let matrix = try #require(try await send(Samples.message(.firing), "matrix").first)
        #expect(matrix.method == "PUT" && matrix.headers["authorization"] == "Bearer syt_SECRET")
        #expect(
            matrix.path == "/_matrix/client/v3/rooms/%21room%2F1%3Aexample.org/send/m.room.message/note-81"
        )
        #expect(try matrix.json["msgtype"] == "m.text" && matrix.json["m.mentions"] == [:])
        let teams = try #require(try await send(Samples.digest, "teams").first).json
        let card = try #require(teams["attachments"]?.arrayValue?.first)
        #expect(teams["type"] == "message" && card["contentType"] == "application/vnd.microsoft.card.adaptive")
        #expect(
            card["contentUrl"] == .null && card["content"]?["$schema"] != nil
                && card["content"]?["type"] == "AdaptiveCard"
        )
        let ntfy = try #require(try await send(Samples.message(.firing), "ntfy").first)
        #expect(try ntfy.json["topic"] == "alerts-SECRET" && ntfy.json["priority"] == 5)
        #expect(ntfy.path == "/" && ntfy.headers["authorization"] == "Bearer tk_SECRET")
        #expect(try ntfy.json["actions"]?.arrayValue?.count == 2)
        let gotify = try #require(try await send(Samples.message(.resolved), "gotify").first)
        #expect(gotify.path == "/message" && gotify.headers["x-gotify-key"] == "AppSECRET")
        #expect(try gotify.json["priority"] == 2)
        let pushover = try #require(try await send(Samples.message(.firing), "pushover").first)
        #expect(try pushover.json["priority"] == 1 && pushover.json["html"] == 1 && pushover.json["url"] != nil)
        let chat = try #require(try await send(Samples.message(.firing), "googlechat").first)
        #expect(chat.path.hasSuffix("&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"))
        #expect(try chat.json["thread"]?["threadKey"] == "monitor-7")
        let chatDigest = try #require(try await send(Samples.digest, "googlechat").first)
        #expect(try chatDigest.json["thread"] == nil && chatDigest.json["cardsV2"] != nil)
        let mattermost = try #require(try await send(Samples.digest, "mattermost").first).json
        #expect(mattermost["attachments"]?.arrayValue?.count == 3 && mattermost["channel"] == nil)
    }

    /// All texts of a JSON value, including member names.
    static func texts(_ value: JSONValue) -> [String] {
        switch value {
        case .string(let text): [text]
        case .array(let elements): elements.flatMap(texts)
        case .object(let object): object.members.flatMap { [$0.key] + texts($0.value) }
        default: []
        }
    }
}
