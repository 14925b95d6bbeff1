import Base
import Domain
import Testing

@Suite struct MaintenanceWindowTests {
    private let berlin: TimeZoneRules
    private let halfPastTwo: TimeOfDay

    init() throws {
        berlin = try ZoneBytes.rules(ZoneBytes.berlin)
        halfPastTwo = try #require(TimeOfDay(hour: 2, minute: 30))
    }

    private func range(_ start: String, _ end: String) -> Range<Timestamp> { at(start)..<at(end) }

    @Test func onceIsActiveFromStartToEnd() throws {
        let window = try MaintenanceWindow(.once(start: at("2026-05-01T10:00:00Z"), end: at("2026-05-01T11:00:00Z")))
        #expect(!window.isActive(at: at("2026-05-01T09:59:59.999Z")))
        #expect(window.isActive(at: at("2026-05-01T10:00:00Z")))
        #expect(window.isActive(at: at("2026-05-01T10:59:59.999Z")))
        #expect(!window.isActive(at: at("2026-05-01T11:00:00Z")))
        #expect(window.nextChange(after: at("2026-01-01")) == at("2026-05-01T10:00:00Z"))
        #expect(window.nextChange(after: at("2026-05-01T10:00:00Z")) == at("2026-05-01T11:00:00Z"))
        #expect(window.nextChange(after: at("2026-05-01T11:00:00Z")) == nil)
        #expect(
            window.occurrence(at: at("2026-05-01T10:30:00Z")) == range("2026-05-01T10:00:00Z", "2026-05-01T11:00:00Z")
        )
        #expect(window.occurrence(at: at("2026-05-01T11:00:00Z")) == nil)
    }

    @Test func weeklyFollowsItsTimeZone() throws {
        let window = try MaintenanceWindow(.weekly(on: [.sunday], at: halfPastTwo, lasting: .seconds(3600), in: berlin))
        let expected = [
            range("2026-03-22T01:30:00Z", "2026-03-22T02:30:00Z"),
            // 02:30 does not exist: it begins at the end of the gap, with its full length.
            range("2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"),
            range("2026-04-05T00:30:00Z", "2026-04-05T01:30:00Z"),
        ]
        var time = at("2026-03-16")
        for occurrence in expected {
            #expect(window.nextChange(after: time) == occurrence.lowerBound)
            #expect(window.occurrence(at: occurrence.lowerBound) == occurrence)
            #expect(window.nextChange(after: occurrence.lowerBound) == occurrence.upperBound)
            time = occurrence.upperBound
        }
        // 02:30 exists twice: only the first one counts.
        #expect(window.nextChange(after: at("2026-10-24")) == at("2026-10-25T00:30:00Z"))
        #expect(window.nextChange(after: at("2026-10-25T00:30:00Z")) == at("2026-10-25T01:30:00Z"))
        #expect(window.nextChange(after: at("2026-10-25T01:30:00Z")) == at("2026-11-01T01:30:00Z"))
    }

    @Test func nextOccurrencesGoOverChangesOfTheClocks() throws {
        let window = try MaintenanceWindow(.weekly(on: [.sunday], at: halfPastTwo, lasting: .seconds(3600), in: berlin))
        let expected = [
            range("2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"),
            range("2026-04-05T00:30:00Z", "2026-04-05T01:30:00Z"),
        ]
        // One that is active has begun already.
        for time in ["2026-03-22T01:30:00Z", "2026-03-22T02:29:00Z", "2026-03-29T00:59:59Z"] {
            #expect(window.occurrences(after: at(time), limit: 2) == expected, "\(time)")
        }
        #expect(berlin.text(expected[0].lowerBound) == "2026-03-29T03:00:00+02:00")
        #expect(berlin.text(at("2026-03-22T01:30:00Z")) == "2026-03-22T02:30:00+01:00")
        let once = try MaintenanceWindow(.once(start: at("2026-05-01"), end: at("2026-05-02")))
        #expect(once.occurrences(after: at("2026-01-01"), limit: 5) == [at("2026-05-01")..<at("2026-05-02")])
        #expect(once.occurrences(after: at("2026-05-01"), limit: 5).isEmpty)
        let limited = try MaintenanceWindow(
            .weekly(on: [.sunday], at: halfPastTwo, lasting: .seconds(3600), in: berlin),
            from: at("2026-03-29T01:20:00Z"),
            until: at("2026-04-05T01:00:00Z")
        )
        #expect(
            limited.occurrences(after: at("2026-03-01"), limit: 5) == [
                range("2026-03-29T01:20:00Z", "2026-03-29T02:00:00Z"),
                range("2026-04-05T00:30:00Z", "2026-04-05T01:00:00Z"),
            ]
        )
    }

    @Test func lengthIsElapsedTime() throws {
        let midnight = try #require(TimeOfDay(hour: 0, minute: 0))
        let window = try MaintenanceWindow(
            .weekly(on: [.sunday], at: midnight, lasting: .seconds(6 * 3600), in: berlin)
        )
        // 00:00 to 07:00 local time in spring, to 05:00 in autumn.
        #expect(
            window.occurrence(at: at("2026-03-29T01:00:00Z")) == range("2026-03-28T23:00:00Z", "2026-03-29T05:00:00Z")
        )
        #expect(
            window.occurrence(at: at("2026-10-25T01:00:00Z")) == range("2026-10-24T22:00:00Z", "2026-10-25T04:00:00Z")
        )
    }

    @Test func adjacentOccurrencesAreMerged() throws {
        let midnight = try #require(TimeOfDay(hour: 0, minute: 0))
        let weekend = try MaintenanceWindow(
            .weekly(on: [.saturday, .sunday], at: midnight, lasting: .seconds(86_400), in: .utc)
        )
        #expect(weekend.occurrence(at: at("2026-02-01T12:00:00Z")) == range("2026-01-31", "2026-02-02"))
        #expect(weekend.nextChange(after: at("2026-01-31")) == at("2026-02-02"))
        #expect(weekend.nextChange(after: at("2026-02-01")) == at("2026-02-02"))
        let nights = try MaintenanceWindow(cron: "*/30 22-23 * * *", lasting: .seconds(7200), in: .utc)
        #expect(
            nights.occurrence(at: at("2026-02-02T00:00:00Z")) == range("2026-02-01T22:00:00Z", "2026-02-02T01:30:00Z")
        )
        let summer = try MaintenanceWindow(cron: "* * * 6-8 *", lasting: .seconds(10 * 86_400), in: .utc)
        #expect(summer.occurrence(at: at("2026-07-07")) == range("2026-06-01", "2026-09-10T23:59:00Z"))
    }

    @Test func validityCutsOccurrences() throws {
        let window = try MaintenanceWindow(
            cron: "0 10 * * *",
            lasting: .seconds(3600),
            in: .utc,
            from: at("2026-05-01T10:20:00Z"),
            until: at("2026-05-03T10:40:00Z")
        )
        var changes: [Timestamp] = []
        var time = at("2026-01-01")
        while let next = window.nextChange(after: time), changes.count < 10 {
            changes.append(next)
            time = next
        }
        #expect(
            changes
                == [
                    "2026-05-01T10:20:00Z", "2026-05-01T11:00:00Z", "2026-05-02T10:00:00Z", "2026-05-02T11:00:00Z",
                    "2026-05-03T10:00:00Z", "2026-05-03T10:40:00Z",
                ].map { at($0) }
        )
        #expect(
            window.occurrence(at: at("2026-05-01T10:30:00Z")) == range("2026-05-01T10:20:00Z", "2026-05-01T11:00:00Z")
        )
        #expect(
            window.occurrence(at: at("2026-05-03T10:30:00Z")) == range("2026-05-03T10:00:00Z", "2026-05-03T10:40:00Z")
        )
        #expect(!window.isActive(at: at("2026-05-03T10:40:00Z")) && !window.isActive(at: at("2026-05-01T10:19:59Z")))
    }

    @Test func invalidWindowsAreExplained() throws {
        let (zone, hour) = (berlin, Duration.seconds(3600))
        func fault(_ schedule: MaintenanceWindow.Schedule, from: String? = nil, until: String? = nil)
            -> MaintenanceError?
        {
            do throws(MaintenanceError) {
                _ = try MaintenanceWindow(schedule, from: from.map { at($0) }, until: until.map { at($0) })
                return nil
            } catch { return error }
        }
        let daily = try CronExpression("@daily")
        #expect(fault(.once(start: at("2026-01-02"), end: at("2026-01-01"))) == .endsBeforeItBegins)
        #expect(fault(.once(start: at("2026-01-02"), end: at("2026-01-02"))) == .endsBeforeItBegins)
        #expect(
            fault(.cron(daily, lasting: hour, in: zone), from: "2026-01-02", until: "2026-01-02")
                == .validityEndsBeforeItBegins
        )
        #expect(fault(.weekly(on: [], at: halfPastTwo, lasting: hour, in: zone)) == .noWeekdays)
        #expect(fault(.cron(daily, lasting: .zero, in: zone)) == .noDuration)
        #expect(fault(.cron(daily, lasting: .seconds(-1), in: zone)) == .noDuration)
        #expect(fault(.cron(daily, lasting: .seconds(30 * 86_400 + 1), in: zone)) == .tooLong)
        #expect(fault(.cron(daily, lasting: .seconds(86_400), in: .utc)) == .withoutPause)
        #expect(fault(.cron(try CronExpression("@yearly"), lasting: .seconds(30 * 86_400), in: zone)) == nil)
        let cron = #expect(throws: MaintenanceError.self) {
            try MaintenanceWindow(cron: "0 25 * * *", lasting: hour, in: zone)
        }
        #expect(cron?.description == "cron expression: hour: '25' is not a number from 0 to 23")
        #expect(MaintenanceError.tooLong.description == "the window's duration may be 30d at most")
    }

    @Test(arguments: 0..<30) func changesMatchActivity(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let minute = Int.random(in: 0...59, using: &random)
        let texts = [
            "\(minute) 2 * * *", "\(minute) 0-4/2 * * 0,6", "*/\(minute + 1) 2 * * *", "\(minute) * 25-31 3,10 *",
        ]
        let duration = Duration.seconds(60 * Int.random(in: 1...300, using: &random))
        let (text, start) = (
            texts[Int(seed) % 4], at("2026-03-20") + .seconds(Int.random(in: 0...20_000_000, using: &random))
        )
        let window = try MaintenanceWindow(
            cron: text,
            lasting: duration,
            in: berlin,
            from: Bool.random(using: &random) ? start + .seconds(86_400) : nil,
            until: Bool.random(using: &random) ? start + .seconds(5 * 86_400 + 1234) : nil
        )
        var time = start
        for _ in 0..<15 {
            let isActive = window.isActive(at: time)
            #expect(window.occurrence(at: time)?.contains(time) ?? false == isActive)
            let end = window.nextChange(after: time) ?? start + .seconds(30 * 86_400)
            var probe = time
            while probe < min(end, time + .seconds(86_400)) {
                #expect(window.isActive(at: probe) == isActive, "seed \(seed), \(text), \(probe)")
                probe = probe + .seconds(540)
            }
            guard let next = window.nextChange(after: time) else { break }
            #expect(window.isActive(at: next - .milliseconds(1)) == isActive && window.isActive(at: next) != isActive)
            if let occurrence = window.occurrence(at: next) { #expect(occurrence.lowerBound == next) }
            time = next
        }
    }

    @Test func oldWindowsCostNothing() throws {
        let window = try MaintenanceWindow(cron: "*/5 1 * * *", lasting: .seconds(3600), in: berlin)
        let clock = ContinuousClock()
        let elapsed = clock.measure {
            for year in stride(from: 1000, through: 9000, by: 10) {
                _ = window.isActive(at: at("\(year)-06-01T12:00:00Z"))
            }
        }
        // Counting from the beginning of time would take thousands of millions of steps.
        #expect(elapsed < .seconds(5))
    }
}
