package import Base

/// The state of one series under a rule.
package struct SeriesState: Sendable, Equatable {
    /// The phase of a series' alert.
    package enum Phase: Sendable, Equatable {
        /// Nothing to alert about.
        case calm
        /// The comparison has held since then, but not long enough.
        case pending(since: Timestamp)
        /// The alert is on; `notifiedAt` is when people last heard of it, `quietSince` when it began to look well.
        case firing(since: Timestamp, notifiedAt: Timestamp, quietSince: Timestamp?)
    }

    /// The change made by one evaluation.
    enum Step: Equatable {
        case nothing
        case pending
        case triggered(since: Timestamp)
        case resolved
        case repeated
    }

    package internal(set) var phase = Phase.calm
    /// The last finite number; nil before the first, and after an infinite one.
    package internal(set) var value: Double?
    /// Whether the last value was not a number, which was already reported.
    package internal(set) var isNotANumber = false

    package var isFiring: Bool { if case .firing = phase { true } else { false } }

    /// Whether there is nothing to remember.
    var isIdle: Bool { phase == .calm && !isNotANumber }

    /// The comparison holds.
    mutating func alarm(at now: Timestamp, _ rule: ThresholdRule) -> Step {
        switch phase {
        case .calm where rule.hold > .zero:
            phase = .pending(since: now)
            return .pending
        case .calm: return fire(since: now, at: now)
        case .pending(let since): return now - since < rule.hold ? .nothing : fire(since: since, at: now)
        case .firing(let since, let notifiedAt, _):
            let isDue = rule.repeatInterval.map { now - notifiedAt >= $0 } ?? false
            phase = .firing(since: since, notifiedAt: isDue ? now : notifiedAt, quietSince: nil)
            return isDue ? .repeated : .nothing
        }
    }

    private mutating func fire(since: Timestamp, at now: Timestamp) -> Step {
        phase = .firing(since: since, notifiedAt: now, quietSince: nil)
        return .triggered(since: since)
    }

    /// The comparison does not hold, or there is nothing to compare; `atOnce` skips `keepFiring`.
    mutating func calm(at now: Timestamp, _ rule: ThresholdRule, atOnce: Bool = false) -> Step {
        guard case .firing(let since, let notifiedAt, let quietSince) = phase else {
            phase = .calm
            return .nothing
        }
        if atOnce || now - (quietSince ?? now) >= rule.keepFiring {
            phase = .calm
            return .resolved
        }
        phase = .firing(since: since, notifiedAt: notifiedAt, quietSince: quietSince ?? now)
        return .nothing
    }

    /// There is no number.
    ///
    /// One evaluation without a number does not end a firing alert; the next one does.
    mutating func miss(at now: Timestamp, _ rule: ThresholdRule) -> Step {
        guard case .firing(let since, let notifiedAt, nil) = phase else { return calm(at: now, rule) }
        phase = .firing(since: since, notifiedAt: notifiedAt, quietSince: now)
        return .nothing
    }

    /// Moves all times after an instant back to it: the clock was set back.
    mutating func clockWasSetBack(to now: Timestamp) {
        switch phase {
        case .calm: break
        case .pending(let since): phase = .pending(since: min(since, now))
        case .firing(let since, let notifiedAt, let quietSince):
            phase = .firing(
                since: min(since, now),
                notifiedAt: min(notifiedAt, now),
                quietSince: quietSince.map { min($0, now) }
            )
        }
    }

    /// Restarts the running waits after too long a time without evaluations.
    mutating func restart(at now: Timestamp) {
        switch phase {
        case .calm, .firing(_, _, nil): break
        case .pending: phase = .pending(since: now)
        case .firing(let since, let notifiedAt, _?):
            phase = .firing(since: since, notifiedAt: notifiedAt, quietSince: now)
        }
    }
}
