package import Base
package import Domain
package import Lease
package import SQL
package import Storage

/// Stores the effect of each evaluation in one transaction: the rule's state, incidents, events, notifications.
package struct RuleWriter: Sendable {
    private let database: any Database
    private let planner: NotificationPlanner

    package init(database: any Database, planner: NotificationPlanner) {
        (self.database, self.planner) = (database, planner)
    }

    /// Stores a rule's new state and its effects; nil when the rule was changed meanwhile, or deleted.
    ///
    /// Throws `.fenced` when the token is not the newest of its lease, and otherwise the `SQLError` of the transaction,
    /// such as `.busy` or `.full`. Nothing is written then.
    package func write(
        _ stored: StoredRule,
        _ actions: [RuleAction],
        serverName: String?,
        under token: FencingToken = .unfenced,
        at now: Timestamp
    ) async throws(SQLError) -> [IncidentChange]? {
        try await database.transaction { session throws(SQLError) in
            try await LeaseRepository.check([token], session)
            guard try await AlertRuleRepository.store(stored, session) else { return nil }
            var writing = RuleWriting(session: session, rule: stored.rule, serverName: serverName, now: now)
            for action in actions { try await writing.write(action) }
            try await AlertEventRepository.add(writing.events, session)
            try await planner.plan(writing.changes, session)
            return writing.changes
        }
    }

    /// Opens or ends the incident about Prometheus itself.
    ///
    /// Throws the `SQLError` of the transaction, such as `.busy` or `.full`. Nothing is written then.
    package func write(
        _ change: PrometheusWatch.Change,
        target: String,
        at now: Timestamp
    ) async throws(SQLError) -> [IncidentChange] {
        try await database.transaction { session throws(SQLError) in
            let store = IncidentStore(session)
            let running = try await store.running(.connectivity, part: Self.prometheus)
            var changes: [IncidentChange] = []
            switch (change, running) {
            case (.away(let failure), nil):
                var opening = IncidentOpening(
                    .connectivity,
                    subject: "Prometheus",
                    target: target,
                    severity: .critical,
                    message: "Prometheus does not answer, rules are not evaluated: \(failure)",
                    at: now
                )
                (opening.part, opening.reason) = (Self.prometheus, failure.label)
                let incident = try await store.open(opening)
                try await store.add([IncidentEvent(.opened, at: now, opening.message)], to: incident.id)
                changes = [IncidentChange(.opened, incident)]
            case (.back, let incident?):
                changes = [try await store.resolve(incident, "recovered", "Prometheus answers again", at: now)]
            case (.away, _?), (.back, nil): break
            }
            try await planner.plan(changes, session)
            return changes
        }
    }

    private static let prometheus = "prometheus"
}

/// The work of one transaction.
struct RuleWriting {
    let session: any SQLSession
    let rule: AlertRule
    let serverName: String?
    let now: Timestamp
    private(set) var changes: [IncidentChange] = []
    private(set) var events: [AlertEvent] = []

    init(session: any SQLSession, rule: AlertRule, serverName: String?, now: Timestamp) {
        (self.session, self.rule, self.serverName, self.now) = (session, rule, serverName, now)
    }

    private var store: IncidentStore { IncidentStore(session) }
    private static let nothing = "the query gives no data"

    mutating func write(_ action: RuleAction) async throws(SQLError) {
        switch action {
        case .triggered(let series, let value, let since):
            try await open(series, value: value, rule.words(series, value), since: since)
        case .noData(let since): try await open(nil, value: nil, "\(rule.metricName): \(Self.nothing)", since: since)
        case .repeated(let series, let value): try await remind(series, value: value, rule.words(series, value))
        case .noDataRepeated: try await remind(nil, value: nil, "\(rule.metricName): \(Self.nothing)")
        case .resolved(let series, let value, let why):
            let seen = value.map { rule.words(series, $0) + " does not hold any more" }
            try await close(series, value: value, why.word, seen ?? why.sentence)
        case .dataBack(let why): try await close(nil, value: nil, why.word, "There is data again")
        case .pending, .unreachable, .reachable, .overflow, .notANumber: break
        }
    }

