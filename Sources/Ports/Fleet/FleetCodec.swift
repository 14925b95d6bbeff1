package import Base

/// Processes and commands as JSON, as other processes read them.
extension FleetProcess {
    package var json: JSONValue {
        var object = JSONObject([
            ("id", .string(id)), ("role", .string(role)), ("host", .string(host)), ("pid", .integer(Int64(pid))),
            ("version", .string(version)), ("region", .string(region)),
            ("started_at", .integer(startedAt.milliseconds)), ("state", .string(state.rawValue)),
            ("accepts", .array(accepts.map { .string($0.rawValue) })), ("load", .number(load)),
        ])
        if let slots {
            object["slots"] = [
                "concurrency": .integer(Int64(slots.concurrency)), "limit": .integer(Int64(slots.limit)),
                "active": .integer(Int64(slots.active)), "waiting": .integer(Int64(slots.waiting)),
            ]
        }
        if let work {
            object["work"] = [
                "processed": .integer(Int64(work.processed)), "failed": .integer(Int64(work.failed)),
                "last_minute": .integer(Int64(work.lastMinute)),
            ]
        }
        if let lastCommand { object["last_command"] = lastCommand.json }
        return .object(object)
    }

    /// Reads what `json` has written; nil when it is something else.
    package init?(json: JSONValue) {
        guard let id = Self.name(json["id"]), let role = Self.name(json["role"]), let host = Self.name(json["host"]),
            let version = Self.name(json["version"]), let region = Self.name(json["region"]),
            let pid = Self.count(json["pid"]),
            let started = json["started_at"]?.integerValue.flatMap({ Timestamp(exactMilliseconds: $0) })
        else { return nil }
        self.init(
            id: id,
            role: role,
            host: host,
            pid: pid,
            version: version,
            region: region,
            startedAt: started
        )
        // A newer release may have more states and commands.
        state = json["state"]?.stringValue.flatMap { State(rawValue: $0) } ?? .running
        accepts = (json["accepts"]?.arrayValue ?? []).prefix(100).compactMap {
            $0.stringValue.flatMap { FleetCommand.Action(rawValue: $0) }
        }
        if let value = json["load"]?.doubleValue, value.isFinite, value >= 0 { load = value }
        if let part = json["slots"], let concurrency = Self.count(part["concurrency"]),
            let limit = Self.count(part["limit"])
        {
            slots = Slots(
                concurrency: concurrency,
                limit: limit,
                active: Self.count(part["active"]) ?? 0,
                waiting: Self.count(part["waiting"]) ?? 0
            )
        }
        if let part = json["work"], let processed = Self.count(part["processed"]),
            let failed = Self.count(part["failed"])
        {
            work = Work(processed: processed, failed: failed, lastMinute: Self.count(part["last_minute"]) ?? 0)
        }
        lastCommand = json["last_command"].flatMap { FleetCommand(json: $0) }
    }

    private static func name(_ value: JSONValue?) -> String? {
        guard let text = value?.stringValue, (1...300).contains(text.utf8.count) else { return nil }
        return text
    }

    private static func count(_ value: JSONValue?) -> Int? {
        guard let number = value?.integerValue, (0...1 << 53).contains(number) else { return nil }
        return Int(number)
    }
}

extension FleetCommand {
    package var json: JSONValue {
        [
            "id": .string(id), "action": .string(action.rawValue),
            "concurrency": concurrency.map { .integer(Int64($0)) } ?? .null,
            "requested_at": .integer(requestedAt.milliseconds), "state": .string(state.rawValue),
            "detail": detail.map { .string($0) } ?? .null,
        ]
    }

    /// Reads what `json` has written; nil when it is something else.
    package init?(json: JSONValue) {
        guard let id = json["id"]?.stringValue, (1...100).contains(id.utf8.count),
            let action = json["action"]?.stringValue.flatMap({ Action(rawValue: $0) }),
            let time = json["requested_at"]?.integerValue.flatMap({ Timestamp(exactMilliseconds: $0) })
        else { return nil }
        let concurrency = json["concurrency"]?.integerValue
        if let concurrency, !(1...1_000_000).contains(concurrency) { return nil }
        self.init(action, concurrency: concurrency.map { Int($0) }, id: id, at: time)
        state = json["state"]?.stringValue.flatMap { State(rawValue: $0) } ?? .pending
        detail = json["detail"]?.stringValue.map { String($0.prefix(500)) }
    }
}
