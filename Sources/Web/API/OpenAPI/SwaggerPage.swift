import Base
import CWebAssets
import HTTPServer

/// The API explorer, served from files that were embedded at build time.
struct SwaggerPage: Sendable {
    private let script: WebAsset
    private let style: WebAsset
    private let start: WebAsset

    init() {
        script = WebAsset(name: "swagger-ui.js", type: "text/javascript; charset=utf-8", CWebAssets_swagger_js)
        style = WebAsset(name: "swagger-ui.css", type: "text/css; charset=utf-8", CWebAssets_swagger_css)
        start = WebAsset(name: "swagger-start.js", type: "text/javascript; charset=utf-8", bytes: Self.starter)
    }

    var assets: [WebAsset] { [script, style, start] }

    /// The page; without the embedded files it explains how to get them.
    var response: Response {
        let body = script.isEmpty || style.isEmpty ? Self.missing : page
        var response = Response(.ok, contentType: "text/html; charset=utf-8", body: .bytes(Array(body.utf8)))
        response.headers.append("Cache-Control", "no-cache")
        response.headers.append("Content-Security-Policy", Self.policy)
        return response
    }

    /// Swagger UI sets inline styles and embeds its icons as data; scripts come only from this server.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    private var page: String {
        """
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><title>Sentinel Monitoring API</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <link rel="stylesheet" href="\(style.path)"></head>
        <body><div id="swagger-ui"></div>
        <script src="\(script.path)"></script>
        <script src="\(start.path)"></script></body>
        </html>

        """
    }

    private static let starter = """
        SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null });

        """

    private static let missing = """
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><title>Sentinel Monitoring API</title></head>
        <body><h1>Sentinel Monitoring API</h1>
        <p>The API explorer was not built in: run <code>make setup</code>, then build again.
        The description itself is at <a href="/openapi.json">/openapi.json</a>.</p></body>
        </html>

        """
}
