import Dispatch

/// Runs blocking test code on a thread of its own, away from the cooperative pool.
package func onThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "test.client").async { continuation.resume(with: Result { try body() }) }
    }
}
