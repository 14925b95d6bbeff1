package import Base
import HTTPServer

/// The OpenAPI 3.1 description, generated completely from a list of routes.
package struct OpenAPIDocument: Sendable {
    package let title: String
    package let version: String
    package let routes: [Route]

    package init(title: String, version: String, routes: [Route]) {
        (self.title, self.version, self.routes) = (title, version, routes)
    }

    /// The document.
    package var json: JSONValue {
        var components: [String: JSONValue] = [:]
        var paths = JSONObject()
        for route in routes {
            var item = JSONObject()
            if case .object(let known)? = paths[route.path] { item = known }
            item[route.method.description.lowercased()] = operation(route, &components)
            paths[route.path] = .object(item)
        }
        var descriptions: [String: String] = [:]
        Self.collectDescriptions(.object(paths), "", into: &descriptions)
        // Components refer to others, which may refer to further ones.
        var described = -1
        while described < descriptions.count {
            described = descriptions.count
            for (name, schema) in components.sorted(by: { $0.key < $1.key }) {
                guard let known = descriptions[name] else { continue }
                Self.collectDescriptions(schema, known, into: &descriptions)
            }
        }
        let schemas = components.sorted { $0.key < $1.key }.map { name, schema -> (key: String, value: JSONValue) in
            guard case .object(var object) = schema, object["description"] == nil, let words = descriptions[name] else {
                return (name, schema)
            }
            object["description"] = .string(words)
            return (name, .object(object))
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": .string(title),
                "version": .string(version),
                "description": .string(
                    "Checks services from the outside, on a schedule, and keeps the results. Lengths of time are "
                        + "seconds, in whole milliseconds where they are not whole numbers; finer ones are refused."
                ),
                "license": ["name": "MIT", "identifier": "MIT"],
            ],
            "servers": [["url": "/"]],
            "tags": .array(tags.map { ["name": .string($0)] }),
            "paths": .object(paths),
            "components": ["schemas": .object(JSONObject(schemas))],
        ]
    }

    /// In the order of their first route.
    private var tags: [String] {
        routes.reduce(into: []) { tags, route in if !tags.contains(route.tag) { tags.append(route.tag) } }
    }

    private func operation(_ route: Route, _ components: inout [String: JSONValue]) -> JSONValue {
        var object = JSONObject([
            ("operationId", .string(route.operation)),
            ("summary", .string(route.summary)),
            ("description", .string(route.explanation)),
            ("tags", [.string(route.tag)]),
        ])
        if !route.parameters.isEmpty {
            object["parameters"] = .array(route.parameters.map { parameter($0, &components) })
        }
        if let body = route.body {
            object["requestBody"] = [
                "description":
                    "Read as JSON, whatever the Content-Type says or without one, except multipart, XML and YAML.",
                "required": .bool(route.needsBody),
                "content": ["application/json": ["schema": body.document(&components)]],
            ]
        }
        if let form = route.form {
            object["requestBody"] = [
                "required": true,
                "content": ["application/x-www-form-urlencoded": ["schema": form.document(&components)]],
            ]
        }
        var responses = JSONObject()
        let documented = route.documentedResponses
        for response in documented {
            let alike = documented.filter { $0.status == response.status }
            responses["\(response.status)"] = Self.response(alike, &components)
        }
        object["responses"] = .object(responses)
        return .object(object)
    }

    /// Collects, by the schema's name, the description of the first place that refers to it.
    private static func collectDescriptions(
        _ value: JSONValue,
        _ context: String,
        into descriptions: inout [String: String]
    ) {
        switch value {
        case .array(let items): for item in items { collectDescriptions(item, context, into: &descriptions) }
        case .object(let object):
            let own = object["description"]?.stringValue ?? context
            if let reference = object["$ref"]?.stringValue, let name = reference.split(separator: "/").last {
                if descriptions[String(name)] == nil, !own.isEmpty { descriptions[String(name)] = own }
                return
            }
            for (key, member) in object.members {
                let words = key == "requestBody" ? "The body of a request: \(own)" : own
                collectDescriptions(member, words, into: &descriptions)
            }
        default: break
        }
    }

    private func parameter(
        _ parameter: ParameterSpecification,
        _ components: inout [String: JSONValue]
    ) -> JSONValue {
        var schema = parameter.schema.document(&components)
        if let value = parameter.defaultValue, case .object(var object) = schema {
            object["default"] = value
            schema = .object(object)
        }
        return [
            "name": .string(parameter.name),
            "in": .string(parameter.place.rawValue),
            "required": .bool(parameter.place == .path),
            "description": .string(parameter.description),
            "schema": schema,
        ]
    }

    /// The responses of one status, which differ in their media types.
    private static func response(
        _ responses: [DocumentedResponse],
        _ components: inout [String: JSONValue]
    ) -> JSONValue {
        var object = JSONObject([("description", .string(responses[0].description))])
        var headers = JSONObject()
        for field in responses.flatMap(\.fields) {
            headers[field.name] = [
                "description": .string(field.description), "schema": field.schema.document(&components),
            ]
        }
        if !headers.members.isEmpty { object["headers"] = .object(headers) }
        var content = JSONObject()
        for response in responses {
            guard let schema = response.schema else { continue }
            content[response.mediaType] = ["schema": schema.document(&components)]
        }
        if !content.members.isEmpty { object["content"] = .object(content) }
        return .object(object)
    }
}

extension Route {
    /// The route's own responses and those that its input makes possible.
    var documentedResponses: [DocumentedResponse] {
        var all = responses
        func add(_ status: Int, _ description: String) {
            let isKnown = all.contains { $0.status == status && (!isPage || $0.mediaType == APIProblem.mediaType) }
            if !isKnown { all.append(.problem(status, description)) }
        }
        if body != nil {
            add(413, "The body is too large.")
            add(
                415,
                "The body's type is multipart, XML or YAML; it is read as JSON with any other type and without one."
            )
        }
        if body != nil || !parameters.isEmpty { add(422, "The input is invalid; the response lists every error.") }
        if parameters.contains(where: { $0.place == .path }) { add(404, "It does not exist.") }
        add(400, "The request is malformed: its path, its query or its framing.")
        add(403, "A page of another origin sent it, or the page's origin is not trusted.")
        add(421, "The server does not accept the name in the Host field.")
        add(500, "An internal error; the text has the request's number in the log.")
        if isPage {
            // Browsers accept HTML and get problems as pages too.
            for problem in all where problem.mediaType == APIProblem.mediaType && problem.status != 500 {
                if all.contains(where: { $0.status == problem.status && $0.mediaType == "text/html" }) { continue }
                all.append(.other(problem.status, "text/html", problem.description))
            }
        }
        return all.sorted { ($0.status, $0.mediaType) < ($1.status, $1.mediaType) }
    }

    /// The summary as a sentence, followed by the details.
    var explanation: String {
        let sentence = summary.hasSuffix(".") ? summary : summary + "."
        return details.map { "\(sentence) \($0)" } ?? sentence
    }
}
