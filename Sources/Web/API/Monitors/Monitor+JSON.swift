import Base
import Domain
import Storage

/// How a monitor is doing, as far as its answer tells.
struct MonitorStanding: Sendable, Equatable {
    let state: MonitorState
    let since: Timestamp
    /// The newest stored result; nil before the first.
    var last: CheckResult?

    /// Every word that the member `status` may be.
    static let words = MonitorState.allCases.map(\.rawValue)
}

extension Monitor {
    /// The monitor of `/api/v1/monitors`, secrets masked.
    func json(_ standing: MonitorStanding) -> JSONValue {
        let seconds = JSONValue.integer(interval.components.seconds)
        var object = JSONObject([
            ("id", .integer(id.rawValue)),
            ("status", .string(isActive ? standing.state.rawValue : "paused")),
            ("status_since", .time(standing.since)),
            ("last_check", standing.last?.digest ?? .null),
            ("created_at", .time(createdAt)),
            ("updated_at", .time(updatedAt)),
            ("name", .string(name)),
            ("url", .string(spec.url)),
            ("interval", seconds),
            ("interval_seconds", seconds),
            ("enabled", .bool(isActive)),
            ("is_active", .bool(isActive)),
            ("tags", .array(tags.map { .string($0) })),
        ])
        for (name, value) in spec.options.json + alerting.json { object[name] = value }
        return .object(object)
    }

    /// The domain of `/api/domains/`.
    var domainJSON: JSONValue {
        [
            "id": .integer(id.rawValue),
            "name": .string(name),
            "url": .string(spec.url),
            "is_active": .bool(isActive),
            "created_at": .time(createdAt),
        ]
    }
}

extension CheckResult {
    /// A result as a monitor shows its last one.
    fileprivate var digest: JSONValue {
        [
            "id": .integer(id),
            "checked_at": .time(checkedAt),
            "is_success": .bool(outcome.isSuccess),
            "latency_ms": outcome.latency.jsonMilliseconds,
            "status_code": outcome.statusCode.map { .integer(Int64($0)) } ?? .null,
            "reason": outcome.failure.map { .string($0.reason.description) } ?? .null,
            "error_message": .text(outcome.failure?.message),
        ]
    }
}

extension HTTPSpec.Options {
    /// The members of a monitor's answer, in order; secrets masked.
    fileprivate var json: [(String, JSONValue)] {
        [
            ("method", .string(method)),
            ("headers", headersJSON),
            ("body", .text(body)),
            ("auth", authentication?.json ?? .null),
            ("user_agent", .text(userAgent)),
            ("expected_status", expectedStatus.json),
            ("keyword", .text(keyword)),
            ("not_keyword", .text(forbiddenKeyword)),
            ("max_body", .integer(Int64(maximumBody))),
            ("follow_redirects", .bool(maximumRedirects != nil)),
            ("max_redirects", .integer(Int64(maximumRedirects ?? MonitorLimits.defaultRedirects))),
            ("timeout", timeout.jsonSeconds),
            ("connect_timeout", connectTimeout?.jsonSeconds ?? .null),
            ("verify_tls", .bool(verifyTLS)),
            ("ca_file", .text(caFile)),
            ("client_cert", .text(clientCertificate)),
            ("client_key", .text(clientKey)),
            ("resolve", .array(resolve.map { .string($0.text) })),
            ("resolver", .text(resolver)),
            ("proxy", .text(proxy)),
            ("ip_version", .string(ipVersion.rawValue)),
            ("http_version", .string(httpVersion.rawValue)),
            ("reuse_connection", .bool(reuseConnection)),
        ]
    }

    private var headersJSON: JSONValue {
        var object = JSONObject()
        for header in headers {
            object[header.name] = .string(Secrets.isSensitive(header: header.name) ? Secrets.mask : header.value)
        }
        return .object(object)
    }
}

extension MonitorAlerting {
    /// The members of a monitor's answer, in order.
    fileprivate var json: [(String, JSONValue)] {
        let window = rule.failures.map { share -> JSONValue in
            ["failures": .integer(Int64(share.count)), "checks": .integer(Int64(share.of))]
        }
        return [
            ("retries", .integer(Int64(rule.retries))),
            ("retry_interval", rule.retryInterval?.jsonSeconds ?? .null),
            ("recovery_threshold", .integer(Int64(rule.recoveries))),
            ("failure_window", window ?? .null),
            ("degraded_above", rule.degradedAbove?.jsonSeconds ?? .null),
            ("quorum", rule.quorum.json),
            ("settle_time", rule.settleTime.jsonSeconds),
            ("severity", .string(severity.rawValue)),
            ("repeat_interval", repeatInterval?.jsonSeconds ?? .null),
            ("depends_on", .array(dependsOn.map { .integer($0.rawValue) })),
        ]
    }
}

extension HTTPSpec.Authentication {
    fileprivate var json: JSONValue {
        switch self {
        case .basic(let user, _): ["type": "basic", "username": .string(user), "password": .string(Secrets.mask)]
        case .bearer: ["type": "bearer", "token": .string(Secrets.mask)]
        }
    }
}

extension StatusSet {
    /// One code as a number, else the text.
    fileprivate var json: JSONValue {
        if ranges.count == 1, ranges[0].count == 1 { return .integer(Int64(ranges[0].lowerBound)) }
        return .string(description)
    }
}

extension Duration {
    fileprivate var jsonSeconds: JSONValue { .number(inSeconds) }
}

extension JSONValue {
    static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    static func time(_ value: Timestamp?) -> JSONValue { .text(value?.description) }
}
