import Base

/// How a value is escaped so that it remains plain text in the surrounding language.
package enum Escape: String, Sendable, CaseIterable {
    case none
    case html
    /// Slack's mrkdwn: disables links and mentions of everybody.
    case slack
    /// Markdown as in Discord, Mattermost and Teams.
    case markdown
    /// Telegram's MarkdownV2.
    case markdownv2
    /// A whole JSON value, with its quotes.
    case json
    /// A part of a URL.
    case urlencode
    /// A single line without control characters, such as for a header field.
    case line

    /// The text, escaped.
    package func apply(_ text: String) -> String {
        switch self {
        case .none: text
        case .html: Self.map(text, Self.html)
        case .slack: Self.map(Self.withoutCalls(text), Self.slack)
        case .markdown: Self.map(Self.withoutCalls(text)) { Self.backslash($0, "\\`*_~|>#[]()<") }
        case .markdownv2: Self.map(text) { Self.backslash($0, "_*[]()~`>#+-=|{}.!\\") }
        case .json: JSONValue.string(text).description
        case .urlencode: Self.urlencode(text)
        case .line: String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isControl ? " " : $0 }))
        }
    }

    private static func map(_ text: String, _ replacement: (Unicode.Scalar) -> StaticString?) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count + 16)
        for scalar in text.unicodeScalars {
            if let replacement = replacement(scalar) {
                result.append(replacement)
            } else {
                result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func map(_ text: String, _ isEscaped: (Unicode.Scalar) -> Bool) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isEscaped(scalar) { result.append("\\") }
            result.append(scalar)
        }
        return String(result)
    }

    private static func backslash(_ scalar: Unicode.Scalar, _ set: String) -> Bool {
        set.unicodeScalars.contains(scalar)
    }

    private static func html(_ scalar: Unicode.Scalar) -> StaticString? {
        switch scalar {
        case "&": "&amp;"
        case "<": "&lt;"
        case ">": "&gt;"
        case "\"": "&quot;"
        case "'": "&#39;"
        default: nil
        }
    }

    private static func slack(_ scalar: Unicode.Scalar) -> StaticString? {
        switch scalar {
        case "&": "&amp;"
        case "<": "&lt;"
        case ">": "&gt;"
        default: nil
        }
    }

    /// Puts an invisible space into `@channel` and the like, which some services act on anywhere in a text.
    private static func withoutCalls(_ text: String) -> String {
        guard text.unicodeScalars.contains("@") else { return text }
        var result = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            result.append(scalar)
            guard scalar == "@" else { continue }
            let word = String(String.UnicodeScalarView(rest.prefix(8))).lowercased()
            if ["channel", "here", "everyone", "all"].contains(where: word.hasPrefix) { result.append("\u{200B}") }
        }
        return String(result)
    }

    private static func urlencode(_ text: String) -> String {
        var bytes: [UInt8] = []
        // Servers and clients remove such path segments even when they were meant as a name.
        let isStep = text == "." || text == ".."
        for byte in text.utf8 {
            let isPlain: Bool =
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                    true
                case UInt8(ascii: "."): !isStep
                default: false
                }
            if isPlain {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(contentsOf: [byte >> 4, byte & 15].map { $0 < 10 ? 48 + $0 : 55 + $0 })
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Unicode.Scalar {
    /// Whether it is a control character or a line break.
    var isControl: Bool { value < 32 || (127..<160).contains(value) || value == 0x2028 || value == 0x2029 }
}

extension String {
    /// At most that many UTF-16 units, the last an ellipsis if something was cut.
    package func truncated(_ limit: Int) -> String {
        // No text has more UTF-16 units than bytes.
        guard utf8.count > limit else { return self }
        var count = 0
        var end = startIndex
        for index in unicodeScalars.indices {
            count += UTF16.width(unicodeScalars[index])
            if count < limit { end = unicodeScalars.index(after: index) }
            if count > limit { return limit > 0 ? self[..<end] + "…" : "" }
        }
        return self
    }
}
