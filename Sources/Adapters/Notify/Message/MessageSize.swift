/// How much of a message is shown: providers have size limits, messages have none.
struct MessageSize: Sendable, Equatable {
    /// Items in one digest; the rest is only counted.
    var items = 20
    /// The maximum of an item's facts, and of its labels.
    var facts = 25
    /// UTF-16 units of one text.
    var value = 2000

    /// Ever smaller sizes, tried in this order until the message fits.
    var steps: [MessageSize] {
        let cuts: [(items: Int, facts: Int, value: Int)] = [
            (items, facts, value), (items, 10, 500), (items, 6, 200), (items / 2, 4, 150), (items / 4, 3, 100),
            (3, 2, 80), (1, 2, 60), (1, 0, 30),
        ]
        return cuts.map { cut in
            MessageSize(
                items: min(items, max(1, cut.items)),
                facts: min(facts, cut.facts),
                value: min(value, cut.value)
            )
        }
    }
}
