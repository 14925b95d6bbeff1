package import Base
import HTTPServer

/// The OpenAPI 3.1 description of a list of routes; nothing in it is written by hand.
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
        let schemas = components.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": .string(title),
                "version": .string(version),
                "description": "Checks services from the outside, on a schedule, and keeps what it found.",
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
            ("tags", [.string(route.tag)]),
        ])
        if !route.parameters.isEmpty {
            object["parameters"] = .array(route.parameters.map { parameter($0, &components) })
        }
        if let body = route.body {
            object["requestBody"] = [
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
        for response in route.documentedResponses {
            responses["\(response.status)"] = Self.response(response, &components)
        }
        object["responses"] = .object(responses)
        return .object(object)
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

    private static func response(
        _ response: DocumentedResponse,
        _ components: inout [String: JSONValue]
    ) -> JSONValue {
        var object = JSONObject([("description", .string(response.description))])
        if let schema = response.schema {
            object["content"] = .object(
                JSONObject([(response.mediaType, ["schema": schema.document(&components)])])
            )
        }
        return .object(object)
    }
}

extension Route {
    /// The route's own answers and those that follow from what it takes.
    var documentedResponses: [DocumentedResponse] {
        var all = responses
        func add(_ status: Int, _ description: String) {
            if !all.contains(where: { $0.status == status }) { all.append(.problem(status, description)) }
        }
        if body != nil {
            add(413, "The body is too large.")
            add(415, "The body is not JSON.")
        }
        if body != nil || !parameters.isEmpty { add(422, "The input is invalid; each fault is told.") }
        if parameters.contains(where: { $0.place == .path }) { add(404, "There is no such thing.") }
        add(500, "Something went wrong inside; the text names the request for the log.")
        return all.sorted { $0.status < $1.status }
    }
}
