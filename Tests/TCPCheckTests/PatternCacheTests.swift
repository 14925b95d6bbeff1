import Patterns
import Testing

@testable import TCPCheck

@Suite("Regular expressions of TCP checks") struct PatternCacheTests {
    /// As if a target sent its answer byte by byte: each search is cheap, all of them are not.
    @Test("the searches of one check share their steps") func sharedSteps() {
        let cache = PatternCache()
        let bytes = [UInt8](repeating: 97, count: TCPStep.maximumBytesLimit)
        var steps = PatternCache.stepLimit
        var searches = 0
        while case .absent = cache.match("[a-h][.!]", bytes[...], steps: &steps), searches < 10_000 { searches += 1 }
        #expect((20..<10_000).contains(searches), "\(searches)")
        guard case .tooCostly = cache.match("[a-h][.!]", bytes[...], steps: &steps) else {
            Issue.record("\(steps) steps are left")
            return
        }
    }
}
