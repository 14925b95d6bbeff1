package import Base

/// Writes JSON values as YAML: one member or element a line, texts in double quotes.
package enum YAMLText {
    /// The document, with a final line break.
    package static func text(_ value: JSONValue) -> String {
        var text = ""
        append(value, indent: 0, to: &text)
        return text
    }

    private static func append(_ value: JSONValue, indent: Int, to text: inout String) {
        let margin = String(repeating: " ", count: indent)
        switch value {
        case .object(let object) where !object.members.isEmpty:
            for (name, member) in object.members {
                text += margin + key(name) + ":"
                appendValue(member, indent: indent + 2, to: &text)
            }
        case .array(let items) where !items.isEmpty:
            for item in items {
                guard isBlock(item) else {
                    text += "\(margin)- \(single(item))\n"
                    continue
                }
                var block = ""
                append(item, indent: indent + 2, to: &block)
                text += "\(margin)- " + block.dropFirst(indent + 2)
            }
        default: text += "\(margin)\(single(value))\n"
        }
    }

    private static func appendValue(_ value: JSONValue, indent: Int, to text: inout String) {
        guard isBlock(value) else {
            text += " \(single(value))\n"
            return
        }
        text += "\n"
        append(value, indent: indent, to: &text)
    }

    /// A value in one line, as JSON, whose texts YAML reads the same.
    ///
    /// YAML takes three more characters than JSON for line breaks, and refuses some that JSON allows.
    private static func single(_ value: JSONValue) -> String {
        var text = ""
        for scalar in value.description.unicodeScalars {
            switch scalar.value {
            case 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static func isBlock(_ value: JSONValue) -> Bool {
        switch value {
        case .object(let object): !object.members.isEmpty
        case .array(let items): !items.isEmpty
        default: false
        }
    }

    /// Unquoted only when YAML cannot read it as anything but a text.
    private static func key(_ name: String) -> String {
        let isPlain =
            name.utf8.allSatisfy { ($0 | 32) &- 97 < 26 || $0 &- 48 <= 9 || $0 == UInt8(ascii: "_") }
            && name.utf8.first.map { ($0 | 32) &- 97 < 26 } == true
        let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
        return isPlain && !words.contains(name.lowercased()) ? name : single(.string(name))
    }
}
