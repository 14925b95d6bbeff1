import Base
import Domain
import PushCheck
import Testing
import ZoneInfo

/// Which pings are missing when; the clock is only a number.
@Suite("Deadlines of pings") struct PushDeadlineTests {
    private static let id = MonitorID(rawValue: 1)
    private static let minute = PushSchedule(.period(.seconds(60)), grace: .seconds(10))

    /// An event that many seconds after the monitor was created.
    enum Step: Sendable {
        case ping(Int64, run: String? = nil)
        case start(Int64, run: String? = nil)
        case change(Int64, period: Int64)
        case rebase(Int64)
        case remove(Int64)

        var second: Int64 {
            switch self {
            case .ping(let second, _), .start(let second, _), .change(let second, _), .rebase(let second),
                .remove(let second):
                second
            }
        }
    }

    /// The seconds of the deadlines that pass by 300 seconds, checked every second.
    static let table: [(words: String, steps: [Step], missing: [Int64])] = [
        ("never heard: from the creation on, every period", [], [70, 130, 190, 250]),
        ("heard in time", [.ping(50), .ping(110), .ping(170), .ping(230), .ping(240)], []),
        ("heard within the grace", [.ping(69), .ping(138), .ping(207), .ping(276)], []),
        ("heard on the deadline's second before it is looked at", [.ping(70), .ping(140), .ping(210), .ping(280)], []),
        ("missed once, then heard", [.ping(30), .ping(130), .ping(190), .ping(250)], [100]),
        ("missed several times, each a period after the last", [.ping(20)], [90, 150, 210, 270]),
        ("a run that does not end", [.ping(50), .start(60), .ping(200, run: "other")], [70, 120, 180, 270]),
        ("a run that ends in time", [.ping(50), .start(55), .ping(64), .ping(130), .ping(200), .ping(260)], []),
        (
            "runs that overlap", [.start(10, run: "a"), .start(12, run: "b"), .ping(15, run: "b")],
            [20, 85, 145, 205, 265]
        ),
        (
            "a shorter period that has passed already has the grace", [.ping(40), .change(65, period: 15)],
            [75, 90, 105, 120, 135, 150, 165, 180, 195, 210, 225, 240, 255, 270, 285, 300]
        ),
        ("a longer period counts from the last ping", [.ping(40), .change(65, period: 200)], [250]),
        ("gone", [.ping(40), .remove(65)], []),
        (
            "a clock that was set without a deadline passing changes nothing", [.ping(40), .rebase(65)],
            [110, 170, 230, 290]
        ),
    ]

    @Test("missing pings are found", arguments: table)
    func missing(_ row: (words: String, steps: [Step], missing: [Int64])) {
        let start = Timestamp(milliseconds: 1_795_000_000_000)
        var deadlines = PushDeadlines(now: start)
        deadlines.set(Self.id, Self.minute, since: start, now: start)
        var found: [Int64] = []
        for second in 0...Int64(300) {
            let now = start + .seconds(second)
            for step in row.steps where step.second == second {
                switch step {
                case .ping(_, let run): _ = deadlines.ping(Self.id, run: run, at: now)
                case .start(_, let run): deadlines.start(Self.id, run: run, at: now)
                case .change(_, let period):
                    let schedule = PushSchedule(.period(.seconds(period)), grace: .seconds(10))
                    deadlines.set(Self.id, schedule, since: now, now: now)
                case .rebase: deadlines.rebase(to: now)
                case .remove: deadlines.remove(Self.id)
                }
            }
            found += deadlines.advance(to: now).map { ($0.deadline - start).components.seconds }
        }
        #expect(found == row.missing, "\(row.words)")
    }

