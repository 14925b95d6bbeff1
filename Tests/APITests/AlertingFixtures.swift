import API
import Base
import Domain
import HTTPServer
import SQL
import Storage
import Testing

/// Fixtures of tests about incidents and notifications.
extension TestApplication {
    static let start = Timestamp(milliseconds: 1_763_615_377_000)

    /// Opens an incident with one line in its timeline.
    @discardableResult
    func open(
        _ kind: Incident.Kind = .certificate,
        _ subject: String = "Shop",
        at: Timestamp = start,
        _ change: @Sendable (inout IncidentOpening) -> Void = { _ in }
    ) async throws -> Incident {
        var opening = IncidentOpening(
            kind,
            subject: subject,
            target: "http://shop.test/",
            severity: .critical,
            message: "status 503",
            at: at
        )
        change(&opening)
        let made = opening
        return try await database.transaction { session throws(SQLError) in
            let incident = try await IncidentStore(session).open(made)
            try await IncidentStore(session).add([IncidentEvent(.opened, at: at, "Down")], to: incident.id)
            return incident
        }
    }

    @discardableResult
    func addChannel(_ name: String) async throws -> Channel {
        try await alerting.channels.insert(
            Channel(
                id: ChannelID(rawValue: 0),
                name: name,
                kind: "webhook",
                settings: ["url": "http://hook.test/"],
                createdAt: Self.start
            )
        )
    }

    /// Stores that a channel was notified of an incident.
    func tell(_ channel: Channel, _ incident: Incident) async throws {
        var item = OutboxItem(
            .init(channel.id),
            incident.id,
            Self.content(incident),
            dueAt: Self.start,
            now: Self.start
        )
        item.state = .notified
        let sent = item
        try await database.transaction { session throws(SQLError) in try await OutboxStore(session).enqueue([sent]) }
    }

    /// Stores a notification of an incident; returns its number.
    func addNotification(
        _ state: Storage.Notification.State,
        _ channel: Channel,
        _ incident: Incident
    ) async throws -> Int64 {
        let message = AlertMessage(id: "m", items: [Self.content(incident)], createdAt: Self.start)
        let time = SQLValue.integer(Self.start.milliseconds)
        let values: [SQLValue] = [
            .integer(channel.id.rawValue), .text(state.rawValue), time, state == .pending ? .null : time,
            .text(state == .dead ? "status 500" : nil), .text(message.json.description),
        ]
        let rows = try await database.transaction { session throws(SQLError) in
            try await session.query(
                """
                INSERT INTO notifications (channel_id, state, created_at, attempts, next_at, finished_at, error, message)
                VALUES ($1, $2, $3, 2, $3, $4, $5, $6) RETURNING id
                """,
                values
            )
        }
        let id = try #require(try rows.first?.integer(0))
        _ = try await database.execute(
            "INSERT INTO notification_tries (notification_id, at, duration, outcome, detail)"
                + " VALUES ($1, $2, 12, 'retry', 'status 500')",
            [.integer(id), time]
        )
        try await tell(channel, incident)
        _ = try await database.execute(
            "UPDATE outbox_items SET notification_id = $1 WHERE notification_id IS NULL",
            [.integer(id)]
        )
        return id
    }

    private static func content(_ incident: Incident) -> AlertMessage.Item {
        var item = AlertMessage.Item(
            event: .firing,
            key: "key-\(incident.id)",
            subject: incident.subject,
            target: incident.target,
            severity: incident.severity,
            text: incident.message,
            since: incident.openedAt
        )
        item.incidentID = incident.id.rawValue
        (item.reason, item.facts) = ("http_status", [.init("Address", "127.0.0.1:80")])
        return item
    }

    /// Sends a request and checks that the OpenAPI document describes the answer.
    func ask(_ method: Method, _ target: String, _ body: JSONValue? = nil) async throws -> Answer {
        let answer = await send(method, target, body)
        let segments = target.prefix { $0 != "?" }.split(separator: "/")
        let route = try #require(
            api.routes.first { route in
                let parts = route.path.split(separator: "/")
                return route.method == method && parts.count == segments.count
                    && zip(parts, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
            },
            "\(target)"
        )
        guard answer.status != 204 else { return answer }
        let known = route.responses.first { $0.status == answer.status }?.schema
        let schema = known ?? (answer.status == 422 ? APIProblem.validationSchema : APIProblem.schema)
        var issues: [ValidationIssue] = []
        _ = schema.read(answer.json, at: [], into: &issues)
        #expect(issues.isEmpty, "\(method) \(target) \(answer)")
        return answer
    }

    /// The ids of all elements of a list, page after page.
    func numbers(_ target: String) async throws -> [Int64] {
        var (found, next): ([Int64], String?) = ([], target)
        while let target = next {
            let page = try await ask(.get, target)
            #expect(page.status == 200, "\(page)")
            found += page.json.arrayValue?.compactMap { $0["id"]?.integerValue } ?? []
            let link = page.headers["Link"]
            #expect((link == nil) == (page.headers["X-Next-Cursor"] == nil))
            #expect(link?.hasSuffix("; rel=\"next\"") ?? true)
            next = link.map { String($0.dropFirst().prefix { $0 != ">" }) }
        }
        return found
    }

    func count(_ sql: String) async throws -> Int64 {
        try await database.query("SELECT COUNT(*) FROM \(sql)", []).first?.integer(0) ?? 0
    }
}
