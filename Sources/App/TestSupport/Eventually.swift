import Base

/// Waits, without keeping a thread busy, until a condition holds; false after three minutes.
///
/// Not by `Task.yield` in a loop: many such loops at once leave the few threads no time for what they wait for.
@discardableResult
package func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
    let deadline = MonotonicTime.now + .seconds(180)
    while try await !condition() {
        guard MonotonicTime.now < deadline else { return false }
        try? await Task.sleep(for: .milliseconds(1))
    }
    return true
}
