package import Base

/// What a rule makes of one series.
package struct SeriesState: Sendable, Equatable {
    /// How far the alert of a series is.
    package enum Phase: Sendable, Equatable {
        /// Nothing to alert about.
        case calm
        /// The comparison holds since then, and not yet long enough.
        case pending(since: Timestamp)
        /// The alert is on; `toldAt` is when people last heard of it, `quietSince` when it began to look well.
        case firing(since: Timestamp, toldAt: Timestamp, quietSince: Timestamp?)
    }

    /// What one evaluation changed.
    enum Step: Equatable {
        case nothing
        case pending
        case triggered(since: Timestamp)
        case resolved
        case repeated
    }

    package internal(set) var phase = Phase.calm
    /// The last number that was seen; nil before the first, and after an infinite one too.
    package internal(set) var value: Double?
    /// Whether the last value was not a number, of which people were told.
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
        case .firing(let since, let toldAt, _):
            let isDue = rule.repeatInterval.map { now - toldAt >= $0 } ?? false
            phase = .firing(since: since, toldAt: isDue ? now : toldAt, quietSince: nil)
            return isDue ? .repeated : .nothing
        }
    }

    private mutating func fire(since: Timestamp, at now: Timestamp) -> Step {
        phase = .firing(since: since, toldAt: now, quietSince: nil)
        return .triggered(since: since)
    }

    /// The comparison does not hold, or there is nothing to compare; `atOnce` does not wait for `keepFiring`.
    mutating func calm(at now: Timestamp, _ rule: ThresholdRule, atOnce: Bool = false) -> Step {
        guard case .firing(let since, let toldAt, let quietSince) = phase else {
            phase = .calm
            return .nothing
        }
        if atOnce || now - (quietSince ?? now) >= rule.keepFiring {
            phase = .calm
            return .resolved
        }
        phase = .firing(since: since, toldAt: toldAt, quietSince: quietSince ?? now)
        return .nothing
    }

    /// There is no number.
    ///
    /// One evaluation without says nothing about an alert that is on: it is over with the next.
    mutating func miss(at now: Timestamp, _ rule: ThresholdRule) -> Step {
        guard case .firing(let since, let toldAt, nil) = phase else { return calm(at: now, rule) }
        phase = .firing(since: since, toldAt: toldAt, quietSince: now)
        return .nothing
    }

    /// Has nothing have happened after an instant: the clock was set back to it.
    mutating func turnBack(to now: Timestamp) {
        switch phase {
        case .calm: break
        case .pending(let since): phase = .pending(since: min(since, now))
        case .firing(let since, let toldAt, let quietSince):
            phase = .firing(
                since: min(since, now),
                toldAt: min(toldAt, now),
                quietSince: quietSince.map { min($0, now) }
            )
        }
    }

    /// Begins the running waits anew: too long a time nobody looked.
    mutating func restart(at now: Timestamp) {
        switch phase {
        case .calm, .firing(_, _, nil): break
        case .pending: phase = .pending(since: now)
        case .firing(let since, let toldAt, _?): phase = .firing(since: since, toldAt: toldAt, quietSince: now)
        }
    }
}
