import Base
import Domain
import HTTPClient
import Notify
import Runtime
import TestSupport

/// Messages and channels shared by the tests of providers.
enum Samples {
    static let start = Timestamp(milliseconds: 1_700_000_000_000)

    static func item(
        _ event: AlertMessage.Event = .firing,
        key: String = "monitor-7",
        subject: String = "Shop",
        severity: Severity = .critical
    ) -> AlertMessage.Item {
        var item = AlertMessage.Item(
            event: event,
            key: key,
            subject: subject,
            target: "https://shop.example/cart?a=1&b=2",
            severity: severity,
            text: "answered 503 instead of 200",
            since: start
        )
        item.incidentID = 12
        item.reason = "http_status"
        item.until = event == .resolved ? start + .seconds(7500) : nil
        item.facts = [.init("Region", "eu-1"), .init("Response time", "231 ms")]
        item.labels = [.init("team", "web"), .init("service-tier", "gold")]
        item.link = "https://sentinel.example/incidents/12"
        item.acknowledgeLink = "https://sentinel.example/incidents/12/acknowledge?token=abc"
        return item
    }

    static func message(_ items: [AlertMessage.Item]) -> AlertMessage {
        AlertMessage(id: "note-81", items: items, createdAt: start + .seconds(60))
    }

    static func message(_ event: AlertMessage.Event) -> AlertMessage { message([item(event)]) }

    static var digest: AlertMessage {
        var message = message([
            item(), item(.resolved, key: "monitor-8", subject: "Blog", severity: .warning),
            item(.acknowledged, key: "monitor-9", subject: "Mail", severity: .info),
        ])
        message.omitted = 2
        return message
    }

    /// Texts that break out of unescaped contexts, and are longer than any limit.
    static let hostile = [
        "<script>alert(1)</script>", "\"},{\"x\":\"", "<!channel> @everyone @here", "a\r\nBcc: x@example.org\nb",
        "😀👨‍👩‍👧 \u{202E}evil", String(repeating: "<&\"'é😀", count: 1200), "{{ settings }} {% if %}", "\u{0}\u{7}\u{1B}[31m",
        "</b><a href=\"x\">", "*_~`[x](http://y)|>#",
    ]

    static func hostileMessage(_ text: String, items: Int) -> AlertMessage {
        message(
            (0..<items).map { index in
                var item = item(index == 1 ? .resolved : .firing, key: text + "\(index)", subject: text)
                item.target = text
                item.reason = text
                item.text = text
                item.facts = (0..<30).map { AlertMessage.Fact(text + "\($0)", text) }
                item.labels = item.facts
                return item
            }
        )
    }

    /// A complete channel of each HTTP kind, for a server of the test.
    static func channel(_ kind: String, _ base: String) -> ChannelSettings {
        let hook = base + "/hooks/T0001SECRET/abcdefgh12345678"
        let values: [String: String] =
            switch kind {
            case "slack", "discord", "teams", "mattermost": ["webhook_url": hook]
            case "googlechat": ["webhook_url": hook + "?key=kkkkkkkk&token=tttttttt"]
            case "telegram": ["bot_token": "123:ABCdefSECRET", "chat_id": "-100123", "api_url": base, "thread_id": "5"]
            case "webhook": ["url": hook, "secret": "whsec-123", "headers": "X-Team: web\nX-Two: a: b"]
            case "pagerduty": ["routing_key": "R0123456789abcdef", "api_url": base]
            case "opsgenie": ["api_key": "0a1b-SECRET", "api_url": base]
            case "ntfy": ["server": base, "topic": "alerts-SECRET", "token": "tk_SECRET"]
            case "gotify": ["server": base, "token": "AppSECRET"]
            case "pushover": ["token": "azSECRETapp", "user": "uzSECRETuser", "api_url": base]
            case "matrix": ["homeserver": base, "room_id": "!room/1:example.org", "access_token": "syt_SECRET"]
            case "alertmanager": ["url": base, "user": "prom", "password": "pass-SECRET"]
            default: [:]
            }
        return ChannelSettings(kind: kind, values: values)
    }

    static let kinds = [
        "slack", "discord", "telegram", "webhook", "pagerduty", "opsgenie", "teams", "mattermost", "ntfy", "gotify",
        "pushover", "matrix", "googlechat", "alertmanager",
    ]

    static let catalog = Result { try ProviderCatalog.load() }

    static func notifier(
        _ catalog: ProviderCatalog? = nil,
        timeLimit: Duration = .seconds(600),
        policy: AddressPolicy = AddressPolicy()
    ) throws -> Notifier {
        let configuration = HTTPClientConfiguration(addressPolicy: policy)
        let client = HTTPClient(loop: try EventLoop(name: "notify-test"), configuration: configuration)
        return Notifier(
            catalog: try catalog ?? self.catalog.get(),
            client: client,
            timeLimit: timeLimit,
            now: { start }
        )
    }
}

/// One request as received by the test server.
struct ReceivedRequest {
    let method: String
    let path: String
    let headers: [String: String]
    let body: String

    init(_ text: String) {
        // By bytes: a carriage return and a line feed are one character.
        let bytes = Array(text.utf8)
        let end = bytes.indices.first { bytes[$0...].starts(with: Array("\r\n\r\n".utf8)) } ?? bytes.count
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first.map { $0.split(separator: " ") } ?? []
        method = words.first.map(String.init) ?? ""
        path = words.dropFirst().first.map(String.init) ?? ""
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        self.headers = headers
        body = String(decoding: bytes[min(end + 4, bytes.count)...], as: UTF8.self)
    }

    var json: JSONValue { get throws { try JSONValue(parsing: body) } }
}

extension LoopbackTarget {
    /// The requests received so far.
    var received: [ReceivedRequest] { requests.map(ReceivedRequest.init) }

    /// Answers every request with a status and a body.
    static func answering(_ status: String, headers: [String] = [], body: String = "") -> LoopbackTarget {
        answering { _, connection in connection.respond(status, headers: headers, body: body) }
    }

    /// Accepts everything as the provider would.
    static func accepting(_ kind: String) -> LoopbackTarget {
        switch kind {
        case "slack": answering("200 OK", body: "ok")
        case "discord": answering("200 OK", body: #"{"id":"discord-1"}"#)
        case "telegram": answering("200 OK", body: #"{"ok":true,"result":{"message_id":4711}}"#)
        case "pagerduty": answering("202 Accepted", body: #"{"status":"success","dedup_key":"monitor-7"}"#)
        case "opsgenie": answering("202 Accepted", body: #"{"result":"Request will be processed","requestId":"og-1"}"#)
        case "ntfy": answering("200 OK", body: #"{"id":"ntfy-1"}"#)
        case "gotify": answering("200 OK", body: #"{"id":25}"#)
        case "pushover": answering("200 OK", body: #"{"status":1,"request":"po-1"}"#)
        case "matrix": answering("200 OK", body: #"{"event_id":"$e1"}"#)
        case "googlechat": answering("200 OK", body: #"{"name":"spaces/A/messages/B"}"#)
        default: answering("200 OK")
        }
    }
}
