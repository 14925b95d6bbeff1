import Base
package import Testing

/// Waits until a condition holds, without keeping a thread busy.
///
/// After three minutes it fails the test and returns false.
///
/// Not a loop with `Task.yield`: many such loops at once leave the few threads no time for the awaited work.
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

/// How long tests wait for something that should happen at once.
enum Patience {
    /// Long enough that only a failure takes it: a busy machine can delay a test by half a minute.
    static let seconds = 180
}
