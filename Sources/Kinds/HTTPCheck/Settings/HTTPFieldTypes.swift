import Base
import Checks

extension FieldType<String> {
    /// A URL that can be checked; stored as written, except for parts that no request can carry.
    static var httpURL: Self {
        Self(
            schema: .string(format: "uri", example: "https://example.com/", rule: HTTPRules.url),
            placeholder: "URL",
            write: { .string($0) },
            read: { value in
                guard let text = value.stringValue, let url = try? CheckURL(text) else { return nil }
                // `HTTPKind.prepared` moves the user to its own setting.
                return url.user == nil ? url.kept : text
            }
        )
    }

    static var httpMethod: Self {
        Self(
            schema: .string(example: "GET", rule: HTTPRules.method),
            placeholder: "METHOD",
            write: { .string($0) },
            read: { $0.stringValue?.uppercased() }
        )
    }

    static var requestBody: Self {
        .text(0...HTTPLimits.requestBody, rule: HTTPRules.bytes(HTTPLimits.requestBody))
    }

    static var nameServer: Self {
        .text(1...100, placeholder: "ADDR:PORT", example: "127.0.0.1:53", rule: HTTPRules.resolver)
    }
}

extension FieldType<StatusSet> {
    /// A single code becomes a number, anything else a text.
    static var statusSet: Self {
        Self(
            schema: .either(
                .integer(100...599, example: 200),
                .string(example: "200-299,301", rule: HTTPRules.statusSet)
            ),
            placeholder: "CODES",
            write: { set in
                if set.ranges.count == 1, set.ranges[0].count == 1 { return .integer(Int64(set.ranges[0].lowerBound)) }
                return .string(set.description)
            },
            read: { value in
                if let code = value.integerValue {
                    return (100...599).contains(code) ? StatusSet(Int(code)) : nil
                }
                return value.stringValue.flatMap(StatusSet.init(text:))
            }
        )
    }
}

extension FieldType<HTTPSettings.ResolveOverride> {
    static var resolveOverride: Self {
        Self(
            schema: .string(example: "example.com:443:127.0.0.1", rule: HTTPRules.resolveOverride),
            placeholder: "HOST:PORT:ADDR",
            write: { .string($0.text) },
            read: { $0.stringValue.flatMap(HTTPSettings.ResolveOverride.init(text:)) }
        )
    }
}

extension FieldType<[HTTPSettings.Header]> {
    /// An object of names and values; on a command line `NAME:VALUE`, which may be repeated.
    static var httpHeaders: Self {
        let value = Schema.string(length: 0...HTTPLimits.headerLength, rule: HTTPRules.headerValue)
        var type = Self(
            schema: .map(of: value, maximumCount: HTTPLimits.headerCount, names: HTTPRules.headerName)
                .example(["X-Probe": "sentinel"]),
            placeholder: "NAME:VALUE",
            write: { .object(JSONObject($0.map { (key: $0.name, value: .string($0.value)) })) },
            read: { value in
                guard case .object(let object) = value else { return nil }
                return object.members.compactMap { name, value in
                    value.stringValue.map { HTTPSettings.Header(name: name, value: $0) }
                }
            },
            parse: { text in
                guard let colon = text.firstIndex(of: ":") else { return nil }
                let value = text[text.index(after: colon)...].trimmingSpaces
                return .object(JSONObject([(String(text[..<colon]), .string(String(value)))]))
            }
        )
        type.isRepeated = true
        type.secrets = Secrets(
            isHeld: { $0.contains(where: \.isSecret) },
            mask: { headers in
                .object(
                    JSONObject(
                        headers.map { (key: $0.name, value: .string($0.isSecret ? SecretMask.text : $0.value)) }
                    )
                )
            },
            restore: { (sent, stored) throws(FieldValueError) in try restored(sent, stored ?? []) }
        )
        return type
    }

    private static func restored(
        _ sent: [HTTPSettings.Header],
        _ stored: [HTTPSettings.Header]
    ) throws(FieldValueError) -> [HTTPSettings.Header] {
        var names: Set<String> = []
        var headers: [HTTPSettings.Header] = []
        for header in sent {
            guard names.insert(header.name.lowercased()).inserted else {
                throw FieldValueError("the header is given twice", at: [.key(header.name)])
            }
            guard header.value == SecretMask.text, header.isSecret else {
                headers.append(header)
                continue
            }
            guard let kept = stored.first(where: { $0.name.lowercased() == header.name.lowercased() }) else {
                throw FieldValueError(SecretMask.nothingStored.reason, at: [.key(header.name)])
            }
            headers.append(HTTPSettings.Header(name: header.name, value: kept.value))
        }
        return headers
    }
}
