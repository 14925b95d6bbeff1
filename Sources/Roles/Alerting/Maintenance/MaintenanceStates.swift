import Base
import Domain

/// The maintenance windows, which of them are active, and when that changes.
struct MaintenanceStates {
    private struct Entry {
        let plan: MaintenancePlan
        let window: MaintenanceWindow
        var isActive = false
        /// When it begins or ends next; nil for never again.
        var next: Timestamp?
    }

    private var entries: [Entry] = []
    /// The instant up to which the windows were advanced.
    private var lookedAt = Timestamp(milliseconds: .min)

    /// Leaves out disabled windows and those whose schedule is invalid; the latter are reported to `fault`.
    init(
        _ plans: [MaintenancePlan] = [],
        zone: (String) throws -> TimeZoneRules = { _ in .utc },
        fault: (MaintenancePlan, String) -> Void = { _, _ in }
    ) {
        for plan in plans where plan.isEnabled {
            do {
                entries.append(Entry(plan: plan, window: try plan.window(try zone(plan.zone))))
            } catch {
                fault(plan, "\(error)")
            }
        }
    }

    /// The next instant at which a window begins or ends.
    var nextChange: Timestamp? { entries.compactMap(\.next).min() }

    /// The active windows; their matchers say which monitors they cover.
    var active: [MaintenancePlan] { entries.filter(\.isActive).map(\.plan) }

    /// Applies what has begun or ended up to an instant; starts over when the clock was set back.
    mutating func advance(to now: Timestamp) {
        let isSetBack = now < lookedAt
        let isNew = lookedAt == Timestamp(milliseconds: .min)
        lookedAt = now
        for index in entries.indices where isNew || isSetBack || entries[index].next.map({ $0 <= now }) ?? false {
            entries[index].isActive = entries[index].window.isActive(at: now)
            entries[index].next = entries[index].window.nextChange(after: now)
        }
    }

    /// Whether a window begins or ends by then.
    func isDue(at now: Timestamp) -> Bool { now < lookedAt || nextChange.map { $0 <= now } ?? false }
}
