package import Base

/// A time in which nobody is told of certain incidents; they go on all the same.
package struct Silence: Sendable, Equatable {
    package private(set) var id: Int64
    /// All must fit; at least one.
    package var matchers: [LabelMatcher]
    package var startsAt: Timestamp
    /// The end, exclusive.
    package var endsAt: Timestamp
    package var author: String?
    package var comment: String

    package init(id: Int64, matchers: [LabelMatcher], startsAt: Timestamp, endsAt: Timestamp, comment: String) {
        (self.id, self.matchers, self.startsAt, self.endsAt) = (id, matchers, startsAt, endsAt)
        self.comment = comment
    }

    /// The same with the number that it got.
    package func numbered(_ id: Int64) -> Silence {
        var silence = self
        silence.id = id
        return silence
    }

    package func holds(_ labels: [String: [String]], at now: Timestamp) -> Bool {
        startsAt <= now && now < endsAt && matchers.matches(labels)
    }
}
