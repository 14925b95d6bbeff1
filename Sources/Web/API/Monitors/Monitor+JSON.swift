import Base
import Domain
import Storage

/// The current status that a monitor's response shows.
struct CurrentStatus: Sendable, Equatable {
    let state: MonitorState
    let since: Timestamp
    /// The newest stored result; nil before the first.
    var last: CheckResult?

    /// Every value of the member `status`.
    static let words = MonitorState.allCases.map(\.rawValue)
}

extension Monitor {
    /// The monitor of `/api/v1/monitors`, with secrets masked; in a list also without the credentials of who pings it.
    ///
    /// `regionStates` is what each of its regions sees.
    func json(_ current: CurrentStatus, regionStates: [JSONValue] = [], inList: Bool = false) -> JSONValue {
        var object = JSONObject([
            ("id", .integer(id.rawValue)),
            ("status", .string(isActive ? current.state.rawValue : "paused")),
            ("status_since", .time(current.since)),
            ("last_check", current.last?.digest ?? .null),
            ("region_states", .array(regionStates)),
            ("created_at", .time(createdAt)),
            ("updated_at", .time(updatedAt)),
            ("kind", .string(spec.kind.name)),
            ("target", .string(inList ? spec.shownTarget : spec.target)),
        ])
        for (name, value) in settings.members { object[name] = value }
        for name in inList ? spec.kind.unlisted : [] { object[name] = .null }
        return .object(object)
    }

    /// The settings, with secrets masked.
    var settings: JSONObject {
        let own = MonitorDraft.fields.shown(MonitorDraft(self)).map { (key: $0.key, value: $0.value) }
        return JSONObject(own + spec.masked.members.map { (key: $0.key, value: $0.value) })
    }

    /// The domain of `/api/domains/`.
    var domainJSON: JSONValue {
        [
            "id": .integer(id.rawValue),
            "name": .string(name),
            "url": .string(spec.shownTarget),
            "is_active": .bool(isActive),
            "created_at": .time(createdAt),
        ]
    }
}

extension CheckResult {
    /// A result in the form of a monitor's last one.
    var digest: JSONValue {
        [
            "id": .integer(id),
            "checked_at": .time(checkedAt),
            "is_success": .bool(outcome.isSuccess),
            "latency_ms": outcome.latency.jsonMilliseconds,
            "status_code": outcome.statusCode.map { .integer(Int64($0)) } ?? .null,
            "reason": outcome.failure.map { .string($0.reason.description) } ?? .null,
            "error_message": .text(outcome.failure?.message),
        ]
    }
}
