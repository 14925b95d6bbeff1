import Alerting
import Base
import Domain

extension PreviewWindow {
    /// What every answer to a preview says.
    fileprivate func members(isCut: Bool) -> [(key: String, value: JSONValue)] {
        [("from", .time(from)), ("to", .time(to)), ("truncated", .bool(isCut))]
    }
}

extension [MonitorPreview.Finding] {
    func json(_ window: PreviewWindow) -> JSONValue {
        let totals: JSONValue = [
            "monitors": .count(count), "checks": .count(reduce(0) { $0 + $1.checks }),
            "current": sum(\.current), "proposed": sum(\.proposed),
        ]
        let isCut = contains { $0.current.isCut || $0.proposed.isCut }
        let findings = map { finding -> JSONValue in
            [
                "id": .integer(finding.id.rawValue), "name": .string(finding.name), "checks": .count(finding.checks),
                "current": finding.current.json(window), "proposed": finding.proposed.json(window),
            ]
        }
        let members: [(key: String, value: JSONValue)] = [
            ("totals", totals), ("monitors", .array(findings)),
            ("left_out", .text(contains(where: \.hasRegions) ? Self.offlineText : nil)),
        ]
        return .object(JSONObject(window.members(isCut: isCut) + members))
    }

    /// Results do not tell whether their region was offline when they were made.
    private static var offlineText: String {
        "times in which a region was offline are not replayed: its results from then count here as any others"
    }

    private func sum(_ side: KeyPath<MonitorPreview.Finding, OutageForecast>) -> JSONValue {
        let forecasts = map { $0[keyPath: side] }
        return [
            "incidents": .count(forecasts.reduce(0) { $0 + $1.count }),
            "notifications": .count(forecasts.reduce(0) { $0 + $1.notifications }),
            "down_seconds": .seconds(forecasts.reduce(.zero) { $0 + $1.downTime }),
        ]
    }
}

extension OutageForecast {
    fileprivate func json(_ window: PreviewWindow) -> JSONValue {
        let incidents = outages.map { outage -> JSONValue in
            [
                "started_at": .time(outage.startedAt), "ended_at": .time(outage.endedAt),
                "duration_seconds": .seconds((outage.endedAt ?? window.to) - outage.startedAt),
                "failed_checks": .count(outage.failedChecks), "reason": .text(outage.reason?.description),
                "reopenings": .count(outage.reopenings), "degraded": .bool(outage.isDegraded),
            ]
        }
        return [
            "count": .count(count), "notifications": .count(notifications), "down_seconds": .seconds(downTime),
            "incidents": .array(incidents),
        ]
    }
}

extension RulePreview.Answer {
    func json(_ window: PreviewWindow) -> JSONValue {
        let totals: JSONValue = [
            "series": .count(seriesCount), "firing_series": .count(forecast.series.count),
            "alerts": .count(forecast.count), "reminders": .count(forecast.reminders),
            "firing_seconds": .seconds(forecast.firingTime),
        ]
        let overflow = forecast.hasOverflowed ? "more series than max_series; no more are looked at" : nil
        let members: [(key: String, value: JSONValue)] = [
            ("step_seconds", .seconds(grid.step)), ("evaluations", .count(grid.count)), ("totals", totals),
            ("series", .array(forecast.series.map { $0.json(window) })), ("left_out", .text(excess ?? overflow)),
        ]
        return .object(JSONObject(window.members(isCut: forecast.isCut) + members))
    }
}

extension RuleForecast.Series {
    fileprivate func json(_ window: PreviewWindow) -> JSONValue {
        let alerts = alerts.map { alert -> JSONValue in
            [
                "started_at": .time(alert.startedAt), "ended_at": .time(alert.endedAt),
                "duration_seconds": .seconds((alert.endedAt ?? window.to) - alert.startedAt),
                "peak": alert.peak.map { .number($0) } ?? .null, "reminders": .count(alert.reminders),
            ]
        }
        let labels = (key?.labels ?? []).map { (key: $0.name, value: JSONValue.string($0.value)) }
        return [
            "series": .string(key?.description ?? ""), "labels": .object(JSONObject(labels)), "count": .count(count),
            "reminders": .count(reminders), "firing_seconds": .seconds(firingTime), "alerts": .array(alerts),
        ]
    }
}

extension JSONValue {
    fileprivate static func count(_ count: Int) -> JSONValue { .integer(Int64(count)) }
    /// Whole ones, none below zero.
    fileprivate static func seconds(_ duration: Duration) -> JSONValue { .integer(max(0, duration.components.seconds)) }
}
