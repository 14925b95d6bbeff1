import Base
import Domain
import Notify
import TestSupport
import Testing

/// Names that try to break out of their context, for every provider: bodies stay valid and within their limits.
@Suite struct HostileTests {
    private func bodies(_ kind: String, _ text: String, items: Int) async throws -> [JSONValue] {
        let target = LoopbackTarget.accepting(kind)
        let message = Samples.hostileMessage(text, items: items)
        let outcome = try await Samples.notifier().send(message, to: Samples.channel(kind, target.url("")))
        guard case .delivered = outcome else {
            Issue.record("\(kind): \(outcome)")
            return []
        }
        return try target.received.map { try $0.json }
    }

    @Test(arguments: Samples.kinds, Samples.hostile.indices)
    func hostileTextsCannotBreakPayloads(_ kind: String, _ index: Int) async throws {
        let plain = try await bodies(kind, "plain", items: 2)
        let hostile = try await bodies(kind, Samples.hostile[index], items: 2)
        // A receiver that tracks each incident gets more requests rather than less detail.
        #expect(plain.count == hostile.count || kind == "webhook" && plain.count < hostile.count)
        for body in hostile {
            #expect(body["x"] == nil, "a value became a member")
            let texts = ProviderTests.texts(body)
            #expect(!texts.contains { $0.contains("\u{0}") || $0.contains("\u{1B}") || $0.contains("\u{202E}") })
            #expect(body.description.utf8.count <= 400_000)
        }
        for (one, other) in zip(plain, hostile) where index != 5 {
            #expect(
                Self.shape(one) == Self.shape(other) || kind == "pagerduty" || kind == "opsgenie"
                    || kind == "alertmanager"
            )
        }
    }

    /// The structure of a value, without texts and lists that may be shorter.
    private static func shape(_ value: JSONValue) -> String {
        switch value {
        case .object(let object): "{" + object.members.map(\.key).sorted().joined(separator: ",") + "}"
        case .array(let elements): "[" + elements.prefix(2).map(shape).joined(separator: ",") + "]"
        default: "-"
        }
    }

    @Test(arguments: Samples.hostile.indices, [1, 10, 40])
    func payloadsStayWithinTheLimits(_ index: Int, _ items: Int) async throws {
        let text = Samples.hostile[index]
        func count(_ value: JSONValue?) -> Int { value?.stringValue?.utf16.count ?? 0 }

        let telegram = try #require(try await bodies("telegram", text, items: items).first)
        #expect(count(telegram["text"]) <= 4096)
        #expect(HTMLCheck.isBalanced(telegram["text"]?.stringValue ?? "", ["b", "i", "a"]))

        let discord = try #require(try await bodies("discord", text, items: items).first)
        let embeds = discord["embeds"]?.arrayValue ?? []
        #expect(count(discord["content"]) <= 2000 && (1...10).contains(embeds.count))
        #expect(embeds.flatMap(ProviderTests.texts).reduce(0) { $0 + $1.utf16.count } <= 6000 + embeds.count * 600)
        for embed in embeds {
            let fields = embed["fields"]?.arrayValue ?? []
            #expect(count(embed["title"]) <= 256 && count(embed["description"]) <= 4096 && fields.count <= 25)
            #expect(
                fields.allSatisfy { (1...256).contains(count($0["name"])) && (1...1024).contains(count($0["value"])) }
            )
        }

        let slack = try #require(try await bodies("slack", text, items: items).first)
        let blocks = slack["attachments"]?.arrayValue?.first?["blocks"]?.arrayValue ?? []
        #expect((1...3000).contains(count(blocks.first?["text"]?["text"])))
        #expect(
            !ProviderTests.texts(slack).contains {
                $0.contains("<!") || $0.contains("@everyone") || $0.contains("<script")
            }
        )

        let pushover = try #require(try await bodies("pushover", text, items: items).first)
        #expect((1...1024).contains(count(pushover["message"])) && count(pushover["title"]) <= 250)
        let ntfy = try #require(try await bodies("ntfy", text, items: items).first)
        #expect((1...4096).contains(ntfy["message"]?.stringValue?.utf8.count ?? 0))
        let teams = try #require(try await bodies("teams", text, items: items).first)
        #expect(teams.description.utf8.count <= 28_000)
        let chat = try #require(try await bodies("googlechat", text, items: items).first)
        #expect(chat.description.utf8.count <= 32_000)
        let matrix = try #require(try await bodies("matrix", text, items: items).first)
        #expect(matrix.description.utf8.count <= 65_000)
        #expect(HTMLCheck.isBalanced(matrix["formatted_body"]?.stringValue ?? "", ["b", "p", "a", "code", "br"]))
        let events = try await bodies("pagerduty", text, items: items)
        #expect(events.count == items)
        for event in events {
            #expect(
                (1...1024).contains(count(event["payload"]?["summary"]))
                    && (1...255).contains(count(event["dedup_key"]))
            )
        }
        #expect(Set(events.compactMap { $0["dedup_key"]?.stringValue }).count == items)
    }

    @Test func bidirectionalAndControlCharactersAreRemoved() async throws {
        let body = try #require(try await bodies("telegram", "a\u{202E}b\u{0}c\u{85}d", items: 1).first)
        #expect(body["text"]?.stringValue?.contains("a\u{FFFD}b c d") == true)
    }
}

/// Whether HTML has only certain tags, all properly closed.
enum HTMLCheck {
    static func isBalanced(_ text: String, _ allowed: Set<String>) -> Bool {
        var open: [Substring] = []
        var rest = text[...]
        while let start = rest.firstIndex(of: "<") {
            rest = rest[rest.index(after: start)...]
            guard let end = rest.firstIndex(of: ">") else { return false }
            let tag = rest[..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("/") {
                guard open.popLast() == tag.dropFirst() else { return false }
            } else {
                let name = tag.prefix { $0.isLetter }
                guard allowed.contains(String(name)) else { return false }
                if name != "br" { open.append(name) }
            }
        }
        return open.isEmpty
            && text.split(separator: "&", omittingEmptySubsequences: false).dropFirst().allSatisfy {
                ["amp;", "lt;", "gt;", "quot;", "#39;"].contains(where: $0.hasPrefix)
            }
    }
}
