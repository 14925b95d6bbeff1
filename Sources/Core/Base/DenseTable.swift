/// Values by their keys, which lie side by side in one array.
///
/// A dictionary of large values keeps up to three empty places for four of them. Here an empty place costs the size of a
/// key and a number, so a million values take little more than themselves.
package struct DenseTable<Key: Hashable, Value> {
    private var rows: [(key: Key, value: Value)] = []
    private var positions: [Key: Int32] = [:]

    package init() {}

    package var count: Int { rows.count }
    package var isEmpty: Bool { rows.isEmpty }

    /// The keys, in no particular order.
    package var keys: some Sequence<Key> { rows.lazy.map(\.key) }

    package subscript(key: Key) -> Value? {
        get { positions[key].map { rows[Int($0)].value } }
        set {
            guard let newValue else {
                removeValue(forKey: key)
                return
            }
            if let position = positions[key] {
                rows[Int(position)].value = newValue
            } else {
                positions[key] = Int32(rows.count)
                rows.append((key, newValue))
            }
        }
    }

    /// Removes a value; nil when there is none.
    ///
    /// The last row takes its place.
    @discardableResult
    package mutating func removeValue(forKey key: Key) -> Value? {
        guard let position = positions.removeValue(forKey: key) else { return nil }
        let last = rows.count - 1
        rows.swapAt(Int(position), last)
        let removed = rows.removeLast().value
        if position < last { positions[rows[Int(position)].key] = position }
        return removed
    }

    /// The keys and values for which a condition holds, in no particular order.
    package func filter(_ isWanted: (Key, Value) -> Bool) -> [(key: Key, value: Value)] {
        rows.filter { isWanted($0.key, $0.value) }
    }
}
