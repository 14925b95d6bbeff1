package import Base
package import Domain

/// The results of a monitor that a history shows; nil members do not restrict it.
package struct ResultWindow: Sendable, Equatable {
    /// Results older than the one with this id (`CheckResult.id`).
    package var before: Int64?
    /// Due at this time or later.
    package var from: Timestamp?
    /// Due before this time.
    package var to: Timestamp?
    /// From this region; nil for any.
    package var region: RegionID?

    /// Without arguments, all results are in the window.
    package init(before: Int64? = nil, from: Timestamp? = nil, to: Timestamp? = nil) {
        (self.before, self.from, self.to) = (before, from, to)
    }

    /// The smallest key (due time in milliseconds, region) after the window.
    package var end: (Int64, Int64) {
        let byID = before.map { ($0 / 1000, $0 % 1000) } ?? (.max, 0)
        let byTime = to.map { ($0.milliseconds, Int64(0)) } ?? (.max, 0)
        return byID < byTime ? byID : byTime
    }
}
