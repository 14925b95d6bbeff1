import Base

extension Schema.Field {
    /// What an answer to a write says of settings that are taken although they are odd.
    static let warnings = Schema.Field.optional(
        "warnings",
        .array(.string(example: "degraded_above is less than nearly all checks take")),
        "What is odd about the settings, in answers to POST, PUT and PATCH; settings of a newer release, which are kept "
            + "and have no effect here, are named in every answer about one thing. Only when there is something."
    ).readOnly
}

extension JSONValue {
    /// The warning that a stored thing has settings of a newer release; none for nearly everything.
    static func newerWarnings(_ names: [String]) -> [String] {
        guard !names.isEmpty else { return [] }
        let list = names.prefix(20).map { String($0.prefix(50)) }.joined(separator: ", ")
        return ["it has settings of a newer release, which are kept and have no effect here: \(list)"]
    }

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