    @Test("a missing ping reports silence, deadline and unfinished runs") func words() {
        let start = Timestamp(milliseconds: 1_795_000_000_000)
        var deadlines = PushDeadlines(now: start)
        deadlines.set(Self.id, Self.minute, since: start, now: start)
        #expect(deadlines.advance(to: start + .milliseconds(69_999)).isEmpty)
        let first = deadlines.advance(to: start + .seconds(71))
        #expect(first.map(\.expected) == [start + .seconds(60)] && first.map(\.deadline) == [start + .seconds(70)])
        #expect(first.map(\.lastPing) == [nil] && first.map(\.silentSince) == [start])
        #expect(first.map(\.isUnfinished) == [false])
        #expect(deadlines.ping(Self.id, run: nil, at: start + .seconds(80)) == nil)
        deadlines.start(Self.id, run: "a", at: start + .seconds(90))
        let second = deadlines.advance(to: start + .seconds(100))
        #expect(second.map(\.isUnfinished) == [true] && second.map(\.lastPing) == [start + .seconds(80)])
    }

    @Test("a run's duration is found by its id") func durations() {
        let start = Timestamp(milliseconds: 1_795_000_000_000)
        var deadlines = PushDeadlines(now: start)
        deadlines.set(Self.id, Self.minute, since: start, now: start)
        deadlines.start(Self.id, run: "a", at: start + .seconds(1))
        deadlines.start(Self.id, run: "b", at: start + .seconds(2))
        #expect(deadlines.ping(Self.id, run: "a", at: start + .seconds(5)) == .seconds(4))
        #expect(deadlines.ping(Self.id, run: nil, at: start + .seconds(5)) == nil)
        #expect(deadlines.ping(Self.id, run: "b", at: start + .seconds(5)) == .seconds(3))
        #expect(deadlines.ping(MonitorID(rawValue: 9), run: nil, at: start) == nil)
    }

    @Test("unfinished runs are bounded") func boundedRuns() {
        let start = Timestamp(milliseconds: 1_795_000_000_000)
        var deadlines = PushDeadlines(now: start)
        deadlines.set(Self.id, Self.minute, since: start, now: start)
        for run in 0..<1000 { deadlines.start(Self.id, run: "\(run)", at: start + .milliseconds(Int64(run))) }
        #expect(deadlines.ping(Self.id, run: "0", at: start + .seconds(2)) == nil)
        #expect(deadlines.ping(Self.id, run: "999", at: start + .milliseconds(1999)) == .seconds(1))
    }

    @Test("deadlines missed while stopped get the grace from the start, others stay")
    func restart() {
        let start = Timestamp(milliseconds: 1_795_000_000_000)
        let restarted = start + .seconds(1000)
        for (last, deadline) in [(0, 1010), (930, 1010), (935, 1005), (990, 1060)] as [(Int64, Int64)] {
            var deadlines = PushDeadlines(now: restarted)
            let history = PushDeadlines.History(lastPing: start + .seconds(last), missed: nil)
            deadlines.set(Self.id, Self.minute, since: start, history: history, now: restarted)
            #expect(deadlines.deadline(of: Self.id) == start + .seconds(deadline), "last ping at \(last)")
        }
        // A monitor with a missing ping continues with its usual due times.
        var deadlines = PushDeadlines(now: restarted)
        let history = PushDeadlines.History(lastPing: start, missed: start + .seconds(980))
        deadlines.set(Self.id, Self.minute, since: start, history: history, now: restarted)
        #expect(deadlines.advance(to: start + .seconds(1100)).map(\.deadline) == [start + .seconds(1050)])
    }

    @Test("pings that a suspended process could not receive are not missing") func sleep() {
        let start = Timestamp(milliseconds: 1_795_000_000_000)
        var deadlines = PushDeadlines(now: start)
        deadlines.set(Self.id, Self.minute, since: start, now: start)
        deadlines.rebase(to: start + .seconds(5000))
        #expect(deadlines.advance(to: start + .seconds(5009)).isEmpty)
        #expect(deadlines.advance(to: start + .seconds(5010)).map(\.deadline) == [start + .seconds(5010)])
        deadlines.rebase(to: start)
        #expect(deadlines.advance(to: start + .seconds(100)).isEmpty)
    }

