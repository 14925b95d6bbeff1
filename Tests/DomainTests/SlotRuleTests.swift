import Base
import Domain
import Testing

@Suite struct SlotRuleTests {
    @Test(arguments: 0..<20) func nextSlotIsNotBeforeTheInstant(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let id = MonitorID(rawValue: Int64.random(in: 1...1_000_000, using: &random))
            let rule = SlotRule(id: id, interval: .seconds(Int.random(in: 10...86_400, using: &random)))
            let time = Timestamp(milliseconds: Int64.random(in: -10_000_000...2_000_000_000_000, using: &random))
            let next = rule.next(atOrAfter: time)
            #expect(next >= time && next.milliseconds - time.milliseconds < rule.interval, "seed \(seed)")
            #expect((next.milliseconds - rule.offset) % rule.interval == 0)
            #expect(rule.next(atOrAfter: next) == next)
        }
    }

    @Test func loadIsSpreadOverTheInterval() {
        var buckets = Array(repeating: 0, count: 60)
        for id in 1...60_000 {
            let rule = SlotRule(id: MonitorID(rawValue: Int64(id)), interval: .seconds(60))
            buckets[Int(rule.offset / 1000)] += 1
        }
        #expect(buckets.allSatisfy { (850...1150).contains($0) }, "\(buckets)")
    }
}

@Suite struct ReasonTests {
    @Test func spellingsAreUniqueAndRoundTrip() {
        for reason in Reason.allCases { #expect(Reason(name: reason.description) == reason) }
        #expect(Reason(name: "nonsense") == nil)
    }
}
