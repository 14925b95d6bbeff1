import Base
import Domain

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

extension JSONObject {
    /// A warning for each stored secret within an object that a change replaced as a whole and that left it out.
    ///
    /// `self` is what was shown before, `after` what is shown now. A change of the type, such as that of `auth`, is meant.
    func secretsLost(by body: JSONValue, leaving after: JSONObject) -> [String] {
        guard case .object(let given) = body else { return [] }
        return given.members.flatMap { name, value -> [String] in
            guard case .object(let sent) = value, case .object(let old)? = self[name],
                case .object(let new)? = after[name], old["type"] == new["type"]
            else { return [] }
            let lost = old.members.filter { key, value in
                value == .string(SecretMask.text) && new[key] == nil && sent[key] == nil
            }
            return lost.map { "the stored secret \(name).\($0.key) is gone: \(name) was replaced as a whole" }
        }
    }
}
