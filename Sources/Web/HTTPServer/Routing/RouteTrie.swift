/// Routes by path segment: at every step a literal wins over a parameter.
struct RouteTrie {
    /// The route of a path for one method.
    struct Route {
        let template: String
        let parameterNames: [String]
        let handler: Handler
    }

    /// The outcome of a look-up.
    enum Match {
        case found(Route, values: [String])
        /// The path exists, but only for these methods; its template.
        case otherMethods([Method], template: String)
        case none
    }

    private struct Node {
        var literals: [String: Int] = [:]
        var parameter: Int?
        var routes: [(method: Method, route: Route)] = []
    }

    private var nodes = [Node()]
    /// The most segments of any route; longer paths match nothing.
    private(set) var depth = 0

    /// Adds a route; traps when the method already has one for that path: that is a programming error.
    mutating func insert(_ method: Method, _ pattern: RoutePattern, _ handler: @escaping Handler) {
        var index = 0
        for segment in pattern.segments { index = child(of: index, segment) }
        precondition(
            !nodes[index].routes.contains { $0.method == method },
            "the route \(method) \(pattern.template) exists already"
        )
        let route = Route(template: pattern.template, parameterNames: pattern.parameterNames, handler: handler)
        nodes[index].routes.append((method, route))
        depth = max(depth, pattern.segments.count)
    }

    private mutating func child(of index: Int, _ segment: RoutePattern.Segment) -> Int {
        switch segment {
        case .literal(let text):
            if let next = nodes[index].literals[text] { return next }
            nodes[index].literals[text] = nodes.count
        case .parameter:
            if let next = nodes[index].parameter { return next }
            nodes[index].parameter = nodes.count
        }
        nodes.append(Node())
        return nodes.count - 1
    }

    /// Finds the route for decoded segments; GET routes answer HEAD.
    ///
    /// The first matching path decides, literals before parameters: only its methods are considered.
    func match(_ method: Method, _ segments: [String]) -> Match {
        var search = Search(method: method, segments: segments)
        if segments.count <= depth, let route = find(from: 0, at: 0, &search) {
            return .found(route, values: search.values)
        }
        return search.template.map { .otherMethods(search.allowed, template: $0) } ?? .none
    }

    private struct Search {
        let method: Method
        let segments: [String]
        var values: [String] = []
        var allowed: [Method] = []
        var template: String?
    }

    private func find(from index: Int, at position: Int, _ search: inout Search) -> Route? {
        guard position < search.segments.count else { return route(at: index, &search) }
        let segment = search.segments[position]
        if let next = nodes[index].literals[segment], let found = find(from: next, at: position + 1, &search) {
            return found
        }
        if search.template != nil { return nil }
        guard let next = nodes[index].parameter, !segment.isEmpty else { return nil }
        search.values.append(segment)
        if let found = find(from: next, at: position + 1, &search) { return found }
        search.values.removeLast()
        return nil
    }

    private func route(at index: Int, _ search: inout Search) -> Route? {
        let routes = nodes[index].routes
        if let exact = routes.first(where: { $0.method == search.method }) { return exact.route }
        if search.method == .head, let get = routes.first(where: { $0.method == .get }) { return get.route }
        for (method, route) in routes {
            if search.template == nil { search.template = route.template }
            if !search.allowed.contains(method) { search.allowed.append(method) }
        }
        return nil
    }
}
