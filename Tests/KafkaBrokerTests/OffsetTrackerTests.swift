import Base
import Testing

@testable import KafkaBroker

@Suite struct OffsetTrackerTests {
    @Test func onlyTheUnbrokenRunIsCommitted() {
        var tracker = OffsetTracker()
        for offset in Int64(5)..<10 { _ = tracker.receive(offset) }
        tracker.finish(6)
        tracker.finish(7)
        #expect(tracker.committable == nil)
        tracker.finish(5)
        #expect(tracker.committable == 8)
        tracker.committed = 8
        #expect(!tracker.hasNews)
        tracker.finish(9)
        #expect(!tracker.hasNews)
        tracker.finish(8)
        #expect(tracker.committable == 10)
        #expect(tracker.count == 0)
    }

    @Test func repeatedAndUnknownOffsetsChangeNothing() {
        var tracker = OffsetTracker()
        let (isNew, isNewAgain) = (tracker.receive(3), tracker.receive(3))
        #expect(isNew && !isNewAgain)
        tracker.finish(2)
        tracker.finish(4)
        #expect(tracker.committable == nil)
        tracker.finish(3)
        tracker.finish(3)
        #expect(tracker.committable == 4)
    }

    @Test("offsets have gaps: control records, compaction") func gaps() {
        var tracker = OffsetTracker()
        for offset in [Int64(0), 7, 9] { _ = tracker.receive(offset) }
        for offset in [Int64(9), 0, 7] { tracker.finish(offset) }
        #expect(tracker.committable == 10)
    }

    @Test(arguments: 0..<5) func everyOrderEndsComplete(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var tracker = OffsetTracker()
        for offset in Int64(0)..<1000 { _ = tracker.receive(offset) }
        var done: Set<Int64> = []
        for offset in (Int64(0)..<1000).shuffled(using: &random) {
            tracker.finish(offset)
            done.insert(offset)
            let run = (Int64(0)..<1000).first { !done.contains($0) } ?? 1000
            #expect(tracker.committable ?? 0 == run, "seed \(seed)")
        }
    }
}
