import Base
import Domain
import HTTPServer

/// The newest incidents, open ones first.
struct IncidentListPage {
    let running: [Incident]
    let ended: [Incident]
    /// How many are open, even when not all are listed.
    let count: Int
    let now: Timestamp

    var response: Response {
        let content: HTML = """
            <h1>\(count == 0 ? "Nothing is wrong" : count == 1 ? "1 incident" : "\(count) incidents")</h1>
            \(running.isEmpty ? nil : Self.table(running, now: now))
            <h2>Ended</h2>
            \(ended.isEmpty ? "<p>None.</p>" : Self.table(ended, now: now))

            """
        return PageLayout.response(title: "Incidents", content)
    }

    static func table(_ incidents: [Incident], now: Timestamp) -> HTML {
        """
        <table>
        <tr><th>State</th><th>What</th><th>Why</th><th>Since</th><th>Lasts</th></tr>
        \(HTML.joined(incidents.map { row($0, now) }))</table>
        """
    }

    private static func row(_ incident: Incident, _ now: Timestamp) -> HTML {
        """
        <tr><td>\(PageText.state(incident.state.rawValue))</td>\
        <td><a href="/incidents/\(incident.id.rawValue)">\(incident.subject)</a></td><td>\(incident.message)</td>\
        <td class="plain">\(PageText.time(incident.openedAt))</td>\
        <td class="plain">\(PageText.duration(incident.duration(at: now)))</td></tr>

        """
    }
}
