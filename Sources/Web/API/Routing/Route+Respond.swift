import Base
package import HTTPServer

extension Route {
    /// The most bytes of a request body.
    static let bodyLimit = 1 << 20
    /// The deepest nesting of a request body.
    static let bodyDepth = 32

    /// Validates the request, collecting all errors, and passes it to the handler.
    ///
    /// Throws `APIProblem`: 422 with all validation errors, 400 for an incomplete query or body, 413 and 415 for a body
    /// that is too large or not JSON, `missing` for a path that cannot identify anything, and what `handle` throws.
    package func respond(to request: Request) async throws(APIProblem) -> Response {
        var issues: [ValidationIssue] = []
        let query = try readQuery(request, into: &issues)
        for parameter in parameters {
            let inPath = request.parameters[parameter.name]
            let texts = parameter.place == .path ? inPath.map { [$0] } ?? [] : query[parameter.name] ?? []
            if parameter.place == .path, let text = texts.first, parameter.cannotExist(text) { throw missing }
            do throws(ValidationIssue) { try parameter.check(texts) } catch { issues.append(error) }
        }
        var value = JSONValue.null
        if let body {
            let parsed = try await readBody(request)
            value = body.read(parsed, at: ["body"], into: &issues) ?? .null
        }
        guard issues.isEmpty else { throw APIProblem(issues) }
        return try await handle(Call(request: request, body: value, query: query))
    }

    private func readQuery(
        _ request: Request,
        into issues: inout [ValidationIssue]
    ) throws(APIProblem) -> [String: [String]] {
        if readsAnyQuery {
            return Dictionary(grouping: Query(lenient: request.query).items, by: \.name).mapValues { [$0[0].value] }
        }
        let items: Query
        do throws(HTTPServerError) { items = try request.queryItems() } catch { throw APIProblem(400, "\(error)") }
        var values: [String: [String]] = [:]
        let known = Dictionary(
            parameters.lazy.filter { $0.place == .query }.map { ($0.name, $0.isRepeatable) },
            uniquingKeysWith: { first, _ in first }
        )
        for item in items.items {
            let location: [ValidationIssue.Step] = ["query", .key(String(item.name.prefix(100)))]
            guard let isRepeatable = known[item.name] else {
                issues.append(ValidationIssue("extra_forbidden", at: location, "Extra inputs are not permitted"))
                continue
            }
            if values[item.name] != nil, !isRepeatable {
                issues.append(.value("the parameter is given twice", at: location))
            }
            values[item.name, default: []].append(item.value)
        }
        return values
    }

    private func readBody(_ request: Request) async throws(APIProblem) -> JSONValue {
        if let type = request.headers["Content-Type"], !Self.mayBeJSON(type) {
            throw APIProblem(415, "The body must be application/json")
        }
        let bytes: [UInt8]
        do throws(HTTPServerError) {
            bytes = try await request.body.collect(upTo: Self.bodyLimit)
        } catch {
            if case .bodyTooLarge(let limit) = error {
                throw APIProblem(413, "The body is larger than \(limit) bytes")
            }
            throw APIProblem(400, "The body did not arrive")  // The server has answered or the client has gone.
        }
        guard !bytes.isEmpty else {
            guard needsBody else { return [:] }
            throw APIProblem([ValidationIssue("missing", at: ["body"], "Field required")])
        }
        do throws(JSONError) {
            return try JSONValue(parsing: bytes, maximumDepth: Self.bodyDepth)
        } catch {
            let message = "JSON decode error: \(error)"
            throw APIProblem([ValidationIssue("json_invalid", at: ["body", .index(error.offset)], message)])
        }
    }

    /// Clients that send no type are accepted, forms and other formats are not taken for JSON.
    private static func mayBeJSON(_ type: String) -> Bool {
        let name = type.prefix { $0 != ";" }.lowercased()
        return !name.hasPrefix("multipart/") && !["application/xml", "text/xml", "application/yaml"].contains(name)
    }
}
