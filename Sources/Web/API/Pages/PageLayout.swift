import HTTPServer

/// The layout of all pages: no scripts, one style sheet, no requests to other servers.
enum PageLayout {
    static let stylePath = "/style.css"

    /// A page with its title.
    static func response(_ status: Status = .ok, title: String, _ content: HTML) -> Response {
        let page: HTML = """
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><title>\(title)</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <link rel="stylesheet" href="\(stylePath)"></head>
            <body><main>
            <nav><a href="/">Sentinel</a> <a href="/incidents">Incidents</a> <a href="/monitors">Monitors</a> \
            <a href="/docs">API</a></nav>
            \(content)</main></body>
            </html>

            """
        var response = Response(status, contentType: "text/html; charset=utf-8", body: .bytes(Array(page.text.utf8)))
        response.headers.append("Cache-Control", "no-store")
        response.headers.append(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )
        // Forms must send their origin, which no-referrer would hide.
        response.headers.append("Referrer-Policy", "same-origin")
        return response
    }

    static var style: Response {
        var response = Response(.ok, contentType: "text/css; charset=utf-8", body: .bytes(Array(styleText.utf8)))
        response.headers.append("Cache-Control", "max-age=3600")
        return response
    }

    private static let styleText = """
        :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
        body { margin: 0; }
        main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
        nav { display: flex; gap: 1rem; margin-bottom: 1rem; }
        h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
        h2 { font-size: 1.125rem; margin: 2rem 0 .5rem; }
        .state { display: inline-block; white-space: nowrap; font-weight: 600; padding: .125rem .5rem; border-radius: .25rem; color: #fff; background: #616161; }
        .open, .down { background: #b71c1c; }
        .acknowledged, .degraded, .pending { background: #8a5a00; }
        .resolved, .up { background: #1b5e20; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
        dt { opacity: .75; }
        dd { margin: 0; overflow-wrap: anywhere; }
        ol { list-style: none; padding: 0; }
        ul { padding-left: 1.25rem; }
        ol > li { border-left: .25rem solid #8888; padding: .25rem 0 .25rem .75rem; margin-bottom: .5rem; }
        li p { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
        time, .author { font-size: .875rem; opacity: .75; }
        pre { overflow: auto; max-height: 20rem; padding: .5rem; background: #8882; font-size: .875rem; }
        table { border-collapse: collapse; width: 100%; }
        th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
        td { overflow-wrap: anywhere; }
        th, td.plain { white-space: nowrap; overflow-wrap: normal; }
        form { display: grid; gap: .5rem; max-width: 30rem; }
        label { display: grid; gap: .125rem; }
        input, textarea, button { font: inherit; padding: .375rem .5rem; }
        .notice { padding: .5rem .75rem; background: #b71c1c; color: #fff; }
        @media (max-width: 40rem) {
          tr { display: block; padding: .5rem 0; border-bottom: 1px solid #8884; }
          tr:has(th) { display: none; }
          td, td.plain { display: block; border: 0; padding: .0625rem 0; white-space: normal; }
          dl { grid-template-columns: 1fr; gap: 0; }
          dd { margin-bottom: .375rem; }
        }

        """
}
