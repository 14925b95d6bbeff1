package import Base

/// A list of monitors as an aligned table.
package enum MonitorsTable {
    /// A header and one line a monitor, or a sentence when there is none.
    package static func text(_ monitors: [JSONValue]) -> String {
        guard !monitors.isEmpty else { return "No monitors.\n" }
        return TextTable.text([["ID", "STATUS", "INTERVAL", "NAME", "URL", "TAGS"]] + monitors.map(row))
    }

    private static func row(_ monitor: JSONValue) -> [String] {
        let isActive = (monitor["enabled"] ?? monitor["is_active"])?.boolValue ?? true
        let interval = (monitor["interval"] ?? monitor["interval_seconds"])?.integerValue
        let tags = (monitor["tags"]?.arrayValue ?? []).compactMap(\.stringValue)
        return [
            monitor["id"]?.integerValue.map { "\($0)" } ?? "-",
            monitor["status"]?.stringValue ?? (isActive ? "-" : "paused"),
            interval.map { Duration.seconds($0).text } ?? "-",
            monitor["name"]?.stringValue ?? "-",
            (monitor["target"] ?? monitor["url"])?.stringValue ?? "-",
            tags.joined(separator: ","),
        ]
    }
}
