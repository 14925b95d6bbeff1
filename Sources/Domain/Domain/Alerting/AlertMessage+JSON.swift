package import Base

/// The stored and published form of a message; missing values are omitted.
extension AlertMessage {
    package var json: JSONValue {
        var object = JSONObject([
            ("id", .string(id)), ("event", .string(event.rawValue)), ("severity", .string(severity.rawValue)),
            ("created_at", .string(createdAt.description)), ("items", .array(items.map(\.json))),
        ])
        if omitted > 0 { object["omitted"] = .integer(Int64(omitted)) }
        if !omittedEvents.isEmpty {
            let counts = omittedEvents.sorted { $0.key.rawValue < $1.key.rawValue }
            object["omitted_events"] = .object(
                JSONObject(counts.map { (key: $0.key.rawValue, value: .integer(Int64($0.value))) })
            )
        }
        return .object(object)
    }

    /// nil when `json` could not have made the value.
    package init?(json value: JSONValue) {
        guard let id = value["id"]?.stringValue,
            let createdAt = value["created_at"]?.stringValue.flatMap(Timestamp.init(iso8601:)),
            let list = value["items"]?.arrayValue
        else { return nil }
        let items = list.compactMap(Item.init(json:))
        guard items.count == list.count, !items.isEmpty else { return nil }
        self.init(id: id, items: items, createdAt: createdAt)
        omitted = Int(clamping: max(0, value["omitted"]?.integerValue ?? 0))
        for event in Event.allCases {
            guard let count = value["omitted_events"]?[event.rawValue]?.integerValue, count > 0 else { continue }
            note(event, omitted: Int(clamping: min(count, 1_000_000)))
        }
    }
}

extension AlertMessage.Item {
    package var json: JSONValue {
        var object = JSONObject([("event", .string(event.rawValue)), ("key", .string(key))])
        object["incident_id"] = incidentID.map { .integer($0) }
        object["subject"] = .string(subject)
        object["target"] = .string(target)
        object["severity"] = .string(severity.rawValue)
        object["reason"] = reason.map { .string($0) }
        object["text"] = .string(text)
        object["since"] = .string(since.description)
        object["until"] = until.map { .string($0.description) }
        object["facts"] = facts.isEmpty ? nil : .array(facts.map(\.json))
        object["labels"] = labels.isEmpty ? nil : .array(labels.map(\.json))
        object["link"] = link.map { .string($0) }
        object["acknowledge_link"] = acknowledgeLink.map { .string($0) }
        return .object(object)
    }

    package init?(json value: JSONValue) {
        func text(_ name: String) -> String? { value[name]?.stringValue }
        func time(_ name: String) -> Timestamp? { text(name).flatMap(Timestamp.init(iso8601:)) }
        guard let event = text("event").flatMap(AlertMessage.Event.init), let key = text("key"),
            let subject = text("subject"), let target = text("target"),
            let severity = text("severity").flatMap(Severity.init), let words = text("text"), let since = time("since")
        else { return nil }
        self.init(
            event: event,
            key: key,
            subject: subject,
            target: target,
            severity: severity,
            text: words,
            since: since
        )
        (incidentID, reason, until) = (value["incident_id"]?.integerValue, text("reason"), time("until"))
        (link, acknowledgeLink) = (text("link"), text("acknowledge_link"))
        facts = (value["facts"]?.arrayValue ?? []).compactMap(AlertMessage.Fact.init(json:))
        labels = (value["labels"]?.arrayValue ?? []).compactMap(AlertMessage.Fact.init(json:))
    }
}

extension AlertMessage.Fact {
    var json: JSONValue { ["name": .string(name), "value": .string(value)] }

    init?(json: JSONValue) {
        guard let name = json["name"]?.stringValue, let value = json["value"]?.stringValue else { return nil }
        self.init(name, value)
    }
}
