import Base
import Domain
import Testing

/// Invalid zone files.
@Suite struct ZoneBytesTests {
    private func fault(_ bytes: [UInt8]) -> TimeZoneError? {
        do throws(TimeZoneError) {
            _ = try TimeZoneRules(name: "A", bytes: bytes)
            return nil
        } catch { return error }
    }

    @Test func invalidZoneFilesAreExplained() {
        #expect(fault([]) == .notZoneFile && fault(Array("TZif".utf8)) == .truncated)
        #expect(fault([UInt8](repeating: 65, count: 100)) == .notZoneFile)
        #expect(fault([UInt8](repeating: 65, count: TimeZoneRules.sizeLimit + 1)) == .tooLarge)
        #expect(fault(ZoneBytes(leapCount: 1).bytes) == .leapSeconds)
        #expect(fault(ZoneBytes(transitions: [(5, 0), (5, 0)]).bytes) != nil)
        #expect(fault(ZoneBytes(transitions: [(5, 1)]).bytes) == .malformed("a transition has no local time type"))
        #expect(fault(ZoneBytes(offsets: []).bytes) == .malformed("it has no or too many local time types"))
        #expect(fault(ZoneBytes(offsets: [26 * 3600]).bytes) == .malformed("an offset is over 26 hours"))
        #expect(fault(ZoneBytes(offsets: [.min]).bytes) == .malformed("an offset is over 26 hours"))
        #expect(fault(ZoneBytes(transitions: [(.min, 0)]).bytes) != nil)
        #expect(fault(ZoneBytes(transitions: [(.max, 0)], footer: ZoneBytes.berlin).bytes) != nil)
    }

    @Test func everyTruncatedFileIsRefused() {
        let bytes = ZoneBytes(transitions: [(5, 1), (9, 0)], offsets: [0, 60], footer: ZoneBytes.berlin).bytes
        #expect(fault(bytes) == nil)
        for count in 4..<bytes.count { #expect(fault(Array(bytes[..<count])) == .truncated, "\(count)") }
    }

    @Test func farTransitionsDoNotOverflow() throws {
        let far = Int64(1) << 59
        let file = ZoneBytes(transitions: [(-far, 1), (far, 0)], offsets: [0, 3600], footer: ZoneBytes.berlin)
        use(try TimeZoneRules(name: "A", bytes: file.bytes))
    }

    @Test(arguments: 0..<40) func randomBytesAreParsedOrRefused(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            var file = ZoneBytes(version: UInt8.random(in: 1...4, using: &random))
            file.offsets = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                Int32.random(in: -93_599...93_599, using: &random)
            }
            var second = Int64.random(in: -10_000_000_000...1_000_000, using: &random)
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                second += Int64.random(in: 1...100_000_000, using: &random)
                file.transitions.append((second, UInt8.random(in: 0..<UInt8(file.offsets.count), using: &random)))
            }
            file.footer = ["", ZoneBytes.berlin, "AAA24BBB-24,J1/-167,365/167"].randomElement(using: &random) ?? ""
            var bytes = file.bytes
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count / 8, using: &random)) }
            if let zone = try? TimeZoneRules(name: "A", bytes: bytes) { use(zone) }
        }
    }

    /// Calls everything of a zone, also at the ends of time; only that it returns is tested.
    private func use(_ zone: TimeZoneRules) {
        for milliseconds in [.min, .min + 1, -1, 0, 1_774_746_000_000, 9_000_000_000_000, .max] as [Int64] {
            let time = Timestamp(milliseconds: milliseconds)
            let local = zone.local(at: time)
            _ = (zone.instants(of: local), local.description, local.weekday)
            for text in ["30 2 * * *", "*/7 * 29 2 *"] {
                guard let next = try? CronExpression(text).next(after: time, in: zone) else { continue }
                #expect(next > time)
            }
        }
    }
}
