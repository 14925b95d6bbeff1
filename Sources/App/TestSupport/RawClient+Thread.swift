import Dispatch

/// Runs blocking test code on its own thread, outside of the cooperative pool.
package func onThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "test.client").async { continuation.resume(with: Result { try body() }) }
    }
}
