import Domain
import SQL

extension Monitor: KeepsNewerMembers {
    package var newerMembers: [String] { (spec.unknown?.names ?? []) + (alerting.unknown?.names ?? []) }
}

extension MonitorSummary: KeepsNewerMembers {
    package var newerMembers: [String] { monitor.newerMembers }
}

extension Policy: KeepsNewerMembers {
    package var newerMembers: [String] { unknown?.names ?? [] }
}

extension MaintenancePlan: KeepsNewerMembers {
    package var newerMembers: [String] { (unknown?.names ?? []).map { "schedule.\($0)" } }
}

extension StoredRule: KeepsNewerMembers {
    package var newerMembers: [String] { rule.unknown?.names ?? [] }
}

extension RunnableRule: KeepsNewerMembers {
    package var newerMembers: [String] { stored.newerMembers }
}

/// The members of stored things that this release does not know.
package enum NewerMembers {
    /// Their names, of a thing of any type.
    package static func names(in item: Any) -> [String] { (item as? any KeepsNewerMembers)?.newerMembers ?? [] }
}
