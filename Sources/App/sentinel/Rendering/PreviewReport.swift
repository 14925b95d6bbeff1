package import Base

/// The result of a preview, as text.
package enum PreviewReport {
    /// The examined results, a table that compares actual and previewed alerts, and the list of previewed alerts.
    package static func text(_ answer: JSONValue) -> String {
        answer["monitors"] == nil ? rule(answer) : monitors(answer)
    }

    private static func monitors(_ answer: JSONValue) -> String {
        let found = answer["monitors"]?.arrayValue ?? []
        let totals = answer["totals"]
        let head = "\(window(answer)): \(cell(totals?["checks"])) results of \(cell(totals?["monitors"])) monitors\n\n"
        guard !found.isEmpty else { return head + "No monitors.\n" }
        var rows = [["ID", "NAME", "RESULTS", "INCIDENTS", "PROPOSED", "DOWN", "PROPOSED"]]
        rows += found.map { monitor in
            [
                cell(monitor["id"]), cell(monitor["name"]), cell(monitor["checks"]),
                cell(monitor["current"]?["count"]), cell(monitor["proposed"]?["count"]),
                length(monitor["current"]?["down_seconds"]), length(monitor["proposed"]?["down_seconds"]),
            ]
        }
        let (current, proposed) = (totals?["current"], totals?["proposed"])
        rows.append([
            "", "all", cell(totals?["checks"]), cell(current?["incidents"]), cell(proposed?["incidents"]),
            length(current?["down_seconds"]), length(proposed?["down_seconds"]),
        ])
        return head + TextTable.text(rows) + "\n" + incidents(found)
    }

    private static func incidents(_ monitors: [JSONValue]) -> String {
        let rows = monitors.flatMap { monitor in
            (monitor["proposed"]?["incidents"]?.arrayValue ?? []).map { incident in
                [
                    cell(monitor["id"]), cell(monitor["name"]), cell(incident["started_at"]),
                    cell(incident["ended_at"]), length(incident["duration_seconds"]),
                    cell(incident["failed_checks"]), cell(incident["reason"]),
                ]
            }
        }
        guard !rows.isEmpty else { return "There would have been no incidents.\n" }
        let head = ["ID", "NAME", "STARTED", "ENDED", "LASTS", "FAILED CHECKS", "REASON"]
        return "There would have been:\n" + TextTable.text([head] + rows)
    }

    private static func rule(_ answer: JSONValue) -> String {
        let totals = answer["totals"]
        let head =
            "\(window(answer)), every \(length(answer["step_seconds"])): \(cell(totals?["series"])) series, "
            + "\(cell(totals?["alerts"])) alerts, \(cell(totals?["reminders"])) reminders\n\n"
        let rows = (answer["series"]?.arrayValue ?? []).flatMap { series in
            (series["alerts"]?.arrayValue ?? []).map { alert in
                let name = cell(series["series"])
                return [
                    name.isEmpty ? "(no data)" : name, cell(alert["started_at"]), cell(alert["ended_at"]),
                    length(alert["duration_seconds"]), alert["peak"].map { $0 == .null ? "-" : $0.description } ?? "-",
                    cell(alert["reminders"]),
                ]
            }
        }
        guard !rows.isEmpty else { return head + "There would have been no alerts.\n" }
        return head + TextTable.text([["SERIES", "STARTED", "ENDED", "LASTS", "PEAK", "REMINDERS"]] + rows)
    }

    private static func window(_ answer: JSONValue) -> String {
        "From \(TextTable.cell(answer["from"])) to \(TextTable.cell(answer["to"]))"
    }

    private static func length(_ value: JSONValue?) -> String {
        value?.integerValue.map { Duration.seconds($0).text } ?? "-"
    }

    private static func cell(_ value: JSONValue?) -> String { TextTable.cell(value) }
}
