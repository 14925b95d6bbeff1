import Base
import Domain
import Crypto

/// The names of a message's parts in templates, with their types and their values for one message.
enum MessageValues {
    private static let pair = TemplateType.record(["name": .text, "value": .text])
    private static let events = TemplateType.word(AlertMessage.Event.allCases.map(\.rawValue))
    private static let severities = TemplateType.word(Severity.allCases.map(\.rawValue))

    static let item = TemplateType.record([
        "event": events, "title": .text, "state": .text, "symbol": .text, "color": .text, "color_number": .number,
        "key": .text, "incident_id": .number, "subject": .text, "target": .text, "severity": severities,
        "reason": .text, "text": .text, "since": .time, "until": .time, "duration": .duration, "facts": .list(pair),
        "labels": .list(pair), "link": .text, "acknowledge_link": .text,
    ])

    private static let common: TemplateScope = [
        "id": .text, "event": events, "severity": severities, "title": .text, "symbol": .text, "color": .text,
        "color_number": .number, "key": .text, "count": .number, "omitted": .number, "created_at": .time,
        "link": .text, "acknowledge_link": .text, "subjects": .list(.text), "items": .list(item), "plain": .flag,
    ]

    /// The names for a request that carries all items; `message` is the whole message.
    static let digest = common.merging(["message": .record(common)]) { first, _ in first }

    /// The names for a request with a single item.
    static let single = digest.merging(["item": item]) { first, _ in first }

    /// The values of those names; `item` is the first item.
    ///
    /// `isPlain` when the receiver has refused the message with its formatting or links.
    static func values(
        _ message: AlertMessage,
        _ size: MessageSize,
        isPlain: Bool = false
    ) -> [String: TemplateValue] {
        var message = message
        message.omitted += max(0, message.items.count - size.items)
        message.items = Array(message.items.prefix(size.items))
        let items = message.items.map { Self.item($0, message.createdAt, size) }
        let only = message.items.count == 1 ? items.first ?? .none : .none
        let color = message.event.color(message.severity)
        let values: [String: TemplateValue] = [
            "id": .text(message.id), "event": .text(message.event.rawValue),
            "severity": .text(message.severity.rawValue), "title": text(message.title, size),
            "symbol": .text(message.event.symbol), "color": .text(hex(color)), "color_number": .number(Int64(color)),
            "key": only["key"], "count": .number(Int64(items.count + message.omitted)),
            "omitted": .number(Int64(message.omitted)), "created_at": .time(message.createdAt),
            "link": items.first?["link"] ?? .none, "acknowledge_link": only["acknowledge_link"],
            "subjects": .list(items.map { $0["subject"] }), "items": .list(items), "plain": .flag(isPlain),
        ]
        return values.merging(["message": .record(values), "item": items.first ?? .none]) { first, _ in first }
    }

    private static func item(_ item: AlertMessage.Item, _ now: Timestamp, _ size: MessageSize) -> TemplateValue {
        let color = item.event.color(item.severity)
        let isOpen = item.event == .firing || item.event == .reminder
        return .record([
            "event": .text(item.event.rawValue), "title": text(item.title, size), "state": .text(item.event.title),
            "symbol": .text(item.event.symbol), "color": .text(hex(color)), "color_number": .number(Int64(color)),
            "key": .text(key(item.key)), "incident_id": item.incidentID.map(TemplateValue.number) ?? .none,
            "subject": text(item.subject, size), "target": text(item.target, size),
            "severity": .text(item.severity.rawValue), "reason": item.reason.map { text($0, size) } ?? .none,
            "text": text(item.text, size), "since": .time(item.since),
            "until": item.until.map(TemplateValue.time) ?? .none,
            "duration": .duration(max(.zero, (item.until ?? now) - item.since)),
            "facts": pairs(item.facts, size), "labels": pairs(item.labels, size), "link": link(item.link),
            "acknowledge_link": isOpen ? link(item.acknowledgeLink) : .none,
        ])
    }

    private static func pairs(_ facts: [AlertMessage.Fact], _ size: MessageSize) -> TemplateValue {
        .list(facts.prefix(size.facts).map { .record(["name": text($0.name, size), "value": text($0.value, size)]) })
    }

    private static func hex(_ color: Int) -> String {
        let digits = String(color, radix: 16)
        return "#" + String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// A text without control characters and without characters that change the writing direction and could hide text.
    private static func text(_ text: String, _ size: MessageSize) -> TemplateValue {
        let clean = text.truncated(size.value).unicodeScalars.map { scalar -> Unicode.Scalar in
            switch scalar.value {
            case 9, 10: scalar
            case 0x202A...0x202E, 0x2066...0x2069: "\u{FFFD}"
            default: scalar.isControl ? " " : scalar
            }
        }
        return .text(String(String.UnicodeScalarView(clean)))
    }

    /// A web address; omitted when it is invalid or too long for receivers, because a cut link is useless.
    private static func link(_ link: String?) -> TemplateValue {
        guard let link, link.hasPrefix("https://") || link.hasPrefix("http://"), link.utf8.count <= 500,
            link.utf8.allSatisfy({ $0 > 32 && $0 < 127 && !"\"<>\\^`{|}()".utf8.contains($0) })
        else { return .none }
        return .text(link)
    }

    /// Keys of up to 200 plain bytes stay as they are; others are replaced by a stable digest.
    static func key(_ key: String) -> String {
        if (1...200).contains(key.utf8.count), key.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) { return key }
        return "sha256-" + SHA256.digest(Array(key.utf8)).hex
    }
}
