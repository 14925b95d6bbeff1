import Base
import Domain
import HTTPServer

/// One monitor: its status, last checks and incidents.
struct MonitorDetailPage {
    /// The monitor's JSON.
    let monitor: JSONValue
    /// Newest first.
    let results: [CheckResult]
    /// Newest first.
    let incidents: [Incident]
    let now: Timestamp

    var response: Response {
        let name = monitor["name"]?.stringValue ?? ""
        let state = monitor["status"]?.stringValue ?? "unknown"
        return PageLayout.response(
            title: "\(name): \(state)",
            """
            <h1>\(name)</h1>
            <p>\(PageText.state(state)) monitor \(monitor["id"]?.integerValue ?? 0)</p>
            <dl>
            \(HTML.joined(facts.map { name, value in "<dt>\(name)</dt><dd>\(value)</dd>\n" }))</dl>
            <h2>Last checks</h2>
            \(results.isEmpty ? "<p>None yet.</p>" : checks)
            <h2>Incidents</h2>
            \(incidents.isEmpty ? "<p>None.</p>" : IncidentListPage.table(incidents, now: now))

            """
        )
    }

    private var facts: [(String, String)] {
        var facts = [("Target", monitor["url"]?.stringValue ?? "")]
        if let since = monitor["status_since"]?.stringValue.flatMap({ Timestamp(iso8601: $0) }) {
            facts.append(("Since", PageText.time(since)))
        }
        if let seconds = monitor["interval"]?.integerValue {
            facts.append(("Checked", "every \(Duration.seconds(seconds).text)"))
        }
        let tags = monitor["tags"]?.arrayValue?.compactMap(\.stringValue) ?? []
        if !tags.isEmpty { facts.append(("Tags", tags.joined(separator: ", "))) }
        return facts
    }

    private var checks: HTML {
        """
        <table>
        <tr><th>Checked</th><th>Result</th><th>Took</th></tr>
        \(HTML.joined(results.map(row)))</table>
        """
    }

    private func row(_ result: CheckResult) -> HTML {
        let outcome = result.outcome
        let words = outcome.failure?.message ?? outcome.statusCode.map { "status \($0)" } ?? "as expected"
        return """
            <tr><td class="plain">\(PageText.time(result.checkedAt))</td><td>\(words)</td>\
            <td class="plain">\(PageText.milliseconds(outcome.latency.inSeconds * 1000))</td></tr>

            """
    }
}
