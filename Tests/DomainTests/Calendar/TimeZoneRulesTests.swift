import Base
import Domain
import Testing

@Suite struct TimeZoneRulesTests {
    @Test func utcHasNoOffset() {
        #expect(TimeZoneRules.utc.offset(at: at("2026-07-01T12:00:00Z")) == .zero)
        let local = TimeZoneRules.utc.local(at: at("2026-07-01T12:34:56.789Z"))
        #expect(local.description == "2026-07-01T12:34:56" && local.weekday == .wednesday)
        #expect((local.year, local.month, local.day) == (2026, 7, 1))
        #expect((local.hour, local.minute, local.second) == (12, 34, 56))
        #expect(TimeZoneRules.utc.instants(of: local) == [at("2026-07-01T12:34:56Z")])
        #expect(TimeZoneRules.utc.local(at: at("1969-12-31T23:59:59.999Z")).description == "1969-12-31T23:59:59")
    }

    @Test func everyWeekdayIsRight() {
        let days = (0..<7).map { TimeZoneRules.utc.local(at: at("2026-02-01") + .seconds($0 * 86_400)).weekday }
        #expect(days == Weekday.allCases)
    }

    @Test func offsetsApplyFromTheirTransition() throws {
        let file = ZoneBytes(transitions: [(1000, 1), (2000, 2)], offsets: [60, 3600, -7200])
        let zone = try TimeZoneRules(name: "A", bytes: file.bytes)
        for (second, offset) in [(-9_999_999, 60), (999, 60), (1000, 3600), (1999, 3600), (2000, -7200)] {
            #expect(zone.offset(at: Timestamp(milliseconds: Int64(second) * 1000)) == .seconds(offset), "\(second)")
        }
        #expect(zone.offset(at: at("2999-01-01")) == .seconds(-7200))
        #expect(zone.offset(at: Timestamp(milliseconds: 999_999)) == .seconds(60))
    }

    @Test func version1FilesHave32BitTimes() throws {
        let file = ZoneBytes(version: 1, transitions: [(-1000, 1), (2000, 0)], offsets: [0, -3600])
        let zone = try TimeZoneRules(name: "A", bytes: file.bytes)
        #expect(zone.offset(at: Timestamp(milliseconds: -1_000_001)) == .zero)
        #expect(zone.offset(at: Timestamp(milliseconds: 0)) == .seconds(-3600))
        #expect(zone.offset(at: Timestamp(milliseconds: 2_000_000)) == .zero)
    }

    @Test(arguments: [2, 3, 4] as [UInt8]) func footerAppliesAfterTheLastTransition(_ version: UInt8) throws {
        let last = at("2026-03-29T01:00:00Z").milliseconds / 1000
        let file = ZoneBytes(
            version: version,
            transitions: [(0, 0), (last, 1)],
            offsets: [3600, 7200],
            footer: ZoneBytes.berlin
        )
        let zone = try TimeZoneRules(name: "A", bytes: file.bytes)
        #expect(zone.offset(at: at("2025-07-01")) == .seconds(3600))
        #expect(zone.offset(at: at("2026-03-29T01:00:00Z")) == .seconds(7200))
        #expect(zone.offset(at: at("2026-10-25T00:59:59Z")) == .seconds(7200))
        #expect(zone.offset(at: at("2026-10-25T01:00:00Z")) == .seconds(3600))
        #expect(zone.offset(at: at("2100-07-01")) == .seconds(7200))
    }

    @Test func gapHasNoInstantAndFoldHasTwo() throws {
        let zone = try ZoneBytes.rules(ZoneBytes.berlin)
        let cases: [(day: Int, month: Int, hour: Int, minute: Int, found: [String])] = [
            (29, 3, 1, 59, ["2026-03-29T00:59:00Z"]), (29, 3, 2, 0, []), (29, 3, 2, 59, []),
            (29, 3, 3, 0, ["2026-03-29T01:00:00Z"]), (25, 10, 1, 59, ["2026-10-24T23:59:00Z"]),
            (25, 10, 2, 0, ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"]),
            (25, 10, 2, 59, ["2026-10-25T00:59:00Z", "2026-10-25T01:59:00Z"]),
            (25, 10, 3, 0, ["2026-10-25T02:00:00Z"]),
        ]
        for (day, month, hour, minute, found) in cases {
            let date = try #require(CivilDate(year: 2026, month: month, day: day))
            let local = try #require(LocalDateTime(date, hour: hour, minute: minute))
            #expect(zone.instants(of: local) == found.map { at($0) }, "\(local)")
        }
    }

    @Test(arguments: [ZoneBytes.berlin, ZoneBytes.lordHowe, ZoneBytes.newYork, "IST-1GMT0,M10.5.0,M3.5.0/1"])
    func localTimeRoundTrips(_ footer: String) throws {
        let zone = try ZoneBytes.rules(footer)
        var random = SeededGenerator(seed: 5)
        for _ in 0..<2000 {
            let second = Int64.random(in: -3_000_000_000...6_000_000_000, using: &random)
            let time = Timestamp(milliseconds: second * 1000)
            let instants = zone.instants(of: zone.local(at: time))
            #expect(instants.contains(time) && instants.count <= 2 && instants == instants.sorted(), "\(time)")
        }
    }

    @Test func invalidLocalTimesAreRefused() throws {
        let date = try #require(CivilDate(year: 2026, month: 1, day: 1))
        #expect(LocalDateTime(date, hour: 24) == nil && LocalDateTime(date, minute: 60) == nil)
        #expect(LocalDateTime(date, second: 60) == nil && LocalDateTime(date, hour: -1) == nil)
        #expect(TimeOfDay(text: "23:59")?.description == "23:59")
        for text in ["", "2:30", "02:60", "24:00", "02-30", "02:3a", "02:30:00"] {
            #expect(TimeOfDay(text: text) == nil, "\(text)")
        }
    }
}

@Suite struct ZoneFooterTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let footer: String
        /// The instant of the change, and the offsets before and after it.
        let change: String
        let before: Int
        let after: Int

