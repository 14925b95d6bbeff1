package import Base

extension RuleMachine {
    /// Whether storing this one instead of the other would change more than the time of evaluation and last values.
    ///
    /// Also true for one that waits, when the stored answer is so old that a restart would begin the waits anew.
    package func isWorthStoring(over stored: RuleMachine, _ rule: ThresholdRule) -> Bool {
        if essence != stored.essence { return true }
        guard isWaiting, let answeredAt else { return false }
        return stored.answeredAt.map { answeredAt - $0 >= rule.staleness / 2 } ?? true
    }

    /// Whether a running wait depends on the time of the last answer.
    private var isWaiting: Bool { series.values.contains(where: \.isWaiting) || missing.isWaiting }

    private var essence: RuleMachine {
        var copy = self
        (copy.evaluatedAt, copy.answeredAt) = (nil, nil)
        for key in copy.series.keys { copy.series[key]?.value = nil }
        copy.missing.value = nil
        return copy
    }

    /// Since when a series' alert is on; nil when it is not.
    package func firingSince(_ key: SeriesKey) -> Timestamp? { series[key]?.firingSince }

    /// How many alerts are on, that about missing data included.
    package var firingCount: Int { series.values.count(where: \.isFiring) + (missing.isFiring ? 1 : 0) }

    /// Since when data has been missing, where that is an alert; nil when it is none.
    package var missingSince: Timestamp? { missing.firingSince }
}

extension SeriesState {
    fileprivate var isWaiting: Bool {
        switch phase {
        case .calm, .firing(_, _, nil): false
        case .pending, .firing: true
        }
    }

    fileprivate var firingSince: Timestamp? { if case .firing(let since, _, _) = phase { since } else { nil } }
}
