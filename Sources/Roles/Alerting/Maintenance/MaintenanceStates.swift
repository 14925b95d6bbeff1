import Base
import Domain

/// The maintenance windows that there are, which of them are active, and when that changes.
struct MaintenanceStates {
    private struct Entry {
        let plan: MaintenancePlan
        let window: MaintenanceWindow
        var isActive = false
        /// When it begins or ends next; nil for never again.
        var next: Timestamp?
    }

    private var entries: [Entry] = []
    /// Up to when the windows were looked at.
    private var lookedAt = Timestamp(milliseconds: .min)

    /// The windows that can be: disabled ones and those with a fault are left out, the latter told.
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

    /// The windows that are active; by their matchers they tell which monitors they are for.
    var active: [MaintenancePlan] { entries.filter(\.isActive).map(\.plan) }

    /// Brings up to an instant what has begun or ended since; all of them when clocks were set back.
    mutating func advance(to now: Timestamp) {
        let isSetBack = now < lookedAt
        let isNew = lookedAt == Timestamp(milliseconds: .min)
        lookedAt = now
        for index in entries.indices where isNew || isSetBack || entries[index].next.map({ $0 <= now }) ?? false {
            entries[index].isActive = entries[index].window.isActive(at: now)
            entries[index].next = entries[index].window.nextChange(after: now)
        }
    }

    /// Whether something must be looked at by then.
    func isDue(at now: Timestamp) -> Bool { now < lookedAt || nextChange.map { $0 <= now } ?? false }
}
