package import Base

/// Incidents as text.
package enum IncidentReport {
    /// A header and one line an incident, or a sentence when there is none.
    package static func table(_ incidents: [JSONValue]) -> String {
        guard !incidents.isEmpty else { return "No incidents.\n" }
        let head = ["ID", "STATE", "SEVERITY", "OPENED", "LASTS", "SUBJECT", "MESSAGE"]
        let rows = incidents.map { incident in
            [
                cell(incident["id"]), cell(incident["state"]), cell(incident["severity"]),
                cell(incident["opened_at"]), length(incident), cell(incident["subject"]), cell(incident["message"]),
            ]
        }
        return TextTable.text([head] + rows)
    }

    /// The members of an incident that have a value, then its timeline.
    package static func text(_ incident: JSONValue, _ timeline: [JSONValue]) -> String {
        let tags = (incident["tags"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ",")
        let members: [(String, String)] = [
            ("Incident", cell(incident["id"])), ("Subject", cell(incident["subject"])),
            ("Target", cell(incident["target"])), ("Kind", cell(incident["kind"])),
            ("State", cell(incident["state"])), ("Severity", cell(incident["severity"])),
            ("Reason", cell(incident["reason"])), ("Message", cell(incident["message"])), ("Tags", tags),
            ("Opened", cell(incident["opened_at"])), ("Acknowledged", cell(incident["acknowledged_at"])),
            ("By", cell(incident["acknowledged_by"])), ("Resolved", cell(incident["resolved_at"])),
            ("Resolution", cell(incident["resolution"])), ("Lasts", length(incident)),
            ("Caused by", cell(incident["caused_by"])),
        ]
        let head = TextTable.text(members.filter { $0.1 != "-" && $0.1 != "" }.map { ["\($0.0):", $0.1] })
        guard !timeline.isEmpty else { return head }
        let lines = timeline.map { event in
            let author = event["author"]?.stringValue.map { "\($0): " } ?? ""
            return [cell(event["at"]), cell(event["kind"]), author + cell(event["text"])]
        }
        return head + "\n" + TextTable.text(lines)
    }

    private static func length(_ incident: JSONValue) -> String {
        incident["duration_seconds"]?.integerValue.map { Duration.seconds($0).text } ?? "-"
    }

    private static func cell(_ value: JSONValue?) -> String { TextTable.cell(value) }
}
