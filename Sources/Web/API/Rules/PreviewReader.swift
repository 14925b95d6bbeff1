import Alerting
import Base
import Domain
import Storage

/// Reads the checked body of a preview: over what time, and which monitors under which settings, or which rule.
struct PreviewReader: Sendable {
    let monitors: MonitorPreview
    let rules: RuleReader
    /// The numbers of regions; nil where there are none.
    let regions: RegionDirectory?

    /// What is to be tried.
    enum Trial: Sendable {
        case monitors([MonitorPreview.Subject])
        case rule(AlertRule)
    }

    func window(_ body: JSONValue, now: Timestamp) throws(APIProblem) -> PreviewWindow {
        func time(_ name: String) -> Timestamp? { body[name]?.stringValue.flatMap(Timestamp.init(apiText:)) }
        do throws(PreviewWindow.BoundsError) {
            return try PreviewWindow(from: time("from"), to: time("to"), now: now)
        } catch {
            let member: ValidationIssue.Step = body["from"] == nil ? "to" : "from"
            throw APIProblem([.value(error.rawValue, at: ["body", member])])
        }
    }

    func trial(_ body: JSONValue, now: Timestamp) async throws(APIProblem) -> Trial {
        switch (body["alerting"], body["rule"]) {
        case (nil, nil):
            let words = "Field required: settings to try on monitors, or a rule"
            throw APIProblem([ValidationIssue("missing", at: ["body", "alerting"], words)])
        case (_?, _?):
            throw APIProblem([.value("give either alerting or rule, not both", at: ["body", "rule"])])
        case (nil, let rule?):
            let strangers = ["monitors", "tag", "q"].filter { body[$0] != nil }
            guard strangers.isEmpty else {
                let words = "it goes with alerting; a rule says itself what it looks at"
                throw APIProblem(strangers.map { .value(words, at: ["body", .key($0)]) })
            }
            do throws(APIProblem) { return .rule(try await rules.rule(rule, replacing: nil, now: now)) } catch {
                throw error.within("rule")
            }
        case (let settings?, nil): return .monitors(try await subjects(settings, of: try await chosen(body)))
        }
    }

    // MARK: Monitors

    private func chosen(_ body: JSONValue) async throws(APIProblem) -> [Monitor] {
        if let list = body["monitors"]?.arrayValue {
            let filters = ["tag", "q"].filter { body[$0] != nil }
            guard filters.isEmpty else {
                let words = "monitors says already which ones"
                throw APIProblem(filters.map { .value(words, at: ["body", .key($0)]) })
            }
            return try await monitors(list.compactMap(\.integerValue).map(MonitorID.init(rawValue:)))
        }
        let filter = MonitorFilter(query: body["q"]?.stringValue, tag: body["tag"]?.stringValue?.lowercased())
        let found = try await stored { () async throws(StorageError) in try await monitors.monitors(passing: filter) }
        guard found.count <= MonitorPreview.maximumMonitors else {
            let words = "more than \(MonitorPreview.maximumMonitors) monitors; choose some by monitors, tag or q"
            throw APIProblem([.value(words, at: ["body", "monitors"])])
        }
        return found
    }

    private func monitors(_ ids: [MonitorID]) async throws(APIProblem) -> [Monitor] {
        let (found, missing) = try await stored { () async throws(StorageError) in try await monitors.monitors(ids) }
        let issues = ids.enumerated().filter { missing.contains($0.element) }.prefix(Schema.maximumIssues)
            .map { ValidationIssue.value("there is no such monitor", at: ["body", "monitors", .index($0.offset)]) }
        guard issues.isEmpty else { throw APIProblem(issues) }
        return found
    }

    private func subjects(
        _ settings: JSONValue,
        of monitors: [Monitor]
    ) async throws(APIProblem) -> [MonitorPreview.Subject] {
        var trials: [(monitor: Monitor, alerting: MonitorAlerting)] = []
        for monitor in monitors {
            let alerting: MonitorAlerting
            do throws(APIProblem) {
                alerting = try MonitorAlerting.fields.taking(settings, over: monitor.alerting)
            } catch {
                throw error.within("alerting")
            }
            trials.append((monitor, alerting))
        }
        // From a region that nobody has named yet there are no results.
        try? await regions?.learn(trials.flatMap { $0.monitor.regions + $0.alerting.regions })
        return trials.map { MonitorPreview.Subject($0.monitor, proposed: $0.alerting, regions) }
    }
}

extension APIProblem {
    /// The same about a member of the body.
    fileprivate func within(_ member: String) -> APIProblem {
        guard case .issues(let issues) = detail else { return self }
        return APIProblem(
            issues.map { issue in
                guard issue.location.first == "body" else { return issue }
                let place = [issue.location[0], .key(member)] + issue.location.dropFirst()
                return ValidationIssue(issue.type, at: place, issue.message)
            }
        )
    }
}
