/// A first-in, first-out queue with constant-time operations at both ends; it grows as needed.
package struct RingBuffer<Element> {
    private var storage: [Element?]
    private var head = 0
    package private(set) var count = 0

    package init() { storage = Array(repeating: nil, count: 8) }

    package var isEmpty: Bool { count == 0 }
    package var first: Element? { count == 0 ? nil : storage[head] }

    /// The element at a position from the front; traps beyond the end.
    package subscript(position: Int) -> Element {
        precondition(position >= 0 && position < count, "beyond the end")
        guard let element = storage[(head + position) & (storage.count - 1)] else { preconditionFailure("a hole") }
        return element
    }

    package mutating func append(_ element: Element) {
        if count == storage.count { grow() }
        storage[(head + count) & (storage.count - 1)] = element
        count += 1
    }

    /// Inserts an element before all others.
    package mutating func prepend(_ element: Element) {
        if count == storage.count { grow() }
        head = (head - 1) & (storage.count - 1)
        storage[head] = element
        count += 1
    }

    package mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = storage[head].take()
        head = (head + 1) & (storage.count - 1)
        count -= 1
        return element
    }

    private mutating func grow() {
        var larger: [Element?] = []
        larger.reserveCapacity(storage.count * 2)
        for index in 0..<count { larger.append(storage[(head + index) & (storage.count - 1)]) }
        larger.append(contentsOf: repeatElement(nil, count: storage.count * 2 - count))
        storage = larger
        head = 0
    }
}
