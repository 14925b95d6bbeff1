import Base
import HTTPServer

/// A problem as a page, for example for a path that does not exist.
enum ProblemPage {
    /// Whether the client prefers a page to a problem document.
    static func isWanted(by request: Request) -> Bool {
        request.headers["Accept"]?.lowercased().contains("text/html") ?? false
    }

    static func response(_ problem: APIProblem) -> Response {
        var words: [String] = []
        switch problem.detail {
        case .text(let text): words = [text]
        case .issues(let issues): words = issues.map(\.message)
        }
        let content: HTML = """
            <h1>\(problem.title)</h1>
            \(HTML.joined(words.map { "<p>\($0)</p>\n" }))<p><a href="/incidents">To the incidents</a>, \
            <a href="/monitors">to the monitors</a>.</p>

            """
        var response = PageLayout.response(Status(problem.status), title: problem.title, content)
        for (name, value) in problem.fields { response.headers.append(name, value) }
        response.headers.append("Vary", "Accept")
        return response
    }
}
