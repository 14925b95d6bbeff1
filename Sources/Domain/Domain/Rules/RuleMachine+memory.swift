package import Base

extension RuleMachine {
    /// Whether storing this machine would change more than the time of evaluation and the last values.
    ///
    /// Also true for a waiting machine whose stored answer is so old that a restart would restart its waits.
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

    /// When a series' alert began; nil when it is not firing.
    package func firingSince(_ key: SeriesKey) -> Timestamp? { series[key]?.firingSince }

    /// The number of firing alerts, including the one about missing data.
    package var firingCount: Int { series.values.count(where: \.isFiring) + (missing.isFiring ? 1 : 0) }

    /// When the alert about missing data began; nil when it is not firing.
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
