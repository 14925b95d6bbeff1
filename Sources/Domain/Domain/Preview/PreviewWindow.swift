package import Base

/// The period of history that a preview covers: from `from` up to `to`, exclusive.
package struct PreviewWindow: Sendable, Equatable {
    /// Why a period is invalid.
    package enum BoundsError: String, Error, Sendable {
        case empty = "from must be before to"
        case future = "from must be in the past"
        case tooLong = "at most 92 days lie between from and to"
    }

    package static let standard: Duration = .seconds(30 * 86_400)
    package static let longest: Duration = .seconds(92 * 86_400)

    package let from: Timestamp
    package let to: Timestamp

    /// The default is the last 30 days; the period never extends beyond `now`.
    ///
    /// Throws `.empty` when `from` is not before `to`, `.future` when it is not before `now`, and `.tooLong` above
    /// `longest`.
    package init(from: Timestamp?, to: Timestamp?, now: Timestamp) throws(BoundsError) {
        let end = to ?? now
        let start = from ?? min(end, now) - Self.standard
        guard start < end else { throw from != nil && to == nil ? .future : .empty }
        guard start < now else { throw .future }
        (self.from, self.to) = (start, min(end, now))
        guard self.to - self.from <= Self.longest else { throw .tooLong }
    }

    package var length: Duration { to - from }
}

/// The evenly spaced instants at which a rule is evaluated over a window.
package struct PreviewGrid: Sendable, Equatable {
    package let start: Timestamp
    /// A multiple of the rule's interval.
    package let step: Duration
    /// At least 1.
    package let count: Int

    /// From the period's start, one interval apart, or as many intervals as needed to stay within `limit`.
    package init(_ window: PreviewWindow, interval: Duration, limit: Int) {
        let (length, each) = (window.length.wholeMilliseconds, max(1, interval.wholeMilliseconds))
        let most = Int64(max(1, limit))
        // The last instant may be the period's end.
        let multiple = length / each + 1 <= most ? 1 : (length / each + most) / most
        start = window.from
        step = .milliseconds(each * multiple)
        count = Int(length / (each * multiple)) + 1
    }

    package subscript(index: Int) -> Timestamp { start + step * index }
    package var end: Timestamp { self[count - 1] }
}
