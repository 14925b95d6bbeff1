import Base

/// What a command line gives of a resource: whole members, and members within others.
struct GivenMembers: Sendable {
    /// Those of a file and of flags.
    var members = JSONObject()
    /// Those of `--set` in their order: the names from the outside in, and the value.
    var sets: [(names: [String], value: JSONValue)] = []

    var isEmpty: Bool { members.members.isEmpty && sets.isEmpty }

    /// A whole member, the last that is given.
    subscript(name: String) -> JSONValue? { sets.last { $0.names == [name] }?.value ?? members[name] }

    /// Whether a member within another is set that only the stored resource has whole.
    var needsStored: Bool { sets.contains { $0.names.count > 1 && members[$0.names[0]] == nil } }

    /// The body of a request.
    ///
    /// A member within another is set in the whole that the command line gives; where it gives none, in that of `stored`,
    /// whose masked secrets keep what the server has.
    func body(over stored: JSONValue? = nil) -> JSONObject {
        var body = members
        for (names, value) in sets {
            if names.count > 1, body[names[0]] == nil { body[names[0]] = stored?[names[0]] }
            Self.put(value, at: names[...], in: &body)
        }
        return body
    }

    /// Sets a member, or one within another.
    private static func put(_ value: JSONValue, at names: ArraySlice<String>, in object: inout JSONObject) {
        guard let name = names.first else { return }
        guard names.count > 1 else {
            object[name] = value
            return
        }
        var inner = JSONObject()
        if case .object(let known)? = object[name] { inner = known }
        put(value, at: names.dropFirst(), in: &inner)
        object[name] = .object(inner)
    }
}
