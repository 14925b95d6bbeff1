/// A step around handlers: authentication, rate limits, headers.
package protocol Middleware: Sendable {
    /// Answers the request itself, or passes it on with `next` and may change the response.
    func respond(to request: Request, next: Handler) async -> Response
}

/// A handler behind middleware; the first in the list is the outermost.
func compose(_ middleware: [any Middleware], _ handler: @escaping Handler) -> Handler {
    middleware.reversed().reduce(handler) { next, step in
        { request in await step.respond(to: request, next: next) }
    }
}
