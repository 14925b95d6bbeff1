import Base
import Domain
import Storage

/// The query parameters of a list of incidents.
enum IncidentListParameters {
    /// The states that a list can be filtered by.
    enum StatusFilter: String, CaseIterable, Sendable {
        case open, acknowledged, resolved
        /// Not resolved.
        case active

        var states: [Incident.State] {
            switch self {
            case .open: [.open]
            case .acknowledged: [.acknowledged]
            case .resolved: [.resolved]
            case .active: [.open, .acknowledged]
            }
        }
    }

    static let limit = Parameter.integer("limit", 1...1000, default: 100, "How many incidents, newest first.")
    static let cursor = Parameter<Int64?>.number("cursor", "Continue after this X-Next-Cursor of the previous page.")
    static let status = Parameter<StatusFilter?>.choice("status", "In this state; active means not resolved.")
    static let state = Parameter<StatusFilter?>.choice("state", "The same as status.")
    static let kind = Parameter<Incident.Kind?>.choice("kind", "Of this kind.")
    static let severity = Parameter<Severity?>.choice("severity", "Of this severity.")
    static let monitor = Parameter<Int64?>.number("monitor_id", "About this monitor.")
    static let tags = Parameter<[String]>.repeated(
        "tag",
        .string(length: 1...256),
        maximumCount: 20,
        "Has this tag; given several times, all of them."
    )
    static let from = Parameter<Timestamp?>.time("from", "Opened at this time or later.")
    static let to = Parameter<Timestamp?>.time("to", "Opened before this time.")

    static let all = [
        limit.specification, cursor.specification, status.specification, state.specification, kind.specification,
        severity.specification, monitor.specification, tags.specification, from.specification, to.specification,
    ]
}

extension IncidentFilter {
    /// The filter and page of a list request.
    init(_ call: Call) throws(APIProblem) {
        self.init()
        states = try call.value(IncidentListParameters.status, or: IncidentListParameters.state)?.states ?? []
        tags = try call[IncidentListParameters.tags].map { $0.lowercased() }
        kind = try call[IncidentListParameters.kind]
        severity = try call[IncidentListParameters.severity]
        monitor = try call[IncidentListParameters.monitor].map(MonitorID.init(rawValue:))
        from = try call[IncidentListParameters.from]
        to = try call[IncidentListParameters.to]
    }
}
