package import Base

/// A list of silences as an aligned table.
package enum SilencesTable {
    /// A headline and one line a silence, or a sentence when there is none.
    package static func text(_ silences: [JSONValue]) -> String {
        guard !silences.isEmpty else { return "No silences.\n" }
        let rows = silences.map { silence in
            let matchers = (silence["matchers"]?.arrayValue ?? []).compactMap(\.stringValue)
            return [
                TextTable.cell(silence["id"]), TextTable.cell(silence["state"]), TextTable.cell(silence["starts_at"]),
                TextTable.cell(silence["ends_at"]), matchers.joined(separator: " "),
                TextTable.cell(silence["author"]), TextTable.cell(silence["comment"]),
            ]
        }
        return TextTable.text([["ID", "STATE", "FROM", "UNTIL", "MATCHERS", "AUTHOR", "COMMENT"]] + rows)
    }
}

/// A list of notifications as an aligned table.
package enum NotificationsTable {
    /// A headline and one line a notification, or a sentence when there is none.
    package static func text(_ notifications: [JSONValue]) -> String {
        guard !notifications.isEmpty else { return "No notifications.\n" }
        let rows = notifications.map { notification in
            ["id", "state", "channel_id", "event", "attempts", "created_at", "subject", "error"]
                .map { TextTable.cell(notification[$0]) }
        }
        return TextTable.text([["ID", "STATE", "CHANNEL", "EVENT", "TRIES", "CREATED", "SUBJECT", "ERROR"]] + rows)
    }
}

extension TextTable {
    /// A text or number as it stands in a table; "-" for nothing.
    static func cell(_ value: JSONValue?) -> String {
        switch value {
        case .string(let text)?: text
        case .integer(let number)?: "\(number)"
        default: "-"
        }
    }
}
