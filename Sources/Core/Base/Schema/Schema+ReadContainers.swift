extension Schema {
    static func array(
        _ value: JSONValue,
        _ element: Schema,
        _ least: Int,
        _ limit: Int,
        _ location: [ValidationIssue.Step],
        _ issues: inout [ValidationIssue]
    ) throws(ValidationIssue) -> JSONValue? {
        guard case .array(let elements) = value else {
            throw ValidationIssue("list_type", at: location, "Input should be a valid list")
        }
        guard elements.count >= least else {
            let items = least == 1 ? "item" : "items"
            let message = "List should have at least \(least) \(items), not \(elements.count)"
            throw ValidationIssue("too_short", at: location, message)
        }
        guard elements.count <= limit else { throw tooMany("List", "items", limit, elements.count, location) }
        let known = issues.count
        let read = elements.enumerated().compactMap { index, value in
            element.read(value, at: location + [.index(index)], into: &issues)
        }
        return issues.count == known ? .array(read) : nil
    }

    static func either(
        _ value: JSONValue,
        _ first: Schema,
        _ second: Schema,
        _ location: [ValidationIssue.Step],
        _ issues: inout [ValidationIssue]
    ) -> JSONValue? {
        var firstIssues: [ValidationIssue] = []
        if let read = first.read(value, at: location, into: &firstIssues) { return read }
        var secondIssues: [ValidationIssue] = []
        if let read = second.read(value, at: location, into: &secondIssues) { return read }
        issues += first.isMeant(by: value) && !second.isMeant(by: value) ? firstIssues : secondIssues
        return nil
    }

    /// Whether a value is of the schema's type, even if it breaks its bounds.
    private func isMeant(by value: JSONValue) -> Bool {
        switch (kind, value) {
        case (.boolean, .bool), (.integer, .integer), (.integer, .number), (.number, .integer), (.number, .number),
            (.string, .string), (.array, .array), (.object, .object), (.map, .object), (.tagged, .object),
            (.open, .object):
            true
        case (.either(let first, let second), _): first.isMeant(by: value) || second.isMeant(by: value)
        default: isNullable && value == .null
        }
    }

    static func map(
        _ value: JSONValue,
        _ names: Text,
        _ element: Schema,
        _ limit: Int,
        _ location: [ValidationIssue.Step],
        _ issues: inout [ValidationIssue]
    ) throws(ValidationIssue) -> JSONValue? {
        let members = try members(of: value, location)
        guard members.count <= limit else { throw tooMany("Dictionary", "members", limit, members.count, location) }
        let known = issues.count
        var read: [(key: String, value: JSONValue)] = []
        for (key, value) in members {
            let here = location + [.key(key)]
            do throws(ValidationIssue) { _ = try names.check(.string(key), here) } catch { issues.append(error) }
            if let value = element.read(value, at: here, into: &issues) { read.append((key, value)) }
        }
        return issues.count == known ? .object(JSONObject(read)) : nil
    }

    static func object(
        _ value: JSONValue,
        _ fields: [Field],
        _ location: [ValidationIssue.Step],
        _ issues: inout [ValidationIssue]
    ) throws(ValidationIssue) -> JSONValue? {
        let members = try members(of: value, location)
        let known = issues.count
        var values = Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        var read: [(key: String, value: JSONValue)] = []
        for field in fields {
            let here = location + [.key(field.name)]
            if let value = values.removeValue(forKey: field.name) {
                if let value = field.schema.read(value, at: here, into: &issues) { read.append((field.name, value)) }
            } else if field.isRequired {
                issues.append(ValidationIssue("missing", at: here, "Field required"))
            }
        }
        for (key, _) in members where values[key] != nil && issues.count < maximumIssues {
            let here = location + [.key(String(key.prefix(100)))]
            let hint = Suggestion.nearest(to: key, among: fields.map(\.name)).map { "; did you mean \($0)?" } ?? ""
            issues.append(ValidationIssue("extra_forbidden", at: here, "Extra inputs are not permitted\(hint)"))
        }
        return issues.count == known ? .object(JSONObject(read)) : nil
    }

    static func tagged(
        _ value: JSONValue,
        _ member: String,
        _ schemas: [(word: String, schema: Schema)],
        _ standard: String?,
        _ location: [ValidationIssue.Step],
        _ issues: inout [ValidationIssue]
    ) throws(ValidationIssue) -> JSONValue? {
        _ = try members(of: value, location)
        let here = location + [.key(member)]
        guard let tag = value[member] ?? standard.map({ .string($0) }) else {
            throw ValidationIssue("missing", at: here, "Field required")
        }
        let word = try Text(words: schemas.map(\.word)).check(tag, here)
        return schemas.first { $0.word == word }?.schema.read(value, at: location, into: &issues)
    }

    static func members(
        of value: JSONValue,
        _ location: [ValidationIssue.Step]
    ) throws(ValidationIssue) -> [(key: String, value: JSONValue)] {
        guard case .object(let object) = value else {
            throw ValidationIssue("dict_type", at: location, "Input should be a valid dictionary")
        }
        return object.members
    }

    private static func tooMany(
        _ what: String,
        _ items: String,
        _ limit: Int,
        _ count: Int,
        _ location: [ValidationIssue.Step]
    ) -> ValidationIssue {
        ValidationIssue("too_long", at: location, "\(what) should have at most \(limit) \(items), not \(count)")
    }
}
