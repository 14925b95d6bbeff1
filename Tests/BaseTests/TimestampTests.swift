import Base
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000Z"),
        (1_763_615_377_382, "2025-11-20T05:09:37.382Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
    ])
    func textIsISO8601(_ milliseconds: Int64, _ text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(iso8601: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        ("2026-11-21", Int64(1_795_219_200_000)),
        ("2026-11-21T10:30", 1_795_257_000_000),
        ("2026-11-21 10:30:15", 1_795_257_015_000),
        ("2026-11-21T10:30:15.5Z", 1_795_257_015_500),
        ("2026-11-21T10:30:15.123456789+02:00", 1_795_249_815_123),
        ("2026-11-21T10:30:15-0130", 1_795_262_415_000),
    ])
    func otherISO8601FormsAreParsed(_ text: String, _ milliseconds: Int64) {
        #expect(Timestamp(iso8601: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-13-01", "2026-02-29", "2026-11-31", "2026-11-21T24:00", "2026-11-21T10:60",
        "2026-11-21T10:30:61",
        "2026-11-21T10:30:15.", "2026-11-21T10:30:15+25:00", "2026-11-21T10:30:15Zx", "11/21/2026", "2026-11-21T10",
        "٢٠٢٦-11-21",
    ])
    func invalidTimestampsAreRefused(_ text: String) { #expect(Timestamp(iso8601: text) == nil) }

    @Test func everyDayOfFourCenturiesRoundTrips() {
        for day in stride(from: Int64(-60_000), to: 100_000, by: 1) {
            let date = CivilDate(daysSinceEpoch: day)
            #expect(CivilDate(year: date.year, month: date.month, day: date.day)?.daysSinceEpoch == day)
        }
    }
}

@Suite struct DurationTextTests {
    @Test(arguments: [
        ("90", Duration.seconds(90)), ("1m30s", .seconds(90)), ("500ms", .milliseconds(500)), ("2h", .seconds(7200)),
        ("30d", .seconds(2_592_000)), ("0", .zero), ("1d2h3m4s5ms", .milliseconds(93_784_005)),
    ])
    func durationsAreParsed(_ text: String, _ duration: Duration) {
        #expect(Duration(text: text) == duration)
        #expect(Duration(text: duration.text) == duration)
    }

    @Test(arguments: ["", "-1", "5x", "s", "1 s", "1.5s", "99999999999999d", "1m30"])
    func invalidDurationsAreRefused(_ text: String) { #expect(Duration(text: text) == nil) }
}
