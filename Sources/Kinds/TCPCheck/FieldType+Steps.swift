import Base
import Checks

extension FieldType<[TCPStep]> {
    /// The steps of an exchange; on a command line each is a JSON object.
    static var steps: Self {
        var type = Self(
            schema: .array(TCPStep.schema, maximumCount: TCPStep.limit),
            placeholder: "JSON",
            write: { .array($0.map(\.json)) },
            read: { value in
                guard let elements = value.arrayValue, elements.count <= TCPStep.limit else { return nil }
                let steps = elements.compactMap { TCPStep($0) }
                return steps.count == elements.count ? steps : nil
            },
            parse: { try? JSONValue(parsing: $0) }
        )
        type.fault = { value in
            for (index, element) in (value.arrayValue ?? []).enumerated() where TCPStep(element) == nil {
                return TCPStep.fault(element, index)
            }
            return nil
        }
        type.isRepeated = true
        type.secrets = Secrets(
            isHeld: { $0.contains(where: \.holdsSecret) },
            mask: { .array($0.map(\.masked)) },
            restore: { (sent, stored) throws(FieldValueError) in try TCPStep.restore(sent, stored ?? []) }
        )
        return type
    }

    /// Bytes written as text with escapes.
    static func bytes(_ example: String) -> FieldType<String> {
        .text(1...TCPStep.textLimit, placeholder: "TEXT", example: example, rule: { TCPBytes.fault($0) })
    }
}

extension TCPStep {
    fileprivate static let schema = Schema.object(
        "TCPStep",
        [
            .optional("send", text("PING\\r\\n"), "Text to send; \\r \\n \\t \\0 \\xHH \\\\ are escapes."),
            .optional("send_hex", hex("50494e470d0a"), "Bytes to send, instead of text."),
            .optional("expect", text("PONG"), "Text that must come."),
            .optional("expect_hex", hex("504f4e47"), "Bytes that must come, instead of text."),
            .optional(
                "expect_pattern",
                .string(length: 1...1024, example: "^\\+PONG", rule: { PatternRule.fault($0) }),
                "A regular expression (PCRE2) that what comes must match, instead of text."
            ),
            .optional(
                "max_bytes",
                .integer(1...Int64(maximumBytesLimit)),
                default: .integer(Int64(standardMaximum)),
                "How many bytes may come before what is expected."
            ),
            .optional("secret", .boolean, default: false, "Whether what is sent is masked in answers."),
        ]
    )

    private static func text(_ example: String) -> Schema {
        .string(length: 1...textLimit, example: example, rule: { TCPBytes.fault($0) })
    }

    private static func hex(_ example: String) -> Schema {
        .string(
            length: 2...2 * textLimit,
            example: example,
            rule: { text in
                // The mask stands for stored bytes.
                text == SecretMask.text || [UInt8](hex: text) != nil
                    ? nil : Schema.TextError("Write pairs of hexadecimal digits")
            }
        )
    }

    /// Reads an object that passed the schema; nil when its members contradict each other.
    fileprivate init?(_ value: JSONValue) {
        self.init()
        if let text = value["send"]?.stringValue {
            guard let bytes = try? TCPBytes(text), value["send_hex"] == nil else { return nil }
            send = .text(bytes)
        } else if let text = value["send_hex"]?.stringValue {
            // The mask is replaced later; until then it is kept as text.
            if text == SecretMask.text {
                send = (try? TCPBytes(text)).map { .text($0) }
            } else {
                guard let bytes = [UInt8](hex: text) else { return nil }
                send = .hex(bytes)
            }
        }
        let wanted = ["expect", "expect_hex", "expect_pattern"].filter { value[$0] != nil }
        guard wanted.count <= 1 else { return nil }
        if let text = value["expect"]?.stringValue {
            guard let bytes = try? TCPBytes(text) else { return nil }
            expect = .text(bytes)
        } else if let text = value["expect_hex"]?.stringValue {
            guard let bytes = [UInt8](hex: text) else { return nil }
            expect = .hex(bytes)
        } else if let text = value["expect_pattern"]?.stringValue {
            expect = .pattern(text)
        }
        guard send != nil || expect != nil else { return nil }
        if let count = value["max_bytes"]?.integerValue {
            guard (1...Int64(Self.maximumBytesLimit)).contains(count) else { return nil }
            maximumBytes = Int(count)
        }
        isSecret = value["secret"]?.boolValue ?? false
    }

    /// Why an object that passed the schema is no step, with the member that is too much.
    fileprivate static func fault(_ value: JSONValue, _ index: Int) -> FieldValueError {
        func given(_ names: String...) -> [String] { names.filter { value[$0] != nil && value[$0] != .null } }
        for names in [given("send", "send_hex"), given("expect", "expect_hex", "expect_pattern")] where names.count > 1
        {
            return FieldValueError(
                "says the same as \(names[0]) in another way: give one of them",
                at: [.index(index), .key(names[1])]
            )
        }
        return FieldValueError(
            "does nothing: give send or send_hex, or one of expect, expect_hex and expect_pattern",
            at: [.index(index)]
        )
    }

    fileprivate var json: JSONValue { object(isMasked: false) }
    fileprivate var masked: JSONValue { object(isMasked: holdsSecret) }
    fileprivate var holdsSecret: Bool { isSecret && send != nil }

    private func object(isMasked: Bool) -> JSONValue {
        var object = JSONObject()
        switch send {
        case .text(let text): object["send"] = .string(isMasked ? SecretMask.text : text.source)
        case .hex(let bytes): object["send_hex"] = .string(isMasked ? SecretMask.text : bytes.hex)
        case nil: break
        }
        switch expect {
        case .text(let text): object["expect"] = .string(text.source)
        case .hex(let bytes): object["expect_hex"] = .string(bytes.hex)
        case .pattern(let pattern): object["expect_pattern"] = .string(pattern)
        case nil: break
        }
        if maximumBytes != Self.standardMaximum { object["max_bytes"] = .integer(Int64(maximumBytes)) }
        if isSecret { object["secret"] = true }
        return .object(object)
    }

    /// Replaces masked values by those of the stored step at the same position.
    fileprivate static func restore(_ sent: [TCPStep], _ stored: [TCPStep]) throws(FieldValueError) -> [TCPStep] {
        var steps = sent
        for index in steps.indices {
            guard case .text(let text) = steps[index].send, text.source == SecretMask.text else { continue }
            guard index < stored.count, stored[index].holdsSecret else {
                throw FieldValueError(SecretMask.nothingStored.reason, at: [.index(index)])
            }
            steps[index].send = stored[index].send
            // A stored secret stays secret even if the client sends the step without the flag.
            steps[index].isSecret = true
        }
        return steps
    }
}
