import Patterns
import Testing

@testable import TCPCheck

@Suite("Regular expressions of TCP checks") struct PatternCacheTests {
    private func end(_ source: String, _ bytes: [UInt8], isEnd: Bool = false) -> Int? {
        var steps = PatternCache.stepLimit
        guard case .found(let end) = PatternCache().match(source, bytes[...], isEnd: isEnd, steps: &steps) else {
            return nil
        }
        return end
    }

    @Test("bytes that are not UTF-8 are matched one by one") func bytewise() {
        let greeting = Array("220 mail.m".utf8) + [0xFC] + Array("nchen.test ESMTP".utf8)
        #expect(end("^220 .* ESMTP$", greeting) == greeting.count)
        #expect(end("m\u{FC}nchen", greeting) == 16)
        #expect(end("^abc..def$", [97, 98, 99, 0xFF, 0xFE, 100, 101, 102]) == 8)
        #expect(end(#"\xff[\x80-\xfe]"#, [97, 0xFF, 0xFE]) == 3)
        // A look-ahead sees all of it too.
        #expect(end("^(?!.*error)220", Array("220 ".utf8) + [0xFF] + Array(" error".utf8)) == nil)
        // Characters of the expression are still found in the valid parts.
        #expect(end("München", [0xFF, 0xFF] + Array("München".utf8)) == 10)
        #expect(end("^.*Ω", [0xFF] + Array("Ω".utf8)) == nil)
        #expect(end("Ω", [0xFF] + Array("Ω".utf8)) == 3)
    }

    @Test("a character that has only begun is waited for") func begun() {
        let begun: [UInt8] = [97, 0xC3]
        #expect(end("a.$", begun) == nil)
        #expect(end("^a[^é]", begun) == nil)
        #expect(end("a.$", begun + [0xA9]) == 3)
        #expect(end("a.$", begun, isEnd: true) == 2)
        #expect(end("^a.b", begun + [98]) == 3, "it was no character")
        #expect(end("^.{3}$", Array("aé€".utf8)) == 6, "UTF-8 is matched by its characters")
    }

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
