import Messages
import Base
import Broker
import Domain
import Pipeline
import Storage

/// Creates, changes and deletes monitors, and broadcasts the changes.
struct MonitorCommands: Sendable {
    let dependencies: APIDependencies

    /// Stores a new monitor from a validated body; a domain's target must be new too.
    func create(_ body: JSONValue, uniqueURL: Bool = false) async throws(APIProblem) -> Monitor {
        let policy = dependencies.policy
        let kind = body["kind"]?.stringValue.flatMap { dependencies.kinds[$0] } ?? dependencies.kinds.standard
        var settings = MonitorDraft(kind: kind, defaults: policy)
        try settings.apply(body, stored: nil, policy: policy)
        let draft = settings
        let now = dependencies.now()
        let monitor = try await stored { () async throws(StorageError) in
            try await dependencies.monitors.insert(draft, uniqueURL: uniqueURL, now: now)
        }
        // Another installation may have used the number before, with the same cache.
        await dependencies.cache?.forget(monitor.id, deleted: false)
        await announce(.changed(monitor))
        return monitor
    }

    /// Replaces all settings: members that the body leaves out get their defaults.
    func replace(_ id: MonitorID, _ body: JSONValue) async throws(APIProblem) -> Monitor {
        try Self.checkNumber(body, id)
        let policy = dependencies.policy
        if let written = try await mend(id, body) { return written }
        return try await update(id) { monitor throws(APIProblem) in
            let body = try checked(body, monitor, schema.replacement)
            var settings = MonitorDraft(kind: monitor.spec.kind, defaults: policy)
            settings.keepUnknownMembers(of: monitor)
            try settings.apply(body, stored: monitor, policy: policy)
            return settings
        }
    }

    /// Changes the settings that the body contains.
    func change(_ id: MonitorID, _ body: JSONValue) async throws(APIProblem) -> Monitor {
        try Self.checkNumber(body, id)
        let policy = dependencies.policy
        return try await update(id) { monitor throws(APIProblem) in
            let body = try checked(body, monitor, schema.change)
            var settings = MonitorDraft(monitor)
            try settings.apply(body, stored: monitor, policy: policy)
            return settings
        }
    }

    /// Throws 422 for a body that is about another monitor than the path.
    private static func checkNumber(_ body: JSONValue, _ id: MonitorID) throws(APIProblem) {
        guard let given = body["id"]?.integerValue, given != id.rawValue else { return }
        throw APIProblem([.value("id differs from the one in the path", at: ["body", "id"])])
    }

    /// Writes a whole monitor over one that cannot be read; nil when it can be, or there is none.
    private func mend(_ id: MonitorID, _ body: JSONValue) async throws(APIProblem) -> Monitor? {
        do throws(StorageError) {
            _ = try await dependencies.monitors.monitor(id)
            return nil
        } catch {
            guard case .unreadable = error else { throw APIProblem(error) }
        }
        // Its kind cannot be read either.
        let kind = body["kind"]?.stringValue.flatMap { dependencies.kinds[$0] } ?? dependencies.kinds.standard
        var issues: [ValidationIssue] = []
        let value = schema.replacement(of: kind).read(body, at: ["body"], into: &issues)
        guard issues.isEmpty, let value else { throw APIProblem(issues) }
        var settings = MonitorDraft(kind: kind, defaults: dependencies.policy)
        try settings.apply(value, stored: nil, policy: dependencies.policy)
        let (draft, now) = (settings, dependencies.now())
        let monitor = try await stored { () async throws(StorageError) in
            try await dependencies.monitors.overwrite(id, draft, now: now)
        }
        await announce(.changed(monitor))
        return monitor
    }

    /// The body in the normal form of the monitor's kind; throws 422 with all errors.
    private func checked(
        _ body: JSONValue,
        _ monitor: Monitor,
        _ schema: (any CheckKind.Type) -> Schema
    ) throws(APIProblem) -> JSONValue {
        let kind = monitor.spec.kind
        if let given = body["kind"]?.stringValue, given != kind.name, dependencies.kinds[given] != nil {
            let message = "the kind of a monitor cannot be changed: it is \(kind.name)"
            throw APIProblem([.value(message, at: ["body", "kind"])])
        }
        var issues: [ValidationIssue] = []
        let value = schema(kind).read(body, at: ["body"], into: &issues)
        guard issues.isEmpty, let value else { throw APIProblem(issues) }
        return value
    }

    private var schema: MonitorSchema { MonitorSchema(kinds: dependencies.kinds, policy: dependencies.policy) }

    /// Deletes a monitor and, later, its stored data.
    func delete(_ id: MonitorID) async throws(APIProblem) {
        let now = dependencies.now()
        let existed = try await stored { () async throws(StorageError) in
            try await dependencies.monitors.delete(id, now: now)
        }
        guard existed else { throw .noSuchMonitor }
        await dependencies.cache?.forget(id, deleted: true)
        await announce(.deleted(id))
        dependencies.alerting.wake()
    }

    /// The monitor; throws 404 when there is none.
    func monitor(_ id: MonitorID, missing: APIProblem = .noSuchMonitor) async throws(APIProblem) -> Monitor {
        let monitor = try await stored { () async throws(StorageError) in try await dependencies.monitors.monitor(id) }
        guard let monitor else { throw missing }
        return monitor
    }

    /// Reads, changes and writes; repeats it when somebody else wrote in between.
    private func update(
        _ id: MonitorID,
        _ change: (Monitor) throws(APIProblem) -> MonitorDraft
    ) async throws(APIProblem) -> Monitor {
        var attempt = 1
        while true {
            let current = try await monitor(id)
            let draft = try change(current)
            // Settings that were sent back as they are change nothing, not even the time of the last change.
            if draft == MonitorDraft(current) { return current }
            let now = dependencies.now()
            do throws(StorageError) {
                let repository = dependencies.monitors
                let monitor = try await repository.update(id, draft, expected: current.revision, now: now)
                await announce(.changed(monitor))
                // What another monitor explained may be sent now.
                if monitor.alerting.dependsOn != current.alerting.dependsOn { dependencies.alerting.wake() }
                return monitor
            } catch {
                guard error == .conflict, attempt < 50 else { throw APIProblem(error) }
                attempt += 1
            }
        }
    }

    private func announce(_ event: MonitorEvent) async {
        await dependencies.broker.broadcast(event, on: Topics.monitorEvents)
    }
}
