import Messages
import Base
import Broker
import Domain
import HTTPServer
import Pipeline
import Storage
import ZoneInfo

/// `/api/v1/maintenance`: windows in which nobody is told of what is down.
struct MaintenanceRoutes: Sendable {
    private let dependencies: APIDependencies
    private let fields: FieldTable<MaintenancePlan>
    private let resource: Resource<MaintenancePlan>
    private static let path = "/api/v1/maintenance"
    private static let missing = APIProblem(404, "Maintenance window not found")
    private static let conflict = DocumentedResponse.problem(409, "Another window has this name.")

    init(_ dependencies: APIDependencies) {
        self.dependencies = dependencies
        let zones = dependencies.zones
        let fields = MaintenancePlan.fields { text in
            do throws(ZoneError) { _ = try zones.rules(text) } catch { return .init(error.description) }
            return nil
        }
        self.fields = fields
        resource = Resource(
            path: Self.path,
            names: .init(
                tag: "Maintenance",
                operation: "MaintenanceWindow",
                operations: "MaintenanceWindows",
                word: "window",
                words: "windows",
                title: "maintenance window"
            ),
            component: "Maintenance",
            answering: "MaintenanceWindow",
            fields: fields,
            of: \.self,
            leading: Self.members(zones, dependencies.now),
            missing: Self.missing,
            number: \.id,
            find: { id throws(APIProblem) in
                try await Self.kept { () async throws(StorageError) in try await dependencies.maintenance.plan(id) }
            }
        )
    }

    var routes: [Route] { [list, create, resource.show, replace, change, delete] }

    private static let occurrence = Schema.object(
        "MaintenanceOccurrence",
        [
            .required("start", .timestamp, "When it begins."), .required("end", .timestamp, "When it is over."),
            .required("local_start", .string(example: "2026-03-29T03:00:00+02:00"), "By the clocks of time_zone."),
            .required("local_end", .string(example: "2026-03-29T04:00:00+02:00"), "By the clocks of time_zone."),
        ]
    )

    private static func members(
        _ zones: ZoneFiles,
        _ now: @escaping @Sendable () -> Timestamp
    ) -> [ServerMember<MaintenancePlan>] {
        [
            ServerMember("active", .boolean, "Whether it is active now.") { plan in
                .bool(plan.openWindow(zones)?.isActive(at: now()) ?? false)
            },
            ServerMember(
                "next_change_at",
                Schema.timestamp.nullable,
                "When it begins or ends next; null when it never will again."
            ) { plan in .time(plan.openWindow(zones)?.nextChange(after: now())) },
            ServerMember(
                "next_occurrences",
                .array(Self.occurrence),
                "The next five times that it begins, and ends."
            ) { plan in
                let rules = (try? zones.rules(plan.zone)) ?? .utc
                let next = plan.openWindow(zones)?.occurrences(after: now(), limit: 5) ?? []
                return .array(next.map { $0.json(rules) })
            },
            ServerMember(
                "fault",
                Schema.string().nullable,
                "Why it is never active although it is enabled, such as a time zone that the system no longer knows; null "
                    + "when nothing is wrong."
            ) { .text($0.fault(zones)) },
            ServerMember("created_at", .timestamp, "When it was created.") { .time($0.createdAt) },
        ]
    }

    private var list: Route {
        resource.list(order: "Maintenance windows in the order of their numbers") { () async throws(APIProblem) in
            try await Self.kept { () async throws(StorageError) in try await dependencies.maintenance.list() }
        }
    }

    private var create: Route {
        resource.create(
            "Create a maintenance window",
            details:
                "Its time zone must be known to the system, it must end after it begins, until must be later than from, and "
                + "it must not be over already.",
            problems: [.problem(409, "Another window has this name, or there are as many as there may be.")]
        ) { body throws(APIProblem) in
            let draft = try plan(body, over: MaintenancePlan(at: dependencies.now()))
            try refuseOver(draft)
            let plan = try await Self.kept { () async throws(StorageError) in
                try await dependencies.maintenance.insert(draft)
            }
            await announce(plan.id)
            return plan
        }
    }

