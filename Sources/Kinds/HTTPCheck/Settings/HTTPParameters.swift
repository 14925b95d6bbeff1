import Base
import Checks

extension HTTPSettings {
    /// One name and value of a query or form.
    package struct Parameter: Sendable, Equatable {
        package var name: String
        package var value: String
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }

        /// Whether the parameter's name is that of a credential.
        package var isSecret: Bool { SecretName.matches(header: name) }
    }
}

extension FieldType<HTTPAssertion> {
    /// One line, on a command line too.
    static var assertion: Self {
        Self(
            schema: .string(
                length: HTTPAssertion.length,
                example: "json $.status == \"ok\"",
                rule: { AssertionRules.fault($0) }
            ),
            placeholder: "ASSERTION",
            write: { .string($0.text) },
            read: { value in
                guard let text = value.stringValue else { return nil }
                return try? HTTPAssertion(text)
            }
        )
    }
}

extension FieldType<[HTTPSettings.Parameter]> {
    /// An object of names and values; on a command line `NAME=VALUE`, which may be repeated.
    static var httpParameters: Self {
        let value = Schema.string(length: 0...HTTPLimits.headerLength)
        var type = Self(
            schema: .map(of: value, maximumCount: HTTPLimits.parameterCount) { name in
                (1...256).contains(name.utf8.count) ? nil : .init("A parameter's name has 1 to 256 bytes")
            }
            .example(["page": "1"]),
            placeholder: "NAME=VALUE",
            write: { object($0) { $0.value } },
            read: { value in
                guard case .object(let object) = value else { return nil }
                return object.members.compactMap { name, value in
                    value.stringValue.map { HTTPSettings.Parameter(name: name, value: $0) }
                }
            },
            parse: { text in
                guard let equals = text.firstIndex(of: "=") else { return nil }
                let value = text[text.index(after: equals)...]
                return .object(JSONObject([(String(text[..<equals]), .string(String(value)))]))
            }
        )
        type.isRepeated = true
        type.secrets = Secrets(
            isHeld: { $0.contains(where: \.isSecret) },
            mask: { object($0) { $0.isSecret ? SecretMask.text : $0.value } },
            restore: { (sent, stored) throws(FieldValueError) in try restored(sent, stored ?? []) }
        )
        return type
    }

    private static func object(
        _ parameters: [HTTPSettings.Parameter],
        _ value: (HTTPSettings.Parameter) -> String
    ) -> JSONValue {
        .object(JSONObject(parameters.map { (key: $0.name, value: .string(value($0))) }))
    }

    private static func restored(
        _ sent: [HTTPSettings.Parameter],
        _ stored: [HTTPSettings.Parameter]
    ) throws(FieldValueError) -> [HTTPSettings.Parameter] {
        var parameters: [HTTPSettings.Parameter] = []
        for parameter in sent {
            guard parameter.value == SecretMask.text, parameter.isSecret else {
                parameters.append(parameter)
                continue
            }
            guard let kept = stored.first(where: { $0.name == parameter.name }) else {
                throw FieldValueError(SecretMask.nothingStored.reason, at: [.key(parameter.name)])
            }
            parameters.append(kept)
        }
        return parameters
    }
}