    static let crons: [(cron: String, zone: String, ping: String, deadline: String)] = [
        ("0 3 * * *", "UTC", "2026-11-20T03:00:05Z", "2026-11-21T03:00:10Z"),
        ("0 3 * * *", "Europe/Berlin", "2026-11-20T02:00:05Z", "2026-11-21T02:00:10Z"),
        // The night in which clocks are set back.
        ("0 3 * * *", "Europe/Berlin", "2026-10-24T01:00:00Z", "2026-10-25T02:00:10Z"),
        // A ping a moment early does not count as the due one.
        ("*/5 * * * *", "UTC", "2026-11-20T03:04:59Z", "2026-11-20T03:05:10Z"),
    ]

    private let start = Timestamp(milliseconds: 1_795_000_000_000)

    @Test("a ping that is taken back leaves the deadline of the others, in any order", arguments: 0..<16)
    func takenBack(_ pattern: Int) throws {
        let schedule = PushSchedule(.period(.seconds(60)), grace: .seconds(10))
        var deadlines = PushDeadlines(now: start)
        deadlines.set(Self.id, schedule, since: start, now: start)
        let receipts = (0..<3).compactMap { deadlines.receive(Self.id, run: nil, at: start + .seconds($0)) }
        try #require(receipts.count == 3)
        let counting = (0..<3).filter { pattern & (1 << $0) != 0 }
        for place in pattern & 8 == 0 ? [0, 1, 2] : [2, 0, 1] {
            deadlines.settle(receipts[place], counts: counting.contains(place))
        }
        let last = counting.last ?? 0
        #expect(deadlines.deadline(of: Self.id) == start + .seconds(last + 70))
        // A clock that was set back: the latest ping counts all the same.
        _ = deadlines.ping(Self.id, run: nil, at: start - .seconds(30))
        #expect(deadlines.deadline(of: Self.id) == start + .seconds(40))
    }

    @Test("a ping that is taken back opens its run again") func runTakenBack() throws {
        let schedule = PushSchedule(.period(.seconds(60)), grace: .seconds(10))
        var deadlines = PushDeadlines(now: start)
        deadlines.set(Self.id, schedule, since: start, now: start)
        deadlines.start(Self.id, run: "a", at: start)
        let received = deadlines.receive(Self.id, run: "a", at: start + .seconds(4))
        let receipt = try #require(received)
        #expect(receipt.duration == .seconds(4))
        deadlines.settle(receipt, counts: false)
        #expect(deadlines.deadline(of: Self.id) == start + .seconds(10))
        #expect(deadlines.ping(Self.id, run: "a", at: start + .seconds(6)) == .seconds(6))
    }

    @Test("cron follows its time zone", arguments: crons)
    func cron(_ row: (cron: String, zone: String, ping: String, deadline: String)) throws {
        let ping = try #require(Timestamp(iso8601: row.ping))
        var settings = PushSettings()
        settings.options.cron = try CronExpression(row.cron)
        settings.options.timeZone = row.zone
        settings.options.grace = .seconds(10)
        let schedule = try settings.schedule(interval: .seconds(60), zone: ZoneFiles().rules)
        var deadlines = PushDeadlines(now: ping)
        deadlines.set(Self.id, schedule, since: ping, now: ping)
        _ = deadlines.ping(Self.id, run: nil, at: ping)
        #expect(deadlines.deadline(of: Self.id) == Timestamp(iso8601: row.deadline))
    }
}

extension PushDeadlines {
    /// Notes a ping that counts, and returns how long its run took.
    fileprivate mutating func ping(_ id: MonitorID, run: String?, at time: Timestamp) -> Duration? {
        guard let receipt = receive(id, run: run, at: time) else { return nil }
        settle(receipt, counts: true)
        return receipt.duration
    }
}
