import Base
import Domain

extension MonitorDraft {
    /// The defaults of a kind of check on this server.
    init(kind: any CheckKind.Type, defaults policy: MonitorPolicy) {
        self.init(name: "", spec: kind.standard(timeout: policy.timeout), interval: policy.interval)
    }

    /// Applies the members of a body in the schema's normal form.
    ///
    /// A secret that was sent back masked is taken from `stored`. Throws 422 with all errors that concern several
    /// members.
    mutating func apply(_ body: JSONValue, stored: Monitor?, policy: MonitorPolicy) throws(APIProblem) {
        var issues = Self.misplacedFiles(body, spec.kind.serverFiles, policy)
        var errors: [FieldError] = []
        Self.fields.apply(body, to: &self, stored: stored.map(MonitorDraft.init), &errors)
        issues += errors.map(\.issue)
        // The settings of the kind say what contradicts each other only when each is valid by itself.
        errors = []
        spec = spec.applying(body, stored: stored?.spec, &errors).prepared(stored: stored?.spec)
        issues += errors.map(\.issue)
        if let stored, alerting.dependsOn.contains(stored.id) {
            issues.append(.value("a monitor cannot depend on itself", at: ["body", "depends_on"]))
        }
        if !spec.kind.isActive, !alerting.regions.isEmpty {
            issues.append(
                .value("a \(spec.kind.name) monitor has no regions: it waits for pings", at: ["body", "regions"])
            )
        }
        if !alerting.regions.isEmpty, alerting.rule.minimumFresh > alerting.regions.count {
            issues.append(.value("min_fresh is more than there are regions", at: ["body", "min_fresh"]))
        }
        guard issues.isEmpty else { throw APIProblem(issues) }
    }

    /// Keeps what a newer release wrote, in settings that are replaced.
    mutating func keepUnknownMembers(of stored: Monitor) {
        spec.unknown = stored.spec.unknown
        alerting.unknown = stored.alerting.unknown
    }

    /// Files of the server that its operator does not allow in monitors.
    private static func misplacedFiles(
        _ body: JSONValue,
        _ names: [String],
        _ policy: MonitorPolicy
    ) -> [ValidationIssue] {
        names.compactMap { name in
            guard let path = body[name]?.stringValue, let fault = TextRules.file(under: policy.tlsDirectory)(path)
            else {
                return nil
            }
            return ValidationIssue(fault.type, at: ["body", .key(name)], fault.message)
        }
    }
}
