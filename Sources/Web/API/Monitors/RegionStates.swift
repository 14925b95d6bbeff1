import Base
import Domain
import HTTPServer
import Pipeline
import Storage

/// What each region sees of monitors that name their regions.
struct RegionStates: Sendable {
    private let dependencies: APIDependencies
    private let reader: HistoryReader

    init(_ dependencies: APIDependencies, _ reader: HistoryReader) {
        (self.dependencies, self.reader) = (dependencies, reader)
    }

    /// What the regions of a monitor see, each with its newest result.
    func states(of monitor: Monitor, _ status: MonitorStatus?) async throws(APIProblem) -> [JSONValue] {
        let now = dependencies.now()
        let fresh = now - (monitor.judgement.rule.freshness ?? .zero)
        var states: [JSONValue] = []
        let verdict = status.flatMap(Self.verdict)
        for name in monitor.regions {
            let id = try await reader.region(name)
            var state = state(of: name, id, by: verdict, at: now)
            if let id {
                let known = verdict?.verdict(of: id)?.scheduledAt
                state.last = try await reader.latest(of: monitor.id, in: id, since: fresh, known: known)
                state.isFresh = state.last.map { $0.scheduledAt >= fresh } ?? false
            }
            states.append(state.json)
        }
        return states
    }

    /// What the regions of monitors see, as the alerter has last written it down, without results.
    func states(of monitors: [Monitor]) async throws(APIProblem) -> [MonitorID: [JSONValue]] {
        let monitors = monitors.filter { !$0.regions.isEmpty }
        guard !monitors.isEmpty else { return [:] }
        let now = dependencies.now()
        let stored = try await stored { () async throws(StorageError) in
            try await dependencies.statuses.verdicts(of: monitors.map(\.id))
        }
        let verdicts = Dictionary(stored.map { ($0.status.monitorID, $0.status) }) { first, _ in first }
        var states: [MonitorID: [JSONValue]] = [:]
        for monitor in monitors {
            let verdict = verdicts[monitor.id].flatMap(Self.verdict)
            for name in monitor.regions {
                let id = try await reader.region(name)
                states[monitor.id, default: []].append(state(of: name, id, by: verdict, at: now).json)
            }
        }
        return states
    }

    /// What a region sees by a verdict; a region without a number has seen nothing.
    private func state(
        of name: RegionName,
        _ id: RegionID?,
        by verdict: MonitorVerdict?,
        at now: Timestamp
    ) -> RegionState {
        let seen = id.flatMap { verdict?.verdict(of: $0) }
        return RegionState(
            name: name,
            workers: dependencies.presence.workers(in: name, at: now),
            isOnline: dependencies.presence.isOnline(name, at: now),
            view: seen?.view ?? .unknown,
            since: id.flatMap { verdict?.since(of: $0) },
            isFresh: seen?.isFresh ?? false
        )
    }

    /// A verdict that cannot be read is the alerter's to report.
    private static func verdict(_ status: MonitorStatus) -> MonitorVerdict? {
        try? MonitorVerdict(status.state, scheduledAt: status.scheduledAt, stored: status.verdict)
    }
}

/// What a region sees of a monitor.
struct RegionState {
    let name: RegionName
    /// How many processes serve the region; nil when that is not known yet.
    let workers: Int?
    /// Whether a canary of the region is reached; nil where that is not known.
    let isOnline: Bool?
    var view = RegionVerdict.View.unknown
    var since: Timestamp?
    var isFresh = false
    var last: CheckResult?

    static let schema = Schema.object(
        "RegionState",
        [
            .required("region", .string(example: "eu-west"), "The region's name."),
            .required("state", .oneOf(["unknown", "up", "degraded", "pending", "down"]), "What its checks show."),
            .required("since", Schema.timestamp.nullable, "Since when they show that; null before the first."),
            .required("is_fresh", .boolean, "Whether its newest result is recent enough to count."),
            .required(
                "workers",
                Schema.integer(0...Int64.max, example: 1).nullable,
                "How many worker processes serve it now; null within 30 s of the start of this process."
            ),
            .required(
                "is_online",
                Schema.boolean.nullable,
                "Whether its workers reach a canary; null without canaries. What a region sees that does not is ignored."
            ),
            .required(
                "last_check",
                ResultSchema.digest.nullable,
                "Its newest result; null before the first, and in lists."
            ),
        ]
    )

    var json: JSONValue {
        [
            "region": .string(name.rawValue), "state": .string(MonitorState(view).rawValue),
            "since": since.map { .time($0) } ?? .null, "is_fresh": .bool(isFresh),
            "workers": workers.map { .integer(Int64($0)) } ?? .null, "is_online": isOnline.map { .bool($0) } ?? .null,
            "last_check": last?.digest ?? .null,
        ]
    }
}
