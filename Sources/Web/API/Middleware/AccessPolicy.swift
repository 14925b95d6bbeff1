import HTTPServer

/// Which host names the server accepts, and which origins may write to it from a browser.
package struct AccessPolicy: Sendable {
    /// Host names besides the loopback names; `.example.com` includes its subdomains, `*` accepts every name.
    package var allowedHosts: [String]
    /// Origins besides the server's own: `https://status.example.com`.
    package var trustedOrigins: [String]

    package init(allowedHosts: [String] = [], trustedOrigins: [String] = []) {
        self.allowedHosts = allowedHosts.map { $0.lowercased() }
        self.trustedOrigins = trustedOrigins.map { $0.lowercased() }
    }

    private static let loopback: Set<String> = ["localhost", "127.0.0.1", "[::1]"]

    /// Why a request is refused; nil when it is accepted.
    func refusal(of request: Request) -> APIProblem? {
        // Only clients that are no browsers leave the name out, and only browsers can be misled by a name.
        if let host = request.headers["Host"], !(HostField(host).map { answers(to: $0.name) } ?? false) {
            return APIProblem(421, "This server does not answer to that host name; add it to ALLOWED_HOSTS")
        }
        guard ![.get, .head, .options].contains(request.method), !isTrusted(request) else { return nil }
        return APIProblem(403, "Pages of other origins may not write here")
    }

    /// Whether a request comes from the server's own pages, from a trusted origin or from no page at all.
    ///
    /// Browsers let any page open a WebSocket and read it, so the WebSocket routes check this too.
    func isTrusted(_ request: Request) -> Bool {
        guard let origin = request.headers["Origin"]?.lowercased() else {
            // Browsers leave the origin out of some requests, and name the source here.
            let site = request.headers["Sec-Fetch-Site"]?.lowercased()
            return site == nil || site == "same-origin" || site == "none"
        }
        return trustedOrigins.contains(origin) || Self.isSame(origin, request.headers["Host"]?.lowercased())
    }

    private func answers(to name: String) -> Bool {
        Self.loopback.contains(name)
            || allowedHosts.contains { allowed in
                allowed == "*" || allowed == name
                    || (allowed.hasPrefix(".") && (name.hasSuffix(allowed) || name == allowed.dropFirst()))
            }
    }

    private static func isSame(_ origin: String, _ host: String?) -> Bool {
        guard let host else { return false }
        return origin == "http://\(host)" || origin == "https://\(host)"
            || "\(origin):80" == "http://\(host)" || "\(origin):443" == "https://\(host)"
    }
}

/// Refuses requests that another site's page may have caused.
struct AccessGuard: Middleware {
    let policy: AccessPolicy

    func respond(to request: Request, next: Handler) async -> Response {
        if let problem = policy.refusal(of: request) { return problem.response }
        return await next(request)
    }
}
