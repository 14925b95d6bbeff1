import Base
import Domain
import Storage

extension CheckResult {
    /// The result of `/api/monitoring/{id}/history`.
    var domainJSON: JSONValue {
        [
            "id": .integer(id),
            "domain_id": .integer(monitorID.rawValue),
            "checked_at": .time(checkedAt),
            "latency_ms": .number(Double((outcome.latency.wholeNanoseconds + 5000) / 10_000) / 100),
            "status_code": .integer(Int64(outcome.statusCode ?? 0)),
            "is_success": .bool(outcome.isSuccess),
            "error_message": .text(outcome.failure?.message),
        ]
    }

    /// The result of `/api/v1`, with what the monitor adds; a deleted monitor adds nothing.
    func json(_ regions: RegionNaming, of monitor: Monitor?) -> JSONValue {
        let url = url ?? monitor?.spec.shownTarget
        guard case .object(var object) = json(region: regions.name(of: self), url: url ?? "", kind: monitor?.spec.kind)
        else {
            return .null
        }
        if url == nil, outcome.finalURL == nil { object["final_url"] = .null }
        object["monitor_name"] = .text(monitor?.name)
        object["url"] = .text(url)
        object["status"] = .string(statusWord)
        object["timestamp"] = .time(checkedAt)
        return .object(object)
    }

    /// `UP`; `DOWN` when the target's response was not the expected one; `TIMEOUT`; `ERROR` for every other failure.
    private var statusWord: String {
        switch outcome.failure?.reason {
        case nil: "UP"
        case .dnsTimeout, .connectTimeout, .tlsTimeout, .timeoutFirstByte, .timeoutTransfer, .answerTimeout: "TIMEOUT"
        default: outcome.failure?.phase == .assertion ? "DOWN" : "ERROR"
        }
    }
}
