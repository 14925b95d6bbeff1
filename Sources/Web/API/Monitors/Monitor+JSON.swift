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
    /// `regionStates` is what each of its regions sees; nil in a list.
    func json(_ current: CurrentStatus, regionStates: [JSONValue]? = nil, inList: Bool = false) -> JSONValue {
        var object = JSONObject([
            ("id", .integer(id.rawValue)),
            ("status", .string(isActive ? current.state.rawValue : "paused")),
            ("status_since", .time(current.since)),
            ("last_check", current.last?.digest ?? .null),
            ("region_states", regions.isEmpty ? [] : regionStates.map { .array($0) } ?? .null),
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

/// What a region sees of a monitor.
struct RegionState {
    let name: RegionName
    let view: RegionVerdict.View
    let isFresh: Bool
    /// How many processes serve the region; nil when that is not known yet.
    let workers: Int?
    let last: CheckResult?

    static let schema = Schema.object(
        "RegionState",
        [
            .required("region", .string(example: "eu-west"), "The region's name."),
            .required("state", .oneOf(["unknown", "up", "degraded", "pending", "down"]), "What its checks show."),
            .required("is_fresh", .boolean, "Whether its newest result is recent enough to count."),
            .required(
                "workers",
                Schema.integer(0...Int64.max, example: 1).nullable,
                "How many worker processes serve it now; null within 30 s of the start of this process."
            ),
            .required("last_check", ResultSchema.digest.nullable, "Its newest result; null before the first."),
        ]
    )

    var json: JSONValue {
        [
            "region": .string(name.rawValue), "state": .string(MonitorState(view).rawValue), "is_fresh": .bool(isFresh),
            "workers": workers.map { .integer(Int64($0)) } ?? .null, "last_check": last?.digest ?? .null,
        ]
    }
}

extension CheckResult {
    /// A result in the form of a monitor's last one.
    fileprivate var digest: JSONValue {
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
