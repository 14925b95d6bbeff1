import Base
import HTTPServer

/// Monitors with their status, in the order of their ids.
struct MonitorListPage {
    /// The JSON of the monitors.
    let monitors: [JSONValue]
    let count: Int
    /// Where the next page begins; nil on the last.
    let next: Int64?

    var response: Response {
        let more: HTML? = next.map { "<p><a href=\"/monitors?cursor=\($0)\" rel=\"next\">More monitors</a></p>\n" }
        return PageLayout.response(
            title: "Monitors",
            """
            <h1>\(count == 1 ? "1 monitor" : "\(count) monitors")</h1>
            \(monitors.isEmpty ? empty : table)
            \(more)
            """
        )
    }

    private var empty: HTML {
        """
        <p>Nothing is checked yet. \
        <code>sentinel monitors add NAME URL</code> adds a monitor, and so does the <a href="/docs">API</a>.</p>
        """
    }

    private var table: HTML {
        """
        <table>
        <tr><th>State</th><th>Name</th><th>Target</th><th>Last check</th></tr>
        \(HTML.joined(monitors.map(row)))</table>
        """
    }

    private func row(_ monitor: JSONValue) -> HTML {
        let id = monitor["id"]?.integerValue ?? 0
        return """
            <tr><td>\(PageText.state(monitor["status"]?.stringValue ?? "unknown"))</td>\
            <td><a href="/monitors/\(id)">\(monitor["name"]?.stringValue ?? "")</a></td>\
            <td>\(monitor["url"]?.stringValue ?? "")</td>\
            <td class="plain">\(PageText.check(monitor["last_check"]))</td></tr>

            """
    }
}
