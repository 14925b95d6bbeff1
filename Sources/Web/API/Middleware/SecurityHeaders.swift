import HTTPServer

/// Adds header fields that keep browsers from misusing a response; a handler's own fields take precedence.
struct SecurityHeaders: Middleware {
    private static let fields = [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ]

    func respond(to request: Request, next: Handler) async -> Response {
        var response = await next(request)
        for (name, value) in Self.fields where response.headers[name] == nil { response.headers.append(name, value) }
        return response
    }
}
