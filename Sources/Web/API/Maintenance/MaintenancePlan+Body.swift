import Base
import Domain
import ZoneInfo

extension MaintenancePlan {
    /// A new window from a body in the schema's normal form; throws 422 when there can be no such window.
    init(_ body: JSONValue, id: Int64 = 0, zones: ZoneFiles, createdAt: Timestamp) throws(APIProblem) {
        guard let schedule = body["schedule"].flatMap(Schedule.init(json:)) else {
            throw APIProblem([.value("the schedule cannot be read", at: ["body", "schedule"])])
        }
        self.init(id: id, name: "", schedule: schedule, createdAt: createdAt)
        try apply(body, zones: zones)
    }

    /// Takes over the members of a body in the schema's normal form; throws 422 when there can be no such window.
    mutating func apply(_ body: JSONValue, zones: ZoneFiles) throws(APIProblem) {
        func time(_ value: JSONValue) -> Timestamp? { value.stringValue.flatMap(Timestamp.init(iso8601:)) }
        if let text = body["name"]?.stringValue { name = text }
        if let value = body["enabled"]?.boolValue { isEnabled = value }
        if let given = body.matchers { matchers = given }
        if let value = body["schedule"].flatMap(Schedule.init(json:)) { schedule = value }
        if let text = body["time_zone"]?.stringValue { zone = text }
        if let value = body["from"] { from = time(value) }
        if let value = body["until"] { until = time(value) }
        if let text = body["comment"]?.stringValue { comment = text }
        let rules: TimeZoneRules
        do throws(ZoneFault) { rules = try zones.rules(zone) } catch {
            throw APIProblem([.value(error.description, at: ["body", "time_zone"])])
        }
        do throws(MaintenanceFault) { _ = try window(rules) } catch {
            throw APIProblem([.value(error.description, at: error.location)])
        }
    }

    /// The window as it is answered.
    func json(zones: ZoneFiles, at now: Timestamp) -> JSONValue {
        var window: MaintenanceWindow?
        if isEnabled, let rules = try? zones.rules(zone) { window = try? self.window(rules) }
        return [
            "id": .integer(id),
            "active": .bool(window?.isActive(at: now) ?? false),
            "next_change_at": .time(window?.nextChange(after: now)),
            "created_at": .time(createdAt),
            "name": .string(name),
            "enabled": .bool(isEnabled),
            "matchers": .array(matchers.map { .string($0.description) }),
            "schedule": schedule.json,
            "time_zone": .string(zone),
            "from": .time(from),
            "until": .time(until),
            "comment": .string(comment),
        ]
    }
}

extension MaintenanceFault {
    /// The way to the member of a body that is at fault.
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
