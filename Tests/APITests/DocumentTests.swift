import API
import Base
import HTTPServer
import Testing

/// The OpenAPI document is complete and correct.
@Suite struct DocumentTests {
    @Test(arguments: ["/openapi.json", "/api/openapi.json", "/openapi.json/"])
    func openAPIDocumentIsServed(path: String) async throws {
        let app = try await TestApplication()
        let answer = await app.send(.get, path)
        #expect(answer.status == 200)
        #expect(answer.json["openapi"] == "3.1.0")
        #expect(answer.json["info"]?["title"] == "Sentinel Monitoring API")
        #expect(answer.json["info"]?["version"] == .string(Base.version))
        #expect(answer.text == app.api.document.description)
    }

    private func operations(_ document: JSONValue) -> [(method: String, path: String, operation: JSONValue)] {
        guard case .object(let paths)? = document["paths"] else { return [] }
        return paths.members.flatMap { path, item -> [(method: String, path: String, operation: JSONValue)] in
            guard case .object(let methods) = item else { return [] }
            return methods.members.map { ($0.key.uppercased(), path, $0.value) }
        }
    }

    @Test func everyRouteIsDocumentedAndEveryDocumentedRouteAnswers() async throws {
        let app = try await TestApplication()
        await app.createMonitor()
        let documented = operations(app.api.document)
        let registered = Set(app.api.routes.map { "\($0.method) \($0.path)" })
        #expect(Set(documented.map { "\($0.method) \($0.path)" }) == registered)
        #expect(registered.count == app.api.routes.count && registered.count >= 20)
        #expect(
            Set(documented.map { $0.operation["operationId"] }.compactMap { $0?.stringValue }).count == documented.count
        )
        for (method, path, operation) in documented where path != "/assets/{version}/{name}" {
            var target = path
            while let open = target.firstIndex(of: "{"), let close = target.firstIndex(of: "}") {
                target.replaceSubrange(open...close, with: "1")
            }
            let answer = await app.send(Method(method), target, ["name": "N", "url": "http://n/"])
            #expect(answer.status != 405 && answer.json["detail"] != "Not Found", "\(method) \(path) \(answer)")
            #expect(operation["responses"]?["\(answer.status)"] != nil, "\(method) \(path) \(answer)")
        }
    }

    @Test func referencesResolveAndOperationsAreComplete() async throws {
        let document = try await TestApplication().api.document
        guard case .object(let schemas)? = document["components"]?["schemas"] else { return #expect(Bool(false)) }
        let names = Set(schemas.members.map(\.key))
        for (name, schema) in schemas.members {
            #expect(schema["description"]?.stringValue?.isEmpty == false, "\(name)")
        }
        var references: Set<String> = []
        collectReferences(document, into: &references)
        #expect(references == names)
        for (method, path, operation) in operations(document) {
            #expect(operation["summary"]?.stringValue?.isEmpty == false)
            #expect(operation["description"]?.stringValue?.hasSuffix(".") == true, "\(method) \(path)")
            #expect(operation["tags"]?.arrayValue?.count == 1)
            guard case .object(let responses)? = operation["responses"] else { return #expect(Bool(false)) }
            #expect(
                responses.members.contains {
                    ["1", "2"].contains($0.key.prefix(1)) || ["302", "303"].contains($0.key)
                },
                "\(method) \(path)"
            )
            let inPath = path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
                String($0.dropFirst().dropLast())
            }
            let parameters = operation["parameters"]?.arrayValue ?? []
            #expect(parameters.filter { $0["in"] == "path" }.compactMap { $0["name"]?.stringValue } == inPath)
            #expect(
                (operation["requestBody"] != nil) == ["POST", "PUT", "PATCH"].contains(method)
                    || ["check", "test", "resend", "pause", "resume", "drain"].contains { path.hasSuffix("/\($0)") }
            )
            for parameter in parameters { #expect(parameter["schema"]?["type"] != nil, "\(parameter)") }
        }
    }

    @Test func responseHeadersAreDeclared() async throws {
        let document = try await TestApplication().api.document
        func headers(_ path: String, _ method: String, _ status: String) -> JSONValue? {
            document["paths"]?[path]?[method]?["responses"]?[status]?["headers"]
        }
        for path in ["/api/v1/incidents", "/api/v1/channels", "/api/v1/silences", "/api/v1/servers/"] {
            #expect(headers(path, "get", "200")?["X-Next-Cursor"] != nil && headers(path, "get", "200")?["Link"] != nil)
            #expect(headers(path, "get", "503")?["Retry-After"] != nil)
        }
        #expect(headers("/api/v1/silences", "post", "201")?["Location"] != nil)
        #expect(headers("/incidents/{id}", "post", "303")?["Location"] != nil)
    }

    private func collectReferences(_ value: JSONValue, into references: inout Set<String>) {
        switch value {
        case .array(let elements): for element in elements { collectReferences(element, into: &references) }
        case .object(let object):
            for (key, value) in object.members {
                if key == "$ref", let text = value.stringValue, text.hasPrefix("#/components/schemas/") {
                    references.insert(String(text.dropFirst("#/components/schemas/".count)))
                }
                collectReferences(value, into: &references)
            }
        default: break
        }
    }

    /// The answers match their schemas, and so do the examples.
    @Test func answersMatchTheirSchemas() async throws {
        let app = try await TestApplication()
        app.health.set("store", .degraded("slow"))
        await app.createMonitor()
        let task = await app.send(.post, "/api/v1/monitors/1/check").json["task_id"]?.stringValue ?? ""
        for (method, path, body) in [
            (.get, "/api/v1/monitors", nil), (.get, "/api/v1/monitors/1", nil), (.get, "/api/domains/", nil),
            (.get, "/health", nil), (.get, "/api/v1/health/liveness", nil), (.get, "/api/tasks/\(task)", nil),
            (.get, "/api/domains/9", nil), (.get, "/api/domains/x", nil), (.post, "/api/domains/", ["name": 1]),
            (.post, "/api/domains/", ["name": "D", "url": "http://d/"]), (.post, "/api/monitoring/1/check", nil),
        ] as [(Method, String, JSONValue?)] {
            let answer = await app.send(method, path, body)
            let route = try #require(app.api.routes.first { $0.method == method && fits($0.path, path) })
            let schema = route.responses.first { $0.status == answer.status }?.schema
            let expected = schema ?? (answer.status == 422 ? APIProblem.validationSchema : APIProblem.schema)
            var issues: [ValidationIssue] = []
            _ = expected.read(answer.json, at: [], into: &issues)
            #expect(issues.isEmpty, "\(method) \(path) \(answer)")
        }
    }

    private func fits(_ template: String, _ path: String) -> Bool {
        let (parts, segments) = (template.split(separator: "/"), path.split(separator: "/"))
        return parts.count == segments.count && zip(parts, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }

    @Test func examplesAreValid() async throws {
        for route in try await TestApplication().api.routes {
            for schema in [route.body].compactMap({ $0 }) + route.responses.compactMap(\.schema) {
                var components: [String: JSONValue] = [:]
                let document = schema.document(&components)
                for (_, component) in components { checkExamples(component) }
                checkExamples(document)
            }
        }
    }

    /// Every example has the type of its schema and obeys its limits.
    private func checkExamples(_ schema: JSONValue) {
        guard case .object(let object) = schema else { return }
        for example in schema["examples"]?.arrayValue ?? [] {
            let types =
                schema["type"]?.arrayValue?.compactMap(\.stringValue) ?? [schema["type"]?.stringValue].compactMap { $0 }
            let type =
                switch example {
                case .string: "string"
                case .integer: "integer"
                case .number: "number"
                case .object: "object"
                default: "other"
                }
            #expect(types.isEmpty || types.contains(type) || types.contains("number"), "\(schema)")
            if let number = example.doubleValue {
                #expect(number >= schema["minimum"]?.doubleValue ?? -.infinity, "\(schema)")
                #expect(number <= schema["maximum"]?.doubleValue ?? .infinity, "\(schema)")
            }
        }
        for (_, value) in object.members { checkExamples(value) }
    }
}
