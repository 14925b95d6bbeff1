package import Base
package import Domain

extension Outcome.Evidence.Header {
    /// The header fields of `[[name, value], …]`; nil for anything else.
    package static func list(_ value: JSONValue) -> [Outcome.Evidence.Header]? {
        guard let elements = value.arrayValue else { return nil }
        var found: [Outcome.Evidence.Header] = []
        for element in elements {
            guard let pair = element.arrayValue, pair.count == 2, let name = pair[0].stringValue,
                let text = pair[1].stringValue
            else { return nil }
            found.append(Outcome.Evidence.Header(name: name, value: text))
        }
        return found
    }

    /// `[[name, value], …]`.
    package static func json(_ headers: [Outcome.Evidence.Header]) -> JSONValue {
        .array(headers.map { .array([.string($0.name), .string($0.value)]) })
    }
}
