/// What is to happen later, in the order of time, and of arrival where times are equal.
struct TimerQueue {
    struct Entry {
        let due: Int64
        let number: UInt64
        let action: () -> Void

        func isBefore(_ other: Entry) -> Bool { due != other.due ? due < other.due : number < other.number }
    }

    /// A binary heap.
    private var entries: [Entry] = []
    private var nextNumber: UInt64 = 0

    mutating func insert(_ due: Int64, _ action: @escaping () -> Void) {
        entries.append(Entry(due: due, number: nextNumber, action: action))
        nextNumber += 1
        var index = entries.count - 1
        while index > 0, entries[index].isBefore(entries[(index - 1) / 2]) {
            entries.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func popFirst() -> Entry? {
        guard !entries.isEmpty else { return nil }
        entries.swapAt(0, entries.count - 1)
        let first = entries.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < entries.count {
                if entries[child].isBefore(entries[least]) { least = child }
            }
            if least == index { return first }
            entries.swapAt(index, least)
            index = least
        }
    }
}
