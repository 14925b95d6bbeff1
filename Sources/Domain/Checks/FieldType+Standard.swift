package import Base

extension FieldType<String> {
    /// Text of so many characters that also obeys a rule.
    package static func text(
        _ length: ClosedRange<Int>,
        placeholder: String = "TEXT",
        format: String? = nil,
        pattern: String? = nil,
        example: String? = nil,
        rule: Schema.TextRule? = nil
    ) -> Self {
        Self(
            schema: .string(length: length, format: format, pattern: pattern, example: example, rule: rule),
            placeholder: placeholder,
            write: { .string($0) },
            read: \.stringValue
        )
    }

    /// The path of a file on the server that holds certificates or a key.
    package static var pemFile: Self {
        var type = serverFile
        type.serverFile = .pem
        return type
    }

    /// The path of a file on the server.
    package static var serverFile: Self {
        var type = text(1...1024, placeholder: "FILE")
        type.serverFile = .any
        return type
    }

    /// Text that proves who somebody is: masked in answers, sealed in the store.
    package static func secret(_ length: ClosedRange<Int>, rule: Schema.TextRule? = nil) -> Self {
        var type = text(length, placeholder: "SECRET", rule: rule)
        type.secrets = Secrets(
            isHeld: { !$0.isEmpty },
            mask: { .string($0.isEmpty ? "" : SecretMask.text) },
            restore: { (sent, stored) throws(FieldValueError) in
                guard sent == SecretMask.text else { return sent }
                guard let stored, !stored.isEmpty else { throw SecretMask.nothingStored }
                return stored
            }
        )
        return type
    }
}

extension FieldType<Int> {
    /// A whole number within bounds.
    package static func integer(_ bounds: ClosedRange<Int>, placeholder: String = "N", example: Int? = nil) -> Self {
        Self(
            schema: .integer(Int64(bounds.lowerBound)...Int64(bounds.upperBound), example: example.map(Int64.init)),
            placeholder: placeholder,
            write: { .integer(Int64($0)) },
            read: { value in
                guard let number = value.integerValue.flatMap(Int.init(exactly:)), bounds.contains(number) else {
                    return nil
                }
                return number
            },
            parse: { Int64($0).map { .integer($0) } }
        )
    }
}

extension FieldType<Int> {
    /// A number of bytes; on a command line also with K or M for 1,024 and 1,048,576.
    package static func bytes(_ bounds: ClosedRange<Int>) -> Self {
        var type = integer(bounds, placeholder: "BYTES")
        type.parse = { text in
            let factor: Int64 = ["K": 1 << 10, "M": 1 << 20][text.suffix(1).uppercased()] ?? 1
            guard let number = Int64(factor == 1 ? text[...] : text.dropLast()) else { return nil }
            let (size, overflow) = number.multipliedReportingOverflow(by: factor)
            return overflow ? nil : .integer(size)
        }
        return type
    }
}

extension FieldType<Double> {
    /// Any finite number.
    package static func number(example: Double? = nil) -> Self {
        Self(
            schema: .number(example: example),
            placeholder: "NUMBER",
            write: { .number($0) },
            read: { value in value.doubleValue.flatMap { $0.isFinite ? $0 : nil } },
            parse: { text in Double(text).flatMap { $0.isFinite ? .number($0) : nil } }
        )
    }
}

extension FieldType<Bool> {
    /// True or false; on a command line `--name` or `--no-name`.
    package static var flag: Self {
        Self(
            schema: .boolean,
            placeholder: "",
            write: { .bool($0) },
            read: \.boolValue,
            parse: { ["true": true, "false": false][$0].map { .bool($0) } }
        )
    }
}

extension FieldType<Duration> {
    /// A length of time: seconds as a JSON number to the millisecond, "500ms" or "1m30s" on a command line.
    ///
    /// What is finer is refused, so that nothing becomes another value, or none, without a word.
    package static func seconds(_ bounds: ClosedRange<Duration>, example: Double? = nil) -> Self {
        var type = Self(
            schema: .number(bounds.lowerBound.inSeconds...bounds.upperBound.inSeconds, example: example),
            placeholder: "DURATION",
            write: { .number($0.inSeconds) },
            read: { value in
                guard let seconds = value.doubleValue else { return nil }
                // Beyond this no bound of a setting lies, and whole milliseconds still fit.
                guard abs(seconds) < 1e12, isWholeMilliseconds(seconds) else { return nil }
                let length = Duration.milliseconds(Int64((seconds * 1000).rounded()))
                return bounds.contains(length) ? length : nil
            },
            parse: { text in Duration(text: text).map { .number($0.inSeconds) } }
        )
        type.fault = { value in
            guard let seconds = value.doubleValue, !isWholeMilliseconds(seconds) else { return nil }
            return FieldValueError("should be in whole milliseconds, such as 1.234")
        }
        return type
    }

