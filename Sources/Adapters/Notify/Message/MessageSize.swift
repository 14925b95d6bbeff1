/// How much of a message is shown; providers have limits, and messages have none.
struct MessageSize: Sendable, Equatable {
    /// Items in one digest; further ones are counted as omitted.
    var items = 20
    /// Facts and labels of an item, each.
    var facts = 25
    /// UTF-16 units of a single text.
    var value = 2000

    /// The sizes to try one after another until everything fits.
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
