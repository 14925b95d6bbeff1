import Base
import Domain
import TestSupport
import Testing

@testable import Notify

/// What is sent when a receiver refuses formatting or links, and how formatting is cut.
@Suite struct PlainTests {
    @Test(arguments: [
        ("<b>abc</b>", 20, "<b>abc</b>"), ("<b>abcdefgh</b>", 12, "<b>abcd…</b>"),
        ("ab<a href=\"x\">cd</a>", 10, "ab…"), ("<b><i>abc</i></b>d", 17, "<b><i>ab…</i></b>"),
        ("a&amp;b", 4, "a…"), ("a < b and more", 6, "a < b…"), ("🔴🔴🔴", 4, "🔴…"),
    ])
    func formattingStaysWholeWhenItIsCut(_ text: String, _ limit: Int, _ cut: String) {
        #expect(HTMLText.cut(text, to: limit) == cut)
    }

    /// Whatever is cut off, every tag is closed and no character is halved.
    @Test func everyCutIsBalanced() {
        let text = "<b>a&lt;b</b> <i>c <a href=\"https://x.test/?a=1&amp;b=2\">d&quot;e</a> f</i>🔴 <code>g</code>"
        for limit in 20...text.utf16.count {
            let cut = HTMLText.cut(text, to: limit)
            #expect(cut.utf16.count <= limit && HTMLCheck.isBalanced(cut, ["b", "i", "a", "code"]), "\(limit): \(cut)")
        }
    }

    @Test func plainTextKeepsWordsAndAddresses() {
        let html = "<b>Down: a &lt;b&gt; &amp; c</b> <a href=\"https://x.test/?a=1&amp;b=2\">Incident</a> 1 < 2"
        #expect(HTMLText.plain(html) == "Down: a <b> & c Incident: https://x.test/?a=1&b=2 1 < 2")
    }

    /// Sends a message to a receiver that refuses it as long as `isRefused` says so; what it was sent, and the outcome.
    private func send(
        _ kind: String,
        template: String? = nil,
        _ answer: String,
        isRefused: @escaping @Sendable (JSONValue) -> Bool
    ) async throws -> ([JSONValue], DeliveryOutcome) {
        let bodies = Locked<[JSONValue]>([])
        let target = LoopbackTarget.answering { request, connection in
            let body = (try? JSONValue(parsing: ReceivedRequest(request).body)) ?? .null
            bodies.withLock { $0.append(body) }
            connection.respond(isRefused(body) ? "400 X" : "200 OK", body: isRefused(body) ? answer : "{}")
        }
        let channel = Samples.channel(kind, "http://127.0.0.1:\(target.port)")
        var values = channel.values
        values["template"] = template
        let outcome = try await Samples.notifier()
            .send(Samples.message(.firing), to: ChannelSettings(kind: kind, values: values))
        return (bodies.withLock { $0 }, outcome)
    }

    @Test func telegramIsSentPlainTextWhenItRefusesTheFormatting() async throws {
        let answer = #"{"ok":false,"description":"Bad Request: can't parse entities: Unsupported start tag"}"#
        let (bodies, outcome) = try await send("telegram", template: "<x>{{ title }}</x> &amp; more", answer) {
            $0["parse_mode"] != nil
        }
        #expect(outcome == .delivered(reference: nil) && bodies.count == 2, "\(outcome)")
        #expect(bodies.first?["parse_mode"] == "HTML" && bodies.last?["parse_mode"] == nil)
        #expect(bodies.last?["text"] == "Firing: Shop & more" && bodies.last?["chat_id"] == bodies.first?["chat_id"])
    }

    @Test func telegramsOtherRefusalsStand() async throws {
        let answer = #"{"ok":false,"description":"Bad Request: chat not found"}"#
        let (bodies, outcome) = try await send("telegram", answer) { _ in true }
        #expect(bodies.count == 1)
        #expect(outcome == .refused(reason: "Telegram answered 400: Bad Request: chat not found"))
    }

    @Test func telegramsTextIsCutWithItsTagsClosed() async throws {
        let long = String(repeating: "y ", count: 1000)
        let template = "<b>{{ title }} {% for item in items %}<i>{{ item.text }} \(long)</i>{% endfor %}</b>"
        let (bodies, _) = try await send("telegram", template: template + long, "") { _ in false }
        let text = bodies.first?["text"]?.stringValue ?? ""
        #expect((4000...4096).contains(text.utf16.count) && HTMLCheck.isBalanced(text, ["b", "i"]))
    }

    @Test(arguments: [#"{"embeds": ["0"]}"#, #"{"errors": {"embeds": {"0": {"url": "URL_TYPE_INVALID_URL"}}}}"#])
    func discordIsSentTheMessageWithoutTheLinkThatItRefuses(_ answer: String) async throws {
        func url(_ body: JSONValue?) -> JSONValue? { body?["embeds"]?.arrayValue?.first?["url"] }
        let (bodies, outcome) = try await send("discord", answer) {
            $0["embeds"]?.arrayValue?.first?["url"] != nil
        }
        #expect(outcome == .delivered(reference: nil) && bodies.count == 2, "\(outcome)")
        #expect(url(bodies.first) != nil && url(bodies.last) == nil)
        #expect(bodies.first?["content"] == bodies.last?["content"])
    }

    @Test func whatIsRefusedWithoutTheLinkTooIsRefused() async throws {
        let (bodies, outcome) = try await send("discord", #"{"embeds": ["0"]}"#) { _ in true }
        #expect(bodies.count == 2)
        guard case .refused = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }
}
