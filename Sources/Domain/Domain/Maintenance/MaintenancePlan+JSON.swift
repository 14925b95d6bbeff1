package import Base
package import Checks

extension MaintenancePlan.Schedule {
    /// The stored and published form: `{type: once, start, end}`, `{type: weekly, weekdays, start, duration_minutes}`,
    /// `{type: cron, expression, duration_minutes}`.
    package var json: JSONValue {
        switch self {
        case .once(let start, let end):
            ["type": "once", "start": .string(start.description), "end": .string(end.description)]
        case .weekly(let weekdays, let time, let duration):
            [
                "type": "weekly",
                "weekdays": .array(Weekday.fromMonday.filter(weekdays.contains).map { .string($0.word) }),
                "start": .string(time.description), "duration_minutes": Self.minutes(duration),
            ]
        case .cron(let expression, let duration):
            ["type": "cron", "expression": .string(expression), "duration_minutes": Self.minutes(duration)]
        }
    }

    /// nil when the value is none that `json` makes; whether there can be such a window is not asked.
    package init?(json value: JSONValue) {
        func time(_ name: String) -> Timestamp? { value[name]?.stringValue.flatMap(Timestamp.init(iso8601:)) }
        let minutes = value["duration_minutes"]?.integerValue
        let duration = minutes.flatMap {
            MaintenanceLimits.durationMinutes.contains($0) ? Duration.seconds($0 * 60) : nil
        }
        switch value["type"]?.stringValue {
        case "once":
            guard let start = time("start"), let end = time("end") else { return nil }
            self = .once(start: start, end: end)
        case "weekly":
            guard let words = value["weekdays"]?.arrayValue, let duration,
                let start = value["start"]?.stringValue.flatMap(TimeOfDay.init(text:))
            else { return nil }
            let weekdays = words.compactMap { $0.stringValue.flatMap(Weekday.init(word:)) }
            guard weekdays.count == words.count else { return nil }
            self = .weekly(on: Set(weekdays), at: start, lasting: duration)
        case "cron":
            guard let expression = value["expression"]?.stringValue, let duration else { return nil }
            self = .cron(expression, lasting: duration)
        default: return nil
        }
    }

    /// The members of a stored schedule that this release does not know; nil for none.
    package func unknownMembers(of stored: JSONValue) -> UnknownMembers? {
        guard case .object(let object) = stored else { return nil }
        let unknown = JSONObject(object.members.filter { json[$0.key] == nil }.map { ($0.key, $0.value) })
        return unknown.members.isEmpty ? nil : UnknownMembers(unknown)
    }

    private static func minutes(_ duration: Duration) -> JSONValue { .integer(duration.wholeMilliseconds / 60_000) }
}

extension Weekday {
    /// The weekdays from Monday on.
    package static let fromMonday: [Weekday] = Array(allCases.dropFirst()) + [.sunday]

    /// `mon`.
    package var word: String {
        switch self {
        case .sunday: "sun"
        case .monday: "mon"
        case .tuesday: "tue"
        case .wednesday: "wed"
        case .thursday: "thu"
        case .friday: "fri"
        case .saturday: "sat"
        }
    }

    package init?(word: String) {
        guard let day = Weekday.allCases.first(where: { $0.word == word }) else { return nil }
        self = day
    }
}
