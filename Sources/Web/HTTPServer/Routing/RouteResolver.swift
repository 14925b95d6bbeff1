/// Finds the route of a request and runs it.
struct RouteResolver: Sendable {
    let trie: RouteTrie
    let middleware: [any Middleware]
    let onProblem: Router.ProblemRenderer

    func respond(to request: Request) async -> Response {
        var request = request
        if request.path == "*" { return await respondToOptions([.get, .head, .post, .put, .patch, .delete], request) }
        guard let segments = Self.segments(of: request.path, atMost: trie.depth) else {
            return await refuse(Problem(.badRequest, "The path has an invalid percent escape."), request)
        }
        switch trie.match(request.method, segments) {
        case .found(let route, let values):
            request.route = route.template
            if !values.isEmpty { request.parameters = PathParameters(names: route.parameterNames, values: values) }
            var response = await route.handler(request)
            response.route = route.template
            return response
        case .otherMethods(let methods, let template):
            request.route = template
            var response =
                request.method == .options
                ? await respondToOptions(methods, request)
                : await refuse(
                    Problem(.methodNotAllowed, "The method is not allowed here.", allow: Self.allowed(methods)),
                    request
                )
            response.route = template
            return response
        case .none:
            return await refuse(Problem(.notFound, "There is nothing at this path."), request)
        }
    }

    /// The decoded segments, at most one more than a route can have; nil when an escape is invalid.
    static func segments(of path: String, atMost depth: Int) -> [String]? {
        var parts = path.utf8.first == UInt8(ascii: "/") ? path.dropFirst() : path[...]
        if parts.utf8.last == UInt8(ascii: "/") { parts = parts.dropLast() }
        guard !parts.isEmpty else { return path.utf8.count <= 1 ? [] : [""] }
        var segments: [String] = []
        for part in parts.split(separator: "/", maxSplits: depth + 1, omittingEmptySubsequences: false) {
            guard let segment = PercentDecoding.decode(part) else { return nil }
            segments.append(segment)
        }
        return segments
    }

    private static func allowed(_ methods: [Method]) -> [Method] {
        var all = methods
        if all.contains(.get), !all.contains(.head) { all.append(.head) }
        if !all.contains(.options) { all.append(.options) }
        return all
    }

    private func respondToOptions(_ methods: [Method], _ request: Request) async -> Response {
        let allow = Self.allowed(methods).headerValue
        return await compose(middleware) { _ in Response(.noContent, headers: ["Allow": allow]) }(request)
    }

    private func refuse(_ problem: Problem, _ request: Request) async -> Response {
        let onProblem = onProblem
        return await compose(middleware) { request in
            var response = onProblem(problem, request)
            if !problem.allow.isEmpty, response.headers["Allow"] == nil {
                response.headers["Allow"] = problem.allow.headerValue
            }
            return response
        }(request)
    }
}
