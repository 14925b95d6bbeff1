import Base
import Domain
import Testing

/// How jobs run when clocks change, by the rules of Debian's cron(8).
@Suite struct CronClockChangeTests {
    private func runs(_ text: String, from: String, until: String, _ footer: String = ZoneBytes.berlin) throws
        -> [String]
    {
        let (expression, zone) = (try CronExpression(text), try ZoneBytes.rules(footer))
        var (runs, time) = ([String](), at(from))
        while let next = expression.next(after: time, in: zone), next < at(until) {
            runs.append(String(next.description.dropFirst(5).prefix(11)))
            time = next
        }
        return runs
    }

    @Test(arguments: [
        // Clocks skip 02:00 to 03:00 local time, at 01:00 UTC.
        ("30 2 * * *", ["03-28T01:30", "03-29T01:00", "03-30T00:30"]),
        ("0,30 2 * * *", ["03-28T01:00", "03-28T01:30", "03-29T01:00", "03-30T00:00", "03-30T00:30"]),
        ("0 3 * * *", ["03-28T02:00", "03-29T01:00", "03-30T01:00"]),
        ("30 2,3 * * *", ["03-28T01:30", "03-28T02:30", "03-29T01:00", "03-29T01:30", "03-30T00:30", "03-30T01:30"]),
        ("30 2 29 3 *", ["03-29T01:00"]),
        ("*/20 2 * * *", ["03-28T01:00", "03-28T01:20", "03-28T01:40", "03-30T00:00", "03-30T00:20", "03-30T00:40"]),
    ])
    func skippedTimesRunAfterTheGap(_ text: String, _ expected: [String]) throws {
        #expect(try runs(text, from: "2026-03-27T23:00:00Z", until: "2026-03-30T02:00:00Z") == expected)
    }

    @Test func skippedTimeIsDueRightBeforeTheGapEnds() throws {
        let (job, zone) = (try CronExpression("30 2 * * *"), try ZoneBytes.rules(ZoneBytes.berlin))
        let end = at("2026-03-29T01:00:00Z")
        for before in [1, 999, 1000, 1001, 60_000] {
            #expect(job.next(after: end - .milliseconds(before), in: zone) == end)
        }
        #expect(job.next(after: end, in: zone) == at("2026-03-30T00:30:00Z"))
    }

    @Test(arguments: [
        // Clocks show 02:00 to 03:00 twice, from 00:00 and from 01:00 UTC on.
        ("30 2 * * *", ["10-24T00:30", "10-25T00:30", "10-26T01:30"]),
        ("0 2-3 * * *", ["10-24T00:00", "10-24T01:00", "10-25T00:00", "10-25T02:00", "10-26T01:00", "10-26T02:00"]),
        ("30 2 25 10 *", ["10-25T00:30"]),
        ("*/30 2 25 10 *", ["10-25T00:00", "10-25T00:30", "10-25T01:00", "10-25T01:30"]),
    ])
    func repeatedTimesRunOnceExceptForWildcards(_ text: String, _ expected: [String]) throws {
        #expect(try runs(text, from: "2026-10-23T23:00:00Z", until: "2026-10-26T03:00:00Z") == expected)
    }

    @Test func hourlyJobRunsEveryHour() throws {
        let spring = try runs("0 * * * *", from: "2026-03-28T23:30:00Z", until: "2026-03-29T03:30:00Z")
        #expect(spring == ["03-29T00:00", "03-29T01:00", "03-29T02:00", "03-29T03:00"])
        let autumn = try runs("0 * * * *", from: "2026-10-24T23:30:00Z", until: "2026-10-25T03:30:00Z")
        #expect(autumn == ["10-25T00:00", "10-25T01:00", "10-25T02:00", "10-25T03:00"])
    }

    /// A zone skips a day when it moves across the date line, as Samoa did.
    @Test func skippedDayIsNotMadeUp() throws {
        let change = at("2011-12-30T10:00:00Z").milliseconds / 1000
        let file = ZoneBytes(transitions: [(change, 1)], offsets: [-36_000, 50_400])
        let zone = try TimeZoneRules(name: "A", bytes: file.bytes)
        let noon = try CronExpression("0 12 * * *")
        #expect(noon.next(after: at("2011-12-29T22:00:00Z"), in: zone) == at("2011-12-30T22:00:00Z"))
        #expect(zone.local(at: at("2011-12-30T22:00:00Z")).description == "2011-12-31T12:00:00")
    }

    /// Compares with a simulation minute by minute.
    @Test(arguments: 0..<30) func agreesWithASimulatedClock(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let footers = [ZoneBytes.berlin, ZoneBytes.lordHowe, ZoneBytes.newYork, "UTC0"]
        let zone = try ZoneBytes.rules(footers.randomElement(using: &random) ?? "UTC0")
        let changes = ["2026-03-08", "2026-03-28", "2026-04-04", "2026-10-03", "2026-10-24", "2026-10-31"]
        let start =
            at(changes.randomElement(using: &random) ?? "") - .seconds(3600 * Int.random(in: 0...9, using: &random))
        let job = Job(&random)
        let expression = try CronExpression(job.text)
        var watch = Watch(job: job, seen: zone.local(at: start))
        var expected: [Timestamp] = []
        for minute in 1...3 * 1440 {
            let time = start + .seconds(60 * minute)
            if watch.isDue(zone.local(at: time)) { expected.append(time) }
        }
        var (found, time): ([Timestamp], Timestamp) = ([], start)
        while let next = expression.next(after: time, in: zone), next <= start + .seconds(3 * 86_400) {
            found.append(next)
            time = next
        }
        #expect(found == expected, "seed \(seed): \(job.text)")
    }

    /// A random job with early hours, in which clocks change.
    private struct Job {
        let minutes: Set<Int>
        let hours: Set<Int>
        let weekdays: Set<Int>
        let text: String
        let followsClock: Bool

        init(_ random: inout SeededGenerator) {
            let kind = Int.random(in: 0...3, using: &random)
            minutes = kind == 1 ? Set(0...59) : Set((0...3).map { _ in Int.random(in: 0...59, using: &random) })
            hours = kind == 2 ? Set(0...23) : Set((0...3).map { _ in Int.random(in: 0...5, using: &random) })
            weekdays = kind == 3 ? Set((0...3).map { _ in Int.random(in: 0...6, using: &random) }) : Set(0...6)
            followsClock = kind == 1 || kind == 2
            func list(_ numbers: Set<Int>) -> String { numbers.sorted().map(String.init).joined(separator: ",") }
            text = """
                \(kind == 1 ? "*" : list(minutes)) \(kind == 2 ? "*" : list(hours)) * * \
                \(kind == 3 ? list(weekdays) : "*")
                """
        }

        func matches(_ local: LocalDateTime) -> Bool {
            minutes.contains(local.minute) && hours.contains(local.hour) && weekdays.contains(local.weekday.rawValue)
        }
    }

    /// Keeps the latest time that the clock has shown: times between it and a later one are due too.
    private struct Watch {
        let job: Job
        var seen: LocalDateTime

        mutating func isDue(_ local: LocalDateTime) -> Bool {
            if job.followsClock { return job.matches(local) }
            var isDue = false
            while seen < local {
                seen = TimeZoneRules.utc.local(at: TimeZoneRules.utc.instants(of: seen)[0] + .seconds(60))
                isDue = isDue || job.matches(seen)
            }
            return isDue
        }
    }
}
