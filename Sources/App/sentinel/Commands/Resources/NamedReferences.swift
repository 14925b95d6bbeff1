import Base

/// Settings that hold the numbers of other resources, for which a command line takes names.
enum NamedReferences {
    /// Whether the values of a setting are numbers of a resource.
    static func hasNames(_ setting: String) -> Bool { resource(of: setting) != nil }

    private static func resource(of setting: String) -> ServerResource? {
        switch setting {
        case "channels", "fallback_id": .channels
        case "depends_on": .monitors
        case "server_id": .servers
        default: nil
        }
    }

    /// The body of a request with numbers in place of names.
    ///
    /// Throws when no resource, or more than one, has a name.
    @inline(never)
    static func resolved(_ body: JSONObject, _ client: ServerClient) async throws -> JSONValue {
        var body = body
        for (name, value) in body.members {
            guard let resource = resource(of: name) else { continue }
            if let values = value.arrayValue {
                var numbers: [JSONValue] = []
                for value in values { numbers.append(try await number(value, resource, client)) }
                body[name] = .array(numbers)
            } else {
                body[name] = try await number(value, resource, client)
            }
        }
        return .object(body)
    }

    @inline(never)
    private static func number(
        _ value: JSONValue,
        _ resource: ServerResource,
        _ client: ServerClient
    ) async throws -> JSONValue {
        guard let text = value.stringValue else { return value }
        return .integer(try await resource.number(of: text, client))
    }
}
