import Base
import Domain
import Testing

@Suite struct CertificateWatchTests {
    private static let now = Timestamp(milliseconds: 1_795_000_000_000)
    private static let (one, two) = (MonitorID(rawValue: 1), MonitorID(rawValue: 2))

    private static func hours(_ hours: Int) -> Duration { .seconds(hours * 3600) }

    /// A chain whose certificates expire that many hours from the beginning.
    private static func facts(_ sha256: String, _ left: Int, chain: [(String, Int)] = [], valid: Bool = true)
        -> CertificateFacts
    {
        CertificateFacts(
            subject: "CN=\(sha256)",
            issuer: "CN=issuer",
            sans: [],
            notBefore: now - hours(1000),
            notAfter: now + hours(left),
            sha256: sha256,
            valid: valid,
            problem: valid ? nil : "expired",
            chain: chain.map { name, left in
                .init(
                    subject: "CN=\(name)",
                    issuer: "CN=root",
                    notBefore: now - hours(1000),
                    notAfter: now + hours(left),
                    sha256: name
                )
            }
        )
    }

    private static func words(_ events: [CertificateWatch.Event]) -> [String] {
        events.map { event in
            switch event {
            case .crossed(let certificate, let level, _, let holders):
                "\(certificate.sha256) \(level) of \(holders.map(\.description).joined(separator: "+"))"
            case .held(let sha256, let monitor): "\(monitor) holds \(sha256)"
            case .released(let sha256, let monitor): "\(monitor) releases \(sha256)"
            case .gone(let sha256, let isReplaced): "\(sha256) \(isReplaced ? "replaced" : "gone")"
            case .dropped(let sha256): "\(sha256) dropped"
            }
        }
    }

    /// The first report about a certificate that expires that many hours from now.
    @Test(
        arguments: [
            (22 * 24 + 1, nil), (22 * 24, nil), (22 * 24 - 1, 21), (15 * 24, 21), (15 * 24 - 1, 14), (5 * 24, 7),
            (4 * 24 - 1, 3), (47, 1), (23, 0), (1, 0), (0, 0), (-1, -1), (-5000, -1),
        ] as [(Int, Int?)]
    )
    func firstSightReportsOnlyTheNearestThreshold(_ left: Int, _ level: Int?) {
        var watch = CertificateWatch()
        let events = watch.see(Self.facts("a", left), by: Self.one, at: Self.now)
        #expect(Self.words(events) == (level.map { ["a \($0) of 1"] } ?? []))
        // A second monitor with the same certificate is noted, but nobody is notified.
        #expect(watch.see(Self.facts("a", left), by: Self.one, at: Self.now).isEmpty)
        #expect(watch.see(Self.facts("a", left), by: Self.two, at: Self.now).count == (level == nil ? 0 : 1))
    }

    @Test func eachThresholdIsReportedOnceForAllMonitors() {
        var watch = CertificateWatch()
        var reports: [String] = []
        for hour in 0..<30 * 24 {
            for monitor in [Self.one, Self.two] {
                let time = Self.now + Self.hours(hour) + .seconds(monitor.rawValue)
                reports += Self.words(watch.see(Self.facts("a", 28 * 24), by: monitor, at: time))
            }
        }
        #expect(reports == [21, 14, 7, 3, 1, 0, -1].map { "a \($0) of 1+2" })
        #expect(watch.count == 1)
    }

    @Test func renewalEndsTheIncidentAndIsWatched() {
        var watch = CertificateWatch()
        #expect(Self.words(watch.see(Self.facts("old", 100), by: Self.one, at: Self.now)) == ["old 7 of 1"])
        #expect(Self.words(watch.see(Self.facts("old", 100), by: Self.two, at: Self.now)) == ["2 holds old"])
        #expect(Self.words(watch.see(Self.facts("new", 3000), by: Self.one, at: Self.now)) == ["1 releases old"])
        #expect(Self.words(watch.see(Self.facts("new", 3000), by: Self.two, at: Self.now)) == ["2 releases old"])
        #expect(watch.sweep(at: Self.now + .seconds(1799)).isEmpty)
        #expect(Self.words(watch.sweep(at: Self.now + .seconds(1800))) == ["old replaced"])
        #expect(watch.sweep(at: Self.now + .seconds(3600)).isEmpty)
    }

    @Test func oneServerWithTheOldCertificateIsNoRenewal() {
        var watch = CertificateWatch()
        var reports: [String] = []
        for minute in 0..<60 * 24 {
            let time = Self.now + .seconds(minute * 60)
            let facts = minute % 3 == 0 ? Self.facts("old", 100) : Self.facts("new", 3000)
            reports += Self.words(watch.sweep(at: time) + watch.see(facts, by: Self.one, at: time))
        }
        #expect(reports.filter { !$0.hasPrefix("1 ") } == ["old 7 of 1", "old 3 of 1"])
    }