    /// Ends all open incidents because the rule is no longer evaluated.
    mutating func endAll(_ resolution: String, _ sentence: String) async throws(SQLError) {
        for incident in try await store.running(ofRule: rule.id.rawValue) {
            try await end(incident, value: nil, resolution, sentence)
        }
    }

    private mutating func open(
        _ series: SeriesKey?,
        value: Double?,
        _ message: String,
        since: Timestamp
    ) async throws(SQLError) {
        let part = Self.part(series)
        // A change that was written before a crash opens nothing new.
        guard try await store.running(ofRule: rule.id.rawValue, part: part) == nil else { return }
        var opening = IncidentOpening(
            .rule,
            subject: serverName.map { "\(rule.name) (\($0))" } ?? rule.name,
            target: rule.query,
            severity: rule.severity,
            message: message,
            at: now
        )
        (opening.ruleID, opening.part) = (rule.id.rawValue, part)
        (opening.reason, opening.tags) = (series == nil ? "no_data" : "threshold", try await tags(of: series))
        let incident = try await store.open(opening)
        let line = since == now ? message : "\(message), since \(since)"
        try await store.add([IncidentEvent(.opened, at: now, line)], to: incident.id)
        changes.append(IncidentChange(.opened, incident))
        note(.triggered, incident, value)
    }

    /// The labels of the series and the tags of its monitor; policies match on these.
    private func tags(of series: SeriesKey?) async throws(SQLError) -> [String] {
        guard let series else { return [] }
        let labels = Incident.tags(of: series)
        guard rule.source == .sentinel, let id = series["monitor"].flatMap({ Int64($0) }) else { return labels }
        let monitor = try await MonitorBrief.read(MonitorID(rawValue: id), session)
        return labels + (monitor?.tags ?? [])
    }

    private mutating func remind(_ series: SeriesKey?, value: Double?, _ message: String) async throws(SQLError) {
        guard var incident = try await store.running(ofRule: rule.id.rawValue, part: Self.part(series)) else { return }
        (incident.message, incident.updatedAt) = (message, now)
        incident.failures += 1
        try await store.update(incident)
        changes.append(IncidentChange(.reminded, incident))
        note(.triggered, incident, value)
    }

    private mutating func close(
        _ series: SeriesKey?,
        value: Double?,
        _ resolution: String,
        _ sentence: String
    ) async throws(SQLError) {
        guard let incident = try await store.running(ofRule: rule.id.rawValue, part: Self.part(series)) else { return }
        try await end(incident, value: value, resolution, sentence)
    }

    private mutating func end(
        _ incident: Incident,
        value: Double?,
        _ resolution: String,
        _ sentence: String
    ) async throws(SQLError) {
        changes.append(try await store.resolve(incident, resolution, sentence, at: now))
        note(.resolved, incident, value)
    }

    private mutating func note(_ status: AlertEvent.Status, _ incident: Incident, _ value: Double?) {
        var event = AlertEvent(rule, status, series: incident.part, value: value, at: now)
        event.incidentID = incident.id
        events.append(event)
    }

    /// A series without labels is `{}`; the alert about missing data has an empty part.
    private static func part(_ series: SeriesKey?) -> String { series?.description ?? "" }
}

extension RuleAction.Resolution {
    /// The word for an incident's resolution.
    fileprivate var word: String {
        switch self {
        case .recovered: "recovered"
        case .vanished: "vanished"
        case .noData: "no_data"
        case .ruleChanged: "rule_changed"
        }
    }

    fileprivate var sentence: String {
        switch self {
        case .recovered: "The condition does not hold any more"
        case .vanished: "The series is gone"
        case .noData: "There is no data any more"
        case .ruleChanged: "The rule was changed"
        }
    }
}
