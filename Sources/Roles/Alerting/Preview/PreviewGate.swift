import Base
package import Domain
package import Storage

/// Lets one preview run at a time: each takes all cores that it is given.
package final class PreviewGate: Sendable {
    private let isTaken = Locked(false)

    package init() {}

    /// Runs a body unless another one runs; nil when it does.
    ///
    /// Throws what `body` throws.
    package func run<Value, Failure: Error>(
        _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value? {
        let wasTaken = isTaken.withLock { taken in
            defer { taken = true }
            return taken
        }
        guard !wasTaken else { return nil }
        defer { isTaken.withLock { $0 = false } }
        return try await body()
    }
}

/// Why a preview came to no answer.
package enum PreviewError: Error, Sendable, Equatable {
    case store(StorageError)
    /// The client is gone, or the program stops.
    case cancelled
    /// So many results would have to be replayed, which is over the limit.
    case tooMuch(results: Int)
    /// The rule's query gives no values.
    case query(QueryError)
    /// No Prometheus is configured.
    case noPrometheus
}
