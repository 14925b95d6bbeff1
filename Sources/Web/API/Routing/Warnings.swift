import Base

extension Schema.Field {
    /// What an answer to a write says of settings that are taken although they are odd.
    static let warnings = Schema.Field.optional(
        "warnings",
        .array(.string(example: "degraded_above is less than nearly all checks take")),
        "What is odd about the settings; only in answers to POST, PUT and PATCH, and only when something is."
    ).readOnly
}

extension JSONValue {
    /// An answer with the member `warnings` where there are any.
    func warning(_ warnings: [String]) -> JSONValue {
        guard !warnings.isEmpty, case .object(var object) = self else { return self }
        object["warnings"] = .array(warnings.map { .string($0) })
        return .object(object)
    }

    /// An object with more members.
    func adding(_ more: JSONObject) -> JSONValue {
        guard !more.members.isEmpty, case .object(var object) = self else { return self }
        for (key, value) in more.members { object[key] = value }
        return .object(object)
    }
}
