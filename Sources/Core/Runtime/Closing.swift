/// Something to close when the process ends, such as a connection.
package struct Closing: Sendable {
    /// The name in logs.
    package let name: String
    private let close: @Sendable () async -> Void

    package init(_ name: String, _ close: @escaping @Sendable () async -> Void) {
        (self.name, self.close) = (name, close)
    }

    /// Closes all of them at once; returns the names of those that did not close within the limit, in order.
    package static func close(_ all: [Closing], within limit: Duration) async -> [String] {
        let (events, continuation) = AsyncStream.makeStream(of: Int?.self)
        // Not a task group: that would wait for one that never ends.
        for (index, closing) in all.enumerated() {
            Task {
                await closing.close()
                continuation.yield(index)
            }
        }
        let timer = Task {
            try? await Task.sleep(for: limit)
            continuation.yield(nil)
        }
        defer { timer.cancel() }
        var open = Set(all.indices)
        var closed = events.makeAsyncIterator()
        while !open.isEmpty, let event = await closed.next(), let index = event { open.remove(index) }
        return open.sorted().map { all[$0].name }
    }
}
