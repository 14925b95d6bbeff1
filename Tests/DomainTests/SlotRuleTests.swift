import Base
import Domain
import Testing

@Suite struct SlotRuleTests {
    @Test(arguments: 0..<20) func nextIsTheFirstSlotNotBefore(_ seed: UInt64) {
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

@Suite struct StatusSetTests {
    @Test(arguments: [
        ("200", "200"), ("200-299,301", "200-299,301"), ("301, 200-299", "200-299,301"),
        ("200-250,240-299,300", "200-300"),
        ("100-599", "100-599"),
    ])
    func readsAndMerges(_ text: String, _ canonical: String) {
        #expect(StatusSet(text: text)?.description == canonical)
    }

    @Test(arguments: [
        "", ",", "200,", "99", "600", "20", "abc", "200-", "-200", "300-200", "200--201", "200-201-202", "２００", "+200",
    ])
    func refuses(_ text: String) { #expect(StatusSet(text: text) == nil) }

    @Test func standardIsTwoHundredToThreeHundredNinetyNine() {
        #expect((0...999).filter(StatusSet.standard.contains) == Array(200...399))
    }
}

@Suite struct ReasonTests {
    @Test func spellingsAreUniqueAndReadBack() {
        for reason in Reason.allCases { #expect(Reason(name: reason.description) == reason) }
        #expect(Reason(name: "nonsense") == nil)
    }

    @Test(arguments: [
        ("http://a:1/x", "http://a:1/y?z", true), ("http://a:1", "http://a:1/", true),
        ("http://a:1/", "http://a:2/", false),
        ("http://a/", "https://a/", false), ("http://a?x", "http://a/", true),
    ])
    func targetsAreOrigins(_ left: String, _ right: String, _ same: Bool) {
        #expect((HTTPSpec(url: left).targetKey == HTTPSpec(url: right).targetKey) == same)
    }

    @Test func overridesAreReadAndPrinted() {
        for text in ["example.com:443:127.0.0.1", "a:80:[::1]"] {
            #expect(HTTPSpec.ResolveOverride(text: text)?.text == text)
        }
        for text in ["", "a", "a:b:c", "a:0:1.2.3.4", "a:70000:x", ":80:1.1.1.1", "a:80:"] {
            #expect(HTTPSpec.ResolveOverride(text: text) == nil, "\(text)")
        }
    }
}
