import Base
import Domain
import HTTPServer

/// One incident with its timeline and forms; the links in notifications lead here.
struct IncidentPage {
    let incident: Incident
    /// The newest lines.
    let timeline: [IncidentEvent]
    let now: Timestamp
    /// Why a command failed.
    var notice: String?
    /// Whether there are older lines.
    var isCut = false

    func response(_ status: Status = .ok) -> Response {
        PageLayout.response(status, title: "\(incident.subject): \(incident.state.rawValue)", content)
    }

    private var content: HTML {
        """
        \(notice.map { "<p class=\"notice\" role=\"alert\">\($0)</p>\n" })<h1>\(incident.subject)</h1>
        <p>\(PageText.state(incident.state.rawValue)) \(incident.severity.rawValue) · incident \(incident.id.rawValue)</p>
        <p>\(incident.message)</p>
        <dl>
        \(monitor)\(HTML.joined(facts.map { name, value in "<dt>\(name)</dt><dd>\(value)</dd>\n" }))</dl>
        \(forms)
        <h2>What happened</h2>
        \(isCut ? cut : nil)
        <ol>
        \(HTML.joined(timeline.map(line)))</ol>

        """
    }

    private var monitor: HTML? {
        incident.monitorID.map { id in
            "<dt>Monitor</dt><dd><a href=\"/monitors/\(id.rawValue)\">monitor \(id.rawValue)</a></dd>\n"
        }
    }

    private var cut: HTML {
        """
        <p>Before these there are \
        <a href="/api/v1/incidents/\(incident.id.rawValue)/timeline">more lines</a>.</p>
        """
    }

    private var facts: [(String, String)] {
        var facts = [("Target", incident.target), ("Since", PageText.time(incident.openedAt))]
        if let reason = incident.reason { facts.append(("Reason", reason)) }
        let lasts = incident.duration(at: now)
        facts.append((incident.resolvedAt == nil ? "Lasts" : "Lasted", PageText.duration(lasts)))
        if let at = incident.acknowledgedAt {
            let name = incident.acknowledgedBy.map { " by \($0)" } ?? ""
            facts.append(("Acknowledged", PageText.time(at) + name))
        }
        if let at = incident.resolvedAt {
            facts.append(("Ended", "\(PageText.time(at)): \(incident.resolution ?? "over")"))
        }
        if incident.reopenings > 0 { facts.append(("Came back", "\(incident.reopenings) times")) }
        if !incident.tags.isEmpty { facts.append(("Tags", incident.tags.joined(separator: ", "))) }
        if let cause = incident.causedBy { facts.append(("Explained by", "incident \(cause.rawValue)")) }
        return facts
    }

    private var forms: HTML {
        let acknowledge: HTML = "<button name=\"action\" value=\"acknowledge\">Acknowledge</button>"
        let isOpen = incident.state == .open
        return """
            <h2 id="acknowledge">\(isOpen ? "Acknowledge" : "Say something")</h2>
            <form method="post" action="/incidents/\(incident.id.rawValue)">
            <label>Your name <input name="author" maxlength="100" autocomplete="name"></label>
            <label>Comment <textarea name="comment" maxlength="4000" rows="2"></textarea></label>
            <div>\(isOpen ? acknowledge : nil)
            <button name="action" value="comment">Comment</button></div>
            </form>
            """
    }

    private func line(_ event: IncidentEvent) -> HTML {
        """
        <li><time datetime="\(event.at.description)">\(PageText.time(event.at))</time> \
        <span class="author">\(event.kind.rawValue)\(event.author.map { " by \($0)" } ?? "")</span>
        <p>\(event.text)</p>
        \(event.detail.map(evidence))</li>

        """
    }

    /// A failed check with its phases and the target's response.
    private func evidence(_ detail: JSONValue) -> HTML {
        guard let phases = detail["phases"] else { return "" }
        var rows: [(String, String)] = []
        for name in ["dns", "connect", "tls", "first_byte", "transfer"] {
            if let time = phases[name]?.doubleValue { rows.append((name, PageText.milliseconds(time))) }
        }
        if let total = detail["latency_ms"]?.doubleValue { rows.append(("in all", PageText.milliseconds(total))) }
        for (name, key) in [("address", "remote_address"), ("HTTP version", "http_version")] {
            if let text = detail[key]?.stringValue { rows.append((name, text)) }
        }
        if let certificate = detail["certificate"], let subject = certificate["subject"]?.stringValue {
            let end = certificate["not_after"]?.stringValue ?? "?"
            let problem = certificate["problem"]?.stringValue.map { "; \($0)" } ?? ""
            rows.append(("certificate", "\(subject), until \(end)\(problem)"))
        }
        var answer = ""
        if let response = detail["response"] {
            for field in response["headers"]?.arrayValue ?? [] {
                answer += "\(field["name"]?.stringValue ?? ""): \(field["value"]?.stringValue ?? "")\n"
            }
            answer += "\n" + (response["body"]?.stringValue ?? "")
        }
        let status = detail["status_code"]?.integerValue.map { "status \($0)" } ?? "no answer"
        let shown: HTML? = answer.isEmpty ? nil : "<pre>\(answer)</pre>\n"
        return """
            <details><summary>The check: \(status)</summary>
            <dl>\(HTML.joined(rows.map { "<dt>\($0)</dt><dd>\($1)</dd>" }))</dl>
            \(shown)</details>

            """
    }
}

/// Values as pages show them.
enum PageText {
    /// A state as a badge; `state` must be one of the program's own words.
    static func state(_ state: String) -> HTML { "<span class=\"state \(state)\">\(state)</span>" }

    /// A short text for the last check of a monitor, from its JSON.
    static func check(_ check: JSONValue?) -> String {
        guard let check, let at = check["checked_at"]?.stringValue.flatMap({ Timestamp(iso8601: $0) }) else {
            return "none yet"
        }
        return time(at) + (check["latency_ms"]?.doubleValue.map { ", \(milliseconds($0))" } ?? "")
    }

    /// `2026-11-21 05:09:37 UTC`.
    static func time(_ time: Timestamp) -> String {
        let text = time.description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"
    }

    /// In whole seconds.
    static func duration(_ duration: Duration) -> String {
        Duration.seconds(max(0, duration.components.seconds)).text
    }

    static func milliseconds(_ value: Double) -> String { "\((value * 100).rounded() / 100) ms" }
}
