import Base
import Domain
import TestSupport
import Testing

/// Windows that nearly never pause are refused, whatever clocks do.
@Suite struct WindowPauseTests {
    private static let zones = [
        ZoneBytes.berlin, ZoneBytes.lordHowe, ZoneBytes.newYork, "UTC0", "<-03>3", "<+00>0<+02>-2,M3.5.0/1,M10.5.0/3",
        "IST-1GMT0,M10.5.0,M3.5.0/1", "<-04>4<-03>,M9.1.6/24,M4.1.6/24",
    ]

    private func minutes(_ count: Int) -> Duration { .seconds(60 * count) }

    private func isRefused(_ cron: String, _ duration: Duration, _ zone: TimeZoneRules) throws -> Bool {
        do throws(MaintenanceError) {
            _ = try MaintenanceWindow(cron: cron, lasting: duration, in: zone)
            return false
        } catch {
            #expect(error == .withoutPause, "\(cron)")
            return true
        }
    }

    /// In autumn clocks are set back: that alone makes a pause of less than an hour, once a year.
    @Test(arguments: zones) func pauseOnlyWhenClocksAreSetBackIsNoPause(_ footer: String) throws {
        let zone = try ZoneBytes.rules(footer)
        for (hour, minute) in [(0, 30), (1, 0), (1, 30), (2, 0), (2, 30), (3, 0), (12, 0), (23, 30)] {
            #expect(try isRefused("\(minute) \(hour) * * 0", minutes(10_081), zone), "\(hour):\(minute)")
            #expect(try isRefused("\(minute) \(hour) * * *", minutes(1441), zone), "\(hour):\(minute)")
            let weekly = try #require(TimeOfDay(hour: hour, minute: minute))
            #expect(throws: MaintenanceError.withoutPause) {
                try MaintenanceWindow(.weekly(on: [.sunday], at: weekly, lasting: minutes(10_081), in: zone))
            }
            #expect(try !isRefused("\(minute) \(hour) * * 0", minutes(9900), zone))
            #expect(try !isRefused("\(minute) \(hour) * * *", minutes(1300), zone))
        }
    }

    @Test func runsAfterTheFirstCountToo() throws {
        // The first run of a day has 60 minutes, the second 1140 and more.
        #expect(try isRefused("* 0,5-23 * * *", minutes(1), .utc))
        #expect(try isRefused("0 * 1,5-31 * *", minutes(60), .utc))
        #expect(try !isRefused("* 0-5 * * *", minutes(1), .utc))
        #expect(try !isRefused("0 0 * 4-10 *", minutes(1440), .utc), "a season")
        #expect(
            MaintenanceError.withoutPause.description
                == "over 400 occurrences of the window, or over 300d of them, follow one another without a pause; "
                + "let it begin less often, or pause the monitors"
        )
    }

    /// Against every start of two years, one by one.
    @Test(arguments: 0..<30) func acceptedWindowsPause(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &random) }
        let zone = try ZoneBytes.rules(Self.zones[number(0...Self.zones.count - 1)])
        let (minute, hour) = (number(0...59), number(0...23))
        let month = number(1...12)
        let cron = [
            "\(minute) \(hour) * * \(number(0...6))", "\(minute) \(hour) * * *", "\(minute) \(hour) * * 1-5",
            "\(minute) */\(number(2...12)) * * *", "\(minute) \(hour) * \(min(month, 6))-12 *",
            "\(minute) \(hour) \(number(1...14))-\(number(15...31)) * *",
        ][number(0...5)]
        let days = [0, 1, 1, 2, 3, 7, 7, 14][number(0...7)]
        let duration = minutes(max(1, days * 1440 + number(-130...130)))

        let runs = try merged(cron, duration, zone)
        let longest = runs.map { $0.periods.upperBound - $0.periods.lowerBound }.max() ?? .zero
        let most = runs.map(\.count).max() ?? 0
        let words = Comment("seed \(seed): \(cron), \(duration.text), \(zone)")
        if try isRefused(cron, duration, zone) {
            #expect(longest > .seconds(300 * 86_400) || most > 400, words)
            return
        }
        #expect(longest <= .seconds(300 * 86_400), words)
        let window = try MaintenanceWindow(cron: cron, lasting: duration, in: zone)
        // The first and the last may be cut by the time that was looked at.
        for run in runs.dropFirst().dropLast() {
            #expect(window.occurrence(at: run.periods.lowerBound) == run.periods, words)
            #expect(window.occurrence(at: run.periods.upperBound) == nil, words)
        }
    }

    /// All periods that begin within two years; those that touch are one.
    private func merged(
        _ text: String,
        _ duration: Duration,
        _ zone: TimeZoneRules
    ) throws -> [(periods: Range<Timestamp>, count: Int)] {
        let expression = try CronExpression(text)
        var runs: [(periods: Range<Timestamp>, count: Int)] = []
        var time = at("2026-01-01")
        while let start = expression.next(after: time, in: zone), start < at("2028-01-01") {
            if let last = runs.last, start <= last.periods.upperBound {
                runs[runs.count - 1] = (last.periods.lowerBound..<start + duration, last.count + 1)
            } else {
                runs.append((start..<start + duration, 1))
            }
            time = start
        }
        return runs
    }
}
