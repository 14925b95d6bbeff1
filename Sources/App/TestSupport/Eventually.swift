import Base
package import Testing

/// Waits, without keeping a thread busy, until a condition holds; after three minutes the test has failed, and the answer
/// is false.
///
/// Not by `Task.yield` in a loop: many such loops at once leave the few threads no time for what they wait for.
@discardableResult
package func eventually(
    _ location: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async rethrows -> Bool {
    let deadline = MonotonicTime.now + .seconds(Patience.seconds)
    while try await !condition() {
        guard MonotonicTime.now < deadline else {
            Issue.record("waited three minutes in vain", sourceLocation: location)
            return false
        }
        try? await Task.sleep(for: .milliseconds(1))
    }
    return true
}

/// How long tests wait for what ought to come at once.
enum Patience {
    /// So long that only what never comes takes it: a busy machine holds a test up for half a minute.
    static let seconds = 180
}
