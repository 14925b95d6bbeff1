/// Collects routes and middleware, and makes one handler of them.
///
/// A path answers with and without a trailing slash; parameters are percent-decoded and never empty. GET routes answer
/// HEAD, every path answers OPTIONS with `Allow`; unknown paths, other methods and broken escapes go to `onProblem`.
package struct Router {
    /// Renders the router's refusals: 400, 404 and 405.
    package typealias ProblemRenderer = @Sendable (Problem, Request) -> Response

    private struct Entry {
        let method: Method
        let pattern: RoutePattern
        let handler: Handler
    }

    private var entries: [Entry] = []
    private var middleware: [any Middleware] = []
    private var onProblem: ProblemRenderer

    package init(onProblem: @escaping ProblemRenderer = { problem, _ in problem.response }) {
        self.onProblem = onProblem
    }

    /// Adds middleware around every answer of the router, refusals included; the first added is the outermost.
    package mutating func use(_ step: any Middleware) { middleware.append(step) }

    /// Adds a route; `template` is a path whose whole segments may be `{name}`.
    ///
    /// Traps on a malformed template and on a second route for the same method and path.
    package mutating func on(
        _ method: Method,
        _ template: String,
        middleware: [any Middleware] = [],
        _ handler: @escaping Handler
    ) {
        entries.append(Entry(method: method, pattern: RoutePattern(template), handler: compose(middleware, handler)))
    }

    /// Adds routes that share a prefix and middleware.
    package mutating func group(
        _ prefix: String,
        middleware: [any Middleware] = [],
        _ build: (inout RouteGroup) -> Void
    ) {
        var group = RouteGroup(prefix: prefix, middleware: middleware)
        build(&group)
        for route in group.routes { on(route.method, route.template, middleware: middleware, route.handler) }
    }

    /// The handler that serves the routes added so far.
    package func makeHandler() -> Handler {
        var trie = RouteTrie()
        for entry in entries { trie.insert(entry.method, entry.pattern, compose(middleware, entry.handler)) }
        let resolver = RouteResolver(trie: trie, middleware: middleware, onProblem: onProblem)
        return { request in await resolver.respond(to: request) }
    }
}

/// Routes under one prefix.
package struct RouteGroup {
    struct Route {
        let method: Method
        let template: String
        let handler: Handler
    }
    let prefix: String
    let middleware: [any Middleware]
    private(set) var routes: [Route] = []

    /// Adds a route below the prefix; see `Router.on`.
    package mutating func on(_ method: Method, _ template: String, _ handler: @escaping Handler) {
        routes.append(Route(method: method, template: prefix + template, handler: handler))
    }
}