        var testDescription: String { "\(footer) at \(change)" }
    }

    // Checked by hand against date(1) and the calendar.
    @Test(arguments: [
        Case(footer: ZoneBytes.berlin, change: "2026-03-29T01:00:00Z", before: 3600, after: 7200),
        Case(footer: ZoneBytes.berlin, change: "2026-10-25T01:00:00Z", before: 7200, after: 3600),
        Case(footer: ZoneBytes.newYork, change: "2026-03-08T07:00:00Z", before: -18_000, after: -14_400),
        Case(footer: ZoneBytes.newYork, change: "2026-11-01T06:00:00Z", before: -14_400, after: -18_000),
        Case(footer: ZoneBytes.lordHowe, change: "2026-04-04T15:00:00Z", before: 39_600, after: 37_800),
        Case(footer: ZoneBytes.lordHowe, change: "2026-10-03T15:30:00Z", before: 37_800, after: 39_600),
        // Summer is the standard time.
        Case(footer: "IST-1GMT0,M10.5.0,M3.5.0/1", change: "2026-03-29T01:00:00Z", before: 0, after: 3600),
        // A day before midnight, and days after it.
        Case(footer: "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", change: "2026-03-29T01:00:00Z", before: -7200, after: -3600),
        Case(footer: "EET-2EEST,M3.4.4/50,M10.4.4/50", change: "2026-03-28T00:00:00Z", before: 7200, after: 10_800),
        // 1 March in leap years and others: day 60 without 29 February, day 59 or 60 with it.
        Case(footer: "AAA0BBB,J60/0,J300", change: "2027-03-01T00:00:00Z", before: 0, after: 3600),
        Case(footer: "AAA0BBB,J60/0,J300", change: "2028-03-01T00:00:00Z", before: 0, after: 3600),
        Case(footer: "AAA0BBB,J59/0,J300", change: "2028-02-28T00:00:00Z", before: 0, after: 3600),
        Case(footer: "AAA0BBB,59/0,300", change: "2027-03-01T00:00:00Z", before: 0, after: 3600),
        Case(footer: "AAA0BBB,59/0,300", change: "2028-02-29T00:00:00Z", before: 0, after: 3600),
        // The largest times, across the new year.
        Case(footer: "AAA0BBB,J1/-167,J180", change: "2026-12-25T01:00:00Z", before: 0, after: 3600),
        Case(footer: "AAA0BBB-2:30:15,J180,J365/167", change: "2027-01-06T20:29:45Z", before: 9015, after: 0),
    ])
    func footerChangesOffsetsAtItsRules(_ test: Case) throws {
        let zone = try ZoneBytes.rules(test.footer)
        #expect(zone.offset(at: at(test.change) - .milliseconds(1)) == .seconds(test.before))
        #expect(zone.offset(at: at(test.change)) == .seconds(test.after))
    }

    @Test func daylightTimeAllYearNeverEnds() throws {
        let zone = try ZoneBytes.rules("XXX3EDT4,0/0,J365/23")
        var time = at("2026-01-01")
        while time < at("2030-01-01") {
            #expect(zone.offset(at: time) == .seconds(-14_400), "\(time)")
            time = time + .seconds(1800)
        }
        let everyHour = try CronExpression("0 * * * *")
        #expect(everyHour.next(after: at("2026-12-31T23:30:00Z"), in: zone) == at("2027-01-01T00:00:00Z"))
    }

    @Test(arguments: [
        "CE-1", "CET", "CET-25", "CET-1:60", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,M10.5.0/3x",
        "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J365",
        "CET-1CEST,J366,J1", "CET-1CEST,366,1", "CET-1CEST,1/168,2", "<+1-1", "<+01-1", "-1", "C3T-1", "CET--1",
        "CET-1CEST,M3.5,M10.5.0", "CET-0001",
    ])
    func invalidFootersAreRefused(_ footer: String) {
        #expect(throws: TimeZoneError.malformed("its footer is no rule of POSIX's TZ variable")) {
            try ZoneBytes.rules(footer)
        }
    }
}
