import Base
import Domain
import HTTPServer
import Storage

/// `/api/v1/notifications`.
struct NotificationRoutes: Sendable {
    private let alerting: AlertingDependencies
    private let now: @Sendable () -> Timestamp
    private static let tag = "Notifications"
    private static let path = "/api/v1/notifications"
    private static let id = Parameter.id("id", "The notification's number.")
    private static let limit = Parameter.integer("limit", 1...1000, default: 100, "How many, newest first.")
    private static let cursor = Parameter<Int64?>.number(
        "cursor",
        "Continue after this X-Next-Cursor of the previous page."
    )
    private static let channel = Parameter<Int64?>.number("channel_id", "Of this channel.")
    private static let incident = Parameter<Int64?>.number("incident_id", "About this incident.")
    private static let state = Parameter<Notification.State?>.choice("status", "In this state.")
    private static let stateSynonym = Parameter<Notification.State?>.choice("state", "The same as status.")

    init(_ dependencies: APIDependencies) { (alerting, now) = (dependencies.alerting, dependencies.now) }

    var routes: [Route] { [list, show, resend] }

    private var list: Route {
        Route(
            .get,
            Self.path,
            operation: "listNotifications",
            tag: Self.tag,
            "Notifications, newest first; X-Next-Cursor and Link lead to the next page",
            parameters: [
                Self.limit.specification, Self.cursor.specification, Self.channel.specification,
                Self.state.specification, Self.stateSynonym.specification, Self.incident.specification,
            ],
            responses: [.page(NotificationSchema.brief, "The notifications."), .unavailable]
        ) { call throws(APIProblem) in
            let (limit, cursor) = (try call[Self.limit], try call[Self.cursor])
            let state = try call.value(Self.state, or: Self.stateSynonym)
            let channel = try call[Self.channel].map(ChannelID.init(rawValue:))
            let incident = try call[Self.incident].map(IncidentID.init(rawValue:))
            let found = try await stored { () async throws(StorageError) in
                try await alerting.notifications.list(
                    channel: channel,
                    state: state,
                    incident: incident,
                    before: cursor,
                    limit: limit + 1
                )
            }
            return Page(found, limit: limit, number: \.id).response(to: call, path: Self.path, \.json)
        }
    }

    private var show: Route {
        Route(
            .get,
            "\(Self.path)/{id}",
            operation: "getNotification",
            tag: Self.tag,
            "One notification with its message and every attempt",
            parameters: [Self.id.specification],
            responses: [.json(200, NotificationSchema.full, "The notification."), .unavailable],
            missing: .noSuchNotification
        ) { call throws(APIProblem) in try await answer(try call[Self.id]) }
    }

    private var resend: Route {
        Route(
            .post,
            "\(Self.path)/{id}/resend",
            operation: "resendNotification",
            tag: Self.tag,
            "Send a notification again that was given up",
            parameters: [Self.id.specification],
            responses: [
                .json(200, NotificationSchema.full, "The notification."),
                .problem(409, "It was not given up, or its channel was deleted."), .unavailable,
            ],
            missing: .noSuchNotification
        ) { call throws(APIProblem) in
            let id = try call[Self.id]
            let notification = try await notification(id)
            let channel = try await stored { () async throws(StorageError) in
                try await alerting.channels.channel(notification.channel)
            }
            guard notification.state == .dead, channel != nil else {
                throw APIProblem(409, notification.state == .dead ? Self.orphaned : Self.alive)
            }
            let now = now()
            let isRevived = try await stored { () async throws(StorageError) in
                try await alerting.notifications.revive(id, at: now)
            }
            // Another request was faster.
            guard isRevived else { throw APIProblem(409, Self.alive) }
            alerting.wake()
            return try await answer(id)
        }
    }

    private static let orphaned = "The notification's channel was deleted"
    private static let alive = "Only a notification that is dead can be sent again"

    private func notification(_ id: Int64) async throws(APIProblem) -> Notification {
        let found = try await stored { () async throws(StorageError) in
            try await alerting.notifications.notification(id)
        }
        guard let found else { throw .noSuchNotification }
        return found
    }

    private func answer(_ id: Int64) async throws(APIProblem) -> Response {
        let notification = try await notification(id)
        let tries = try await stored { () async throws(StorageError) in
            try await alerting.notifications.tries(of: id)
        }
        return .json(notification.json(tries))
    }
}

extension APIProblem {
    static let noSuchNotification = APIProblem(404, "Notification not found")
}