    private var replace: Route {
        resource.replace(
            "Replace a maintenance window; what is left out goes back to its default",
            problems: [Self.conflict]
        ) { id, body throws(APIProblem) in
            // An unreadable window is overwritten: the update finds out whether it exists.
            var stored: MaintenancePlan?
            do throws(APIProblem) {
                guard let old = try await resource.find(id) else { return nil }
                stored = old
            } catch { guard error.isOfDamage else { throw error } }
            let blank = MaintenancePlan(id: id, at: stored?.createdAt ?? dependencies.now())
            return try await store(try plan(body, over: blank), over: stored)
        }
    }

    private var change: Route {
        resource.change(
            "Change some settings of a maintenance window",
            problems: [Self.conflict]
        ) { id, body throws(APIProblem) in
            guard let old = try await resource.find(id) else { return nil }
            return try await store(try plan(body, over: old), over: old)
        }
    }

    private var delete: Route {
        resource.delete("Delete a maintenance window; if it is active, it ends") { id throws(APIProblem) in
            let existed = try await Self.kept { () async throws(StorageError) in
                try await dependencies.maintenance.delete(id)
            }
            if existed { await announce(id) }
            return existed
        }
    }

    /// A window with the members of a checked body taken over; throws 422 when there can be no such window.
    private func plan(_ body: JSONValue, over old: MaintenancePlan) throws(APIProblem) -> MaintenancePlan {
        let zone = body["time_zone"]?.stringValue ?? old.zone
        let rules: TimeZoneRules
        do throws(ZoneError) { rules = try dependencies.zones.rules(zone) } catch {
            throw APIProblem([.value(error.description, at: ["body", "time_zone"])])
        }
        let plan = try fields.taking(try Self.zoned(body, rules), over: old)
        do throws(MaintenanceError) { _ = try plan.window(rules) } catch {
            let words = error.description + Self.skippedTimes(of: error, body, rules)
            throw APIProblem([.value(words, at: error.location)])
        }
        return plan
    }

    /// Throws 422 for a window that would never be active from now on; one that is stored may be over.
    private func refuseOver(_ plan: MaintenancePlan, stored: MaintenancePlan? = nil) throws(APIProblem) {
        if stored?.schedule == plan.schedule, stored?.from == plan.from, stored?.until == plan.until { return }
        let now = dependencies.now()
        guard let rules = try? dependencies.zones.rules(plan.zone), let window = try? plan.window(rules) else { return }
        guard !window.isActive(at: now), window.nextChange(after: now) == nil else { return }
        if case .once(_, let end) = plan.schedule, end <= now {
            throw APIProblem([.value("the window is over already", at: ["body", "schedule", "end"])])
        }
        if let until = plan.until, until <= now {
            throw APIProblem([.value("the window is over already", at: ["body", "until"])])
        }
        let member = plan.until != nil ? "until" : plan.from != nil ? "from" : "schedule"
        throw APIProblem([.value("the window would never be active", at: ["body", .key(member)])])
    }

    /// What explains a window without length although two times were given: the clocks skip them.
    private static func skippedTimes(of fault: MaintenanceError, _ body: JSONValue, _ rules: TimeZoneRules) -> String {
        let given: [JSONValue?]
        switch fault {
        case .endsBeforeItBegins: given = [body["schedule"]?["start"], body["schedule"]?["end"]]
        case .validityEndsBeforeItBegins: given = [body["from"], body["until"]]
        default: return ""
        }
        let skipped = given.compactMap { $0?.stringValue }.filter(rules.skips)
        return skipped.isEmpty ? "" : "; the clocks of \(rules.name) skip \(skipped.joined(separator: " and "))"
    }

