/// Reads a typed value from text and writes it back; shared by command-line options and settings.
package struct ValueReader<Value: Sendable>: Sendable {
    /// Describes an acceptable text, for messages: "a whole number from 0 to 65535".
    package let expected: String
    /// The placeholder for the value in usage texts: "N".
    package let placeholder: String
    /// The texts to choose from, for completion; empty where there are more.
    package let choices: [String]
    /// nil when the text is not acceptable.
    package let read: @Sendable (String) -> Value?
    /// Writes a text that `read` accepts.
    package let write: @Sendable (Value) -> String
    /// The value as JSON.
    package let json: @Sendable (Value) -> JSONValue

    package init(
        expected: String,
        placeholder: String,
        choices: [String] = [],
        read: @escaping @Sendable (String) -> Value?,
        write: @escaping @Sendable (Value) -> String,
        json: (@Sendable (Value) -> JSONValue)? = nil
    ) {
        self.expected = expected
        self.placeholder = placeholder
        self.choices = choices
        self.read = read
        self.write = write
        self.json = json ?? { .string(write($0)) }
    }

    /// Reads the same texts, and an empty text as nil.
    package var optional: ValueReader<Value?> {
        ValueReader<Value?>(
            expected: expected,
            placeholder: placeholder,
            choices: choices,
            read: { text in text.isEmpty ? .some(nil) : read(text).map { .some($0) } },
            write: { value in value.map(write) ?? "" },
            json: { value in value.map(json) ?? .null }
        )
    }
}

extension ValueReader where Value == String {
    /// Any text without control characters whose length in bytes is within the range.
    package static func text(_ placeholder: String = "TEXT", length: ClosedRange<Int> = 1...4096) -> Self {
        Self(
            expected: "a text of \(length.lowerBound) to \(length.upperBound) bytes without control characters",
            placeholder: placeholder,
            read: { text in
                let plain = text.utf8.allSatisfy { $0 >= 32 && $0 != 127 }
                return plain && length.contains(text.utf8.count) ? text : nil
            },
            write: { $0 }
        )
    }

    /// Any text, within a length in bytes.
    package static func anyText(_ placeholder: String, maximum: Int) -> Self {
        Self(
            expected: "a text of at most \(maximum) bytes",
            placeholder: placeholder,
            read: { $0.utf8.count <= maximum ? $0 : nil },
            write: { $0 }
        )
    }
}

extension ValueReader where Value == [String] {
    /// Up to 100 words of visible ASCII, separated by commas and optional blanks; empty for none.
    ///
    /// Each must fit, which `expected` describes.
    package static func words(
        _ placeholder: String,
        expected: String = "words with commas between",
        fits: @escaping @Sendable (String) -> Bool = { _ in true }
    ) -> Self {
        Self(
            expected: "up to 100 \(expected)",
            placeholder: placeholder,
            read: { text in
                let words = text.split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
                let plain = words.allSatisfy { $0.utf8.count <= 255 && $0.utf8.allSatisfy { $0 > 32 && $0 < 127 } }
                return plain && words.count <= 100 && words.allSatisfy(fits) ? words : nil
            },
            write: { $0.joined(separator: ",") },
            json: { .array($0.map { .string($0) }) }
        )
    }
}

extension ValueReader where Value == Int {
    /// A whole decimal number within bounds.
    package static func integer(_ range: ClosedRange<Int>, _ placeholder: String = "N") -> Self {
        Self(
            expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            placeholder: placeholder,
            read: { text in
                // `Int` also takes a plus sign, which no setting needs.
                guard !text.hasPrefix("+"), let value = Int(text), range.contains(value) else { return nil }
                return value
            },
            write: { String($0) },
            json: { .integer(Int64($0)) }
        )
    }
}

extension ValueReader where Value == Bool {
    /// "true", "yes", "on", "1" or their opposites, in any case.
    package static var boolean: Self {
        Self(
            expected: "true or false",
            placeholder: "true|false",
            choices: ["true", "false"],
            read: { text in
                switch text.lowercased() {
                case "true", "yes", "on", "1": true
                case "false", "no", "off", "0": false
                default: nil
                }
            },
            write: { $0 ? "true" : "false" },
            json: { .bool($0) }
        )
    }
}

extension ValueReader where Value == Duration {
    /// "90", "90s", "1m30s", "500ms", "30d" within bounds; a bare number is seconds.
    ///
    /// With `inWholeSeconds` no fraction of a second is accepted.
    package static func duration(_ range: ClosedRange<Duration>, inWholeSeconds: Bool = false) -> Self {
        let examples: [Duration] = [.milliseconds(500), .seconds(10), .seconds(90), .seconds(7200), .seconds(604_800)]
        let fitting = examples.filter(range.contains).map(\.text)
        let words = (fitting.isEmpty ? [range.upperBound.text] : fitting).joined(separator: ", ")
        return Self(
            expected: (inWholeSeconds ? "a duration in whole seconds" : "a duration")
                + " from \(range.lowerBound.text) to \(range.upperBound.text)"
                + " (such as \(words); a bare number is seconds)",
            placeholder: "DURATION",
            read: { text in
                Duration(text: text).flatMap { length in
                    guard range.contains(length), !inWholeSeconds || length.wholeMilliseconds % 1000 == 0 else {
                        return nil
                    }
                    return length
                }
            },
            write: { $0.text }
        )
    }
}

extension ValueReader where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
    /// One of an enumeration's names, in any case.
    package static var choice: Self {
        let names = Value.allCases.map(\.rawValue)
        return Self(
            expected: "one of \(names.joined(separator: ", "))",
            placeholder: names.joined(separator: "|"),
            choices: names,
            read: { Value(rawValue: $0.lowercased()) },
            write: { $0.rawValue }
        )
    }
}