    /// Whether a number of seconds is one of milliseconds, but for what binary fractions cannot express.
    private static func isWholeMilliseconds(_ seconds: Double) -> Bool {
        let milliseconds = seconds * 1000
        return abs(milliseconds - milliseconds.rounded()) <= max(1e-6, abs(milliseconds) * 1e-12)
    }
}

extension FieldType<Duration> {
    /// A length of time in whole seconds; stored in milliseconds.
    package static func wholeSeconds(_ bounds: ClosedRange<Duration>, example: Int64? = nil) -> Self {
        let seconds = bounds.lowerBound.components.seconds...bounds.upperBound.components.seconds
        var type = Self(
            schema: .integer(seconds, example: example),
            placeholder: "DURATION",
            write: { .integer($0.components.seconds) },
            read: { value in
                guard let number = value.integerValue, seconds.contains(number) else { return nil }
                return .seconds(number)
            },
            parse: { text in
                guard let length = Duration(text: text), length.wholeMilliseconds % 1000 == 0 else { return nil }
                return .integer(length.components.seconds)
            }
        )
        type.stored = Stored(
            write: { .integer($0.wholeMilliseconds) },
            read: { $0.integerValue.flatMap(Duration.init(storedMilliseconds:)) }
        )
        return type
    }
}

extension FieldType<Timestamp> {
    /// An instant from 1970 on.
    package static var instant: Self {
        var type = Self(
            schema: .givenTime,
            placeholder: "TIME",
            write: { .time($0) },
            read: { $0.stringValue.flatMap(Timestamp.init(apiText:)) }
        )
        type.answer = .timestamp
        return type
    }
}

extension FieldType where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of a few words.
    package static var choice: Self {
        Self(
            schema: .oneOf(Value.allCases.map(\.rawValue)),
            placeholder: Value.allCases.map(\.rawValue).joined(separator: "|"),
            write: { .string($0.rawValue) },
            read: { $0.stringValue.flatMap(Value.init(rawValue:)) }
        )
    }
}

extension FieldType {
    /// The same or null.
    package static func optional<Wrapped>(_ type: FieldType<Wrapped>) -> Self where Value == Wrapped? {
        var optional = Self(
            schema: type.schema.nullable,
            placeholder: type.placeholder,
            write: { $0.map(type.write) ?? .null },
            read: { $0 == .null ? .some(nil) : type.read($0).map { .some($0) } },
            parse: type.parse
        )
        optional.isRepeated = type.isRepeated
        optional.serverFile = type.serverFile
        optional.answer = type.answer?.nullable
        optional.fault = type.fault
        optional.stored = type.stored.map { stored in
            Stored(
                write: { $0.map(stored.write) ?? .null },
                read: { $0 == .null ? .some(nil) : stored.read($0).map { .some($0) } }
            )
        }
        optional.secrets = type.secrets.map { secrets in
            Secrets(
                isHeld: { $0.map(secrets.isHeld) ?? false },
                mask: { $0.map(secrets.mask) ?? .null },
                restore: { (sent, stored) throws(FieldValueError) in
                    guard let sent else { return nil }
                    return try secrets.restore(sent, stored ?? nil)
                }
            )
        }
        return optional
    }

    /// A list of at most so many elements.
    package static func list<Element>(_ type: FieldType<Element>, maximum: Int) -> Self where Value == [Element] {
        var list = Self(
            schema: .array(type.schema, maximumCount: maximum),
            placeholder: type.placeholder,
            write: { .array($0.map(type.write)) },
            read: { value in
                guard let elements = value.arrayValue, elements.count <= maximum else { return nil }
                let read = elements.compactMap(type.read)
                return read.count == elements.count ? read : nil
            },
            parse: type.parse
        )
        list.fault = { value in
            for (index, element) in (value.arrayValue ?? []).enumerated() where type.read(element) == nil {
                guard let fault = type.fault?(element) else { return nil }
                return FieldValueError(fault.reason, at: [.index(index)] + fault.path)
            }
            return nil
        }
        list.isRepeated = true
        return list
    }

    /// The same for values that only have to be of the type in the store: rules may have been others when they were
    /// written, or will be in the release that wrote them.
    package var storedFreely: Self {
        var type = self
        type.stored = Stored(write: write, read: read)
        return type
    }

    /// The same with words of its own for usage texts.
    package func placeholder(_ word: String) -> Self {
        var type = self
        type.placeholder = word
        return type
    }
}
