package import Base

/// A list of monitors as an aligned table.
package enum MonitorsTable {
    /// A header and one line a monitor, or a sentence when there is none.
    ///
    /// Regions have a column where any monitor names some.
    package static func text(_ monitors: [JSONValue]) -> String {
        guard !monitors.isEmpty else { return "No monitors.\n" }
        let regions = monitors.map(regions)
        let hasRegions = regions.contains { !$0.isEmpty }
        let rows = zip(monitors, regions).map { row($0) + (hasRegions ? [$1] : []) }
        let header = ["ID", "STATUS", "INTERVAL", "NAME", "URL", "TAGS"] + (hasRegions ? ["REGIONS"] : [])
        return TextTable.text([header] + rows)
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

    /// What each region sees: `local=up eu=down us=silent asia=offline`.
    private static func regions(_ monitor: JSONValue) -> String {
        let states = (monitor["region_states"]?.arrayValue ?? []).compactMap { state -> String? in
            guard let name = state["region"]?.stringValue else { return nil }
            let seen = state["state"]?.stringValue ?? "unknown"
            let isSilent = state["is_fresh"] == false && seen != "unknown"
            return "\(name)=\(state["is_online"] == false ? "offline" : isSilent ? "silent" : seen)"
        }
        return states.joined(separator: " ")
    }
}
