import Base
import Testing

/// For any number from outside, arithmetic on times never traps, and every text can be parsed again.
@Suite struct TimeRangeTests {
    private static let extremes: [Int64] = [
        .min, .min + 1, -1 << 62, -62_135_596_800_001, -62_135_596_800_000, -1, 0, 1, 1_795_000_000_000,
        253_402_300_799_999, 253_402_300_800_000, 1 << 62, .max - 1, .max,
    ]

    @Test(arguments: extremes) func everyInstantHasAReadableText(_ milliseconds: Int64) {
        let time = Timestamp(milliseconds: milliseconds)
        #expect(Timestamp(iso8601: time.description) == time)
        #expect(time.description.utf8.count == 24)
        #expect(time >= .distantPast && time <= .distantFuture)
        #expect((Timestamp(exactMilliseconds: milliseconds) != nil) == (time.milliseconds == milliseconds))
    }

    @Test(arguments: extremes, extremes) func arithmeticSaturates(_ milliseconds: Int64, _ step: Int64) {
        let time = Timestamp(milliseconds: milliseconds)
        for duration in [Duration.milliseconds(step), .seconds(step), .nanoseconds(step)] {
            let (later, earlier) = (time + duration, time - duration)
            #expect(duration >= .zero ? later >= time && earlier <= time : later <= time && earlier >= time)
            #expect(Timestamp(iso8601: later.description) == later)
            #expect(Timestamp(iso8601: earlier.description) == earlier)
            _ = (duration.wholeMilliseconds, duration.wholeNanoseconds, duration.text)
            #expect(duration.inSeconds.isFinite)
            let monotonic = MonotonicTime(nanoseconds: step)
            _ = (monotonic + duration, monotonic - MonotonicTime(nanoseconds: milliseconds))
        }
        #expect((time - Timestamp(milliseconds: step)).inSeconds.isFinite)
    }

    @Test(arguments: 0..<8) func randomInstantsRoundTrip(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<2000 {
            let (a, b) = (
                Int64.random(in: .min ... .max, using: &random), Int64.random(in: .min ... .max, using: &random)
            )
            let shift = Int64.random(in: 0...62, using: &random)
            let time = Timestamp(milliseconds: a >> shift) + .milliseconds(b >> shift)
            #expect(Timestamp(iso8601: time.description) == time, "seed \(seed)")
        }
    }

    @Test(arguments: [
        "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59.999-00:01", "0001-01-01T00:00:00+00:01", "0000-12-31",
        "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59",
    ])
    func instantsOutsideTheRangeAreRefused(_ text: String) { #expect(Timestamp(iso8601: text) == nil) }

    @Test(arguments: [
        ("9999-12-31T23:59:59.999Z", Timestamp.distantFuture), ("0001-01-01T00:00:00Z", .distantPast),
        ("9999-12-31T23:59:59.999+00:00", .distantFuture),
    ])
    func theBoundsAreAccepted(_ text: String, _ time: Timestamp) { #expect(Timestamp(iso8601: text) == time) }

    @Test func datesOfExtremeYearsAreRefused() {
        for year in [Int.min, -1_000_000, 1_000_000, Int.max] {
            #expect(CivilDate(year: year, month: 1, day: 1) == nil)
        }
    }
}