    /// A body whose times without an offset are read by the clocks of a zone, the end as the later one where clocks show
    /// it twice; throws 422 for a time that they never show.
    private static func zoned(_ body: JSONValue, _ rules: TimeZoneRules) throws(APIProblem) -> JSONValue {
        func instant(
            _ value: JSONValue?,
            _ repetition: TimeZoneRules.Repetition,
            at path: [ValidationIssue.Step]
        ) throws(APIProblem) -> JSONValue? {
            guard let text = value?.stringValue else { return value }
            guard let time = rules.instant(text, repetition) else {
                throw APIProblem([.value("the clocks of \(rules.name) never show this time", at: path)])
            }
            return .time(time)
        }
        guard case .object(var object) = body else { return body }
        object["from"] = try instant(object["from"], .first, at: ["body", "from"])
        object["until"] = try instant(object["until"], .last, at: ["body", "until"])
        if case .object(var schedule)? = object["schedule"], schedule["type"] == "once" {
            schedule["start"] = try instant(schedule["start"], .first, at: ["body", "schedule", "start"])
            schedule["end"] = try instant(schedule["end"], .last, at: ["body", "schedule", "end"])
            object["schedule"] = .object(schedule)
        }
        return .object(object)
    }

    private func store(
        _ new: MaintenancePlan,
        over old: MaintenancePlan?
    ) async throws(APIProblem) -> MaintenancePlan {
        var plan = new
        // What a newer release said of a schedule goes with it.
        plan.unknown = plan.schedule == old?.schedule ? old?.unknown : nil
        let written = plan
        try refuseOver(written, stored: old)
        try await Self.kept { () async throws(StorageError) in try await dependencies.maintenance.update(written) }
        await announce(written.id)
        return written
    }

    private func announce(_ id: Int64) async {
        await dependencies.broker.broadcast(MaintenanceChanged(id: id), on: Topics.maintenanceChanges)
    }

    /// Calls the repository and converts its errors to problems about windows.
    private static func kept<R>(_ body: () async throws(StorageError) -> R) async throws(APIProblem) -> R {
        do throws(StorageError) { return try await body() } catch {
            switch error {
            case .duplicate: throw APIProblem(409, "A maintenance window with this name exists already")
            case .notFound: throw missing
            case .conflict:
                throw APIProblem(409, "There are \(MaintenanceLimits.windows) maintenance windows already; delete one")
            case .dependency, .regions, .targetTaken, .unreadable, .database: throw APIProblem(error)
            }
        }
    }
}

extension MaintenancePlan {
    /// What keeps the window from being active; nil when nothing does.
    fileprivate func fault(_ zones: ZoneFiles) -> String? {
        guard isEnabled else { return nil }
        do {
            _ = try window(try zones.rules(zone))
            return nil
        } catch { return "\(error)" }
    }

    /// The window by the rules of its zone; nil when it is not enabled, or its zone is gone.
    fileprivate func openWindow(_ zones: ZoneFiles) -> MaintenanceWindow? {
        guard isEnabled, let rules = try? zones.rules(zone) else { return nil }
        return try? window(rules)
    }
}

extension Range<Timestamp> {
    /// An occurrence, in UTC and by the clocks of a zone.
    fileprivate func json(_ zone: TimeZoneRules) -> JSONValue {
        [
            "start": .time(lowerBound), "end": .time(upperBound), "local_start": .string(zone.text(lowerBound)),
            "local_end": .string(zone.text(upperBound)),
        ]
    }
}

extension MaintenanceError {
    /// The way to the member of a body that is wrong.
    fileprivate var location: [ValidationIssue.Step] {
        switch self {
        case .endsBeforeItBegins: ["body", "schedule", "end"]
        case .validityEndsBeforeItBegins: ["body", "until"]
        case .noDuration, .tooLong, .withoutPause: ["body", "schedule", "duration_minutes"]
        case .noWeekdays: ["body", "schedule", "weekdays"]
        case .cron: ["body", "schedule", "expression"]
        }
    }
}
