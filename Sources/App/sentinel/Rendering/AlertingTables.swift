package import Base

/// A list of silences as an aligned table.
package enum SilencesTable {
    /// A header and one line a silence, or a sentence when there is none.
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
    /// A header and one line a notification, or a sentence when there is none.
    package static func text(_ notifications: [JSONValue]) -> String {
        guard !notifications.isEmpty else { return "No notifications.\n" }
        let rows = notifications.map { notification in
            ["id", "state", "channel_id", "event", "attempts", "created_at", "subject", "error"]
                .map { TextTable.cell(notification[$0]) }
        }
        return TextTable.text([["ID", "STATE", "CHANNEL", "EVENT", "TRIES", "CREATED", "SUBJECT", "ERROR"]] + rows)
    }
}

/// Channels, for people.
package enum ChannelsTable {
    /// A header and one line a channel, or a sentence when there is none.
    package static func text(_ channels: [JSONValue]) -> String {
        guard !channels.isEmpty else { return "No channels.\n" }
        let rows = channels.map { channel in
            let isEnabled = channel["enabled"] == .bool(true)
            return ["id", "name", "kind", "origin"].map { TextTable.cell(channel[$0]) }
                + [isEnabled ? "yes" : "no", channel["is_default"] == .bool(true) ? "yes" : "no"]
        }
        return TextTable.text([["ID", "NAME", "KIND", "FROM", "ENABLED", "DEFAULT"]] + rows)
    }

    /// The outcome of a test message, in one line.
    package static func outcome(_ outcome: JSONValue, of name: String) -> String {
        let words =
            switch outcome["outcome"]?.stringValue {
            case "delivered"?: "took the message"
            case "refused"?: "refuses the message"
            default: "did not take the message"
            }
        let detail = outcome["detail"]?.stringValue.map { ": \($0)" } ?? ""
        let time = outcome["duration_ms"].map { " (\($0) ms)" } ?? ""
        return TerminalStyle.printable("\(name) \(words)\(time)\(detail)") + "\n"
    }
}

extension TextTable {
    /// A text or number for a table cell; "-" for a missing one.
    static func cell(_ value: JSONValue?) -> String {
        switch value {
        case .string(let text)?: text
        case .integer(let number)?: "\(number)"
        default: "-"
        }
    }
}
