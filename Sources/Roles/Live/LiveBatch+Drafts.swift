import Base
import Domain

extension LiveBatch {
    /// The encoded events of a topic; `region` is the name of the default region.
    func drafts(_ topic: LiveTopic, region: String) -> [LiveDraft] {
        let own =
            switch topic {
            case .monitor: states.map(\.draft)
            case .result: results.map { Self.draft($0, region) }
            case .incident: incidents.map(\.draft)
            }
        return encoded.isEmpty ? own : own + encoded.filter { $0.topic == topic }
    }

    private static func draft(_ result: CheckResult, _ region: String) -> LiveDraft {
        var result = result
        result.outcome.evidence = nil
        var data = result.json(region: result.regionName?.rawValue ?? region, url: result.url ?? "")
        if result.url == nil, result.outcome.finalURL == nil, case .object(var object) = data {
            object["final_url"] = .null
            data = .object(object)
        }
        return LiveDraft(
            .result,
            monitor: result.monitorID.rawValue,
            type: "checked",
            at: result.checkedAt,
            data: data
        )
    }
}

extension LiveState {
    fileprivate var draft: LiveDraft {
        LiveDraft(
            .monitor,
            monitor: monitorID.rawValue,
            type: "changed",
            at: since,
            data: [
                "monitor_id": .integer(monitorID.rawValue),
                "state": .string(state.rawValue),
                "previous": .string(previous.rawValue),
                "since": .string(since.description),
                "reason": reason.map { .string($0) } ?? .null,
            ]
        )
    }
}

extension LiveIncident {
    fileprivate var draft: LiveDraft {
        LiveDraft(
            .incident,
            monitor: incident.monitorID?.rawValue,
            type: event,
            at: incident.updatedAt,
            data: [
                "id": .integer(incident.id.rawValue),
                "event": .string(event),
                "state": .string(incident.state.rawValue),
                "monitor_id": incident.monitorID.map { .integer($0.rawValue) } ?? .null,
                "subject": .string(incident.subject),
                "severity": .string(incident.severity.rawValue),
                "reason": incident.reason.map { .string($0) } ?? .null,
                "message": .string(incident.message),
                "opened_at": .string(incident.openedAt.description),
                "resolved_at": incident.resolvedAt.map { .string($0.description) } ?? .null,
            ]
        )
    }
}