    @Test func issuersAndBadChainsAreWatched() {
        var watch = CertificateWatch()
        let facts = Self.facts("leaf", 5000, chain: [("ca", 40), ("leaf", 5000)], valid: false)
        #expect(Self.words(watch.see(facts, by: Self.one, at: Self.now)) == ["ca 1 of 1"])
        // Its notice does not hide the leaf's.
        let near = Self.facts("leaf2", 10 * 24 + 1, chain: [("ca", 40)])
        #expect(Self.words(watch.see(near, by: Self.two, at: Self.now)) == ["leaf2 14 of 2", "2 holds ca"])
    }

    @Test func unneededExpiredIssuerIsIgnored() {
        var watch = CertificateWatch()
        let facts = Self.facts("leaf", 5000, chain: [("cross", 2)])
        #expect(Self.words(watch.see(facts, by: Self.one, at: Self.now)) == ["cross 0 of 1"])
        let after = Self.now + Self.hours(3)
        #expect(Self.words(watch.see(facts, by: Self.one, at: after)) == ["1 releases cross"])
        let needed = Self.facts("leaf", 5000, chain: [("cross", 2)], valid: false)
        #expect(Self.words(watch.see(needed, by: Self.one, at: after)) == ["cross -1 of 1"])
    }

    @Test func deletedMonitorsReleaseTheirCertificates() {
        var watch = CertificateWatch()
        _ = watch.see(Self.facts("a", 10), by: Self.one, at: Self.now)
        _ = watch.see(Self.facts("b", 5000), by: Self.two, at: Self.now)
        #expect(Self.words(watch.forget(Self.one)) == ["1 releases a", "a gone"])
        #expect(watch.forget(Self.one).isEmpty && watch.forget(Self.two).isEmpty)
        #expect(watch.count == 1, "what was reported is remembered")
    }

    @Test func unseenCertificatesAreForgotten() {
        var watch = CertificateWatch()
        _ = watch.see(Self.facts("a", 10), by: Self.one, at: Self.now)
        #expect(watch.sweep(at: Self.now + Self.hours(24 * 30)).isEmpty)
        let events = watch.sweep(at: Self.now + Self.hours(24 * 32))
        #expect(Self.words(events) == ["1 releases a", "a gone", "a dropped"])
        #expect(watch.count == 0)
        #expect(Self.words(watch.see(Self.facts("a", 10), by: Self.one, at: Self.now)) == ["a 0 of 1"])
    }

    @Test func restartRepeatsAndMissesNothing() {
        var watch = CertificateWatch()
        watch.restore(sha256: "a", notAfter: Self.now + Self.hours(100), level: 7, seenAt: Self.now)
        watch.restore(holder: Self.one, of: "a")
        var other = watch
        #expect(watch.see(Self.facts("a", 100), by: Self.one, at: Self.now).isEmpty)
        #expect(Self.words(other.see(Self.facts("b", 5000), by: Self.one, at: Self.now)) == ["1 releases a"])
        // It also ends when the process ends before the replacement counts.
        var third = CertificateWatch()
        third.restore(sha256: "a", notAfter: Self.now + Self.hours(100), level: 7, seenAt: Self.now)
        for watch in [other, third] {
            var watch = watch
            #expect(watch.sweep(at: Self.now + .seconds(60)).isEmpty)
            #expect(Self.words(watch.sweep(at: Self.now + .seconds(1800))) == ["a replaced"])
        }
    }

    /// For any sequence, no threshold is reported twice, ends follow beginnings, and memory is bounded.
    @Test(arguments: [1, 2, 3] as [UInt64]) func invariantsHoldForRandomHistories(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var watch = CertificateWatch()
        var (levels, holders): ([String: Int], [String: Set<MonitorID>]) = ([:], [:])
        var time = Self.now
        for _ in 0..<3000 {
            time = time + Self.hours(Int.random(in: 0...3, using: &random))
            let monitor = MonitorID(rawValue: Int64.random(in: 1...5, using: &random))
            let leaf = Int.random(in: 0..<8, using: &random)
            let shown = Self.facts("c\(leaf)", leaf * 500, chain: [("i\(leaf % 2)", 3000 + leaf % 2)], valid: false)
            for event in watch.sweep(at: time) + watch.see(shown, by: monitor, at: time) {
                switch event {
                case .crossed(let certificate, let level, _, let all):
                    #expect(level < levels[certificate.sha256] ?? .max, "seed \(seed)")
                    levels[certificate.sha256] = level
                    holders[certificate.sha256] = Set(all)
                case .held(let sha256, let id): #expect(holders[sha256]?.insert(id).inserted == true, "seed \(seed)")
                case .released(let sha256, let id): #expect(holders[sha256]?.remove(id) != nil, "seed \(seed)")
                case .gone(let sha256, _): #expect(holders[sha256]?.isEmpty == true, "seed \(seed)")
                case .dropped: Issue.record("nothing is unseen, seed \(seed)")
                }
            }
            #expect(watch.count <= 10)
        }
    }
}
