import HTTPServer

/// The page that `/` leads to.
enum LandingPage {
    static var response: Response {
        PageLayout.response(
            title: "Sentinel",
            """
            <h1>Sentinel</h1>
            <p>Checks services from the outside, on a schedule, and keeps what it found.</p>
            <ul>
            <li><a href="/incidents">Incidents</a>: what is wrong now, and what was</li>
            <li><a href="/monitors">Monitors</a>: what is checked, and how it is doing</li>
            <li><a href="/docs">API explorer</a>: every request, to read and to try</li>
            </ul>
            <h2>For programs</h2>
            <ul>
            <li><a href="/openapi.json">Description of the API</a> (OpenAPI 3.1)</li>
            <li><a href="/health">Health</a> of this installation (JSON)</li>
            <li><a href="/metrics">Metrics</a> in the format of Prometheus</li>
            </ul>

            """
        )
    }
}
