import Base
import Domain
import Testing

@Suite struct ConnectivityGuardTests {
    private let start = Timestamp(milliseconds: 1_795_000_000_000)

    /// One letter per host, a dot for reached, `x` for lost; a second between rounds.
    private func conclude(_ rounds: [String], every: Duration = .seconds(1)) -> [ConnectivityGuard.Change?] {
        var state = ConnectivityGuard()
        return rounds.enumerated().map { round, letters in
            for (host, letter) in letters.enumerated() where letter != " " {
                state.observe("h\(host)", letter == "x" ? .lost : .reached, at: start + every * round)
            }
            return state.conclude()
        }
    }

    @Test(
        arguments: [
            ([".....", "xxxxx", "xx...", "....."], [nil, .doubted, .trusted, nil]),
            // Four hosts are too few.
            (["....", "xxxx"], [nil, nil]),
            // Some still answer.
            (["..........", "xxxxxxxx.."], [nil, nil]), (["..........", "xxxxxxxxx."], [nil, .doubted]),
            // Most were down before.
            (["xxx..", "xxxxx"], [nil, nil]), (["xx...", "xxxxx"], [nil, .doubted]), (["xxxxx"], [nil]),
            // Half is not fewer than half.
            (["......", "xxxxxx", "xxx...", "xx...."], [nil, .doubted, nil, .trusted]),
        ] as [([String], [ConnectivityGuard.Change?])]
    )
    func networkIsDoubtedWhenNearlyAllHostsFailAtOnce(_ rounds: [String], _ changes: [ConnectivityGuard.Change?]) {
        #expect(conclude(rounds) == changes)
    }

    /// The canaries answer again in part: doubt must not last because one of two is blocked.
    @Test(
        arguments: [
            (2, 2, false, true), (2, 1, false, false), (2, 1, true, true), (2, 0, true, false), (3, 2, true, true),
            (3, 1, true, false), (4, 2, false, false),
        ]
    )
    func doubtEndsWhenCanariesOrHostsAnswer(_ count: Int, _ lost: Int, _ hostsFail: Bool, _ isDoubting: Bool) {
        var state = ConnectivityGuard(isDoubting: true)
        for host in 0..<6 { state.observe("h\(host)", hostsFail ? .lost : .reached, at: start) }
        state.observe(canaries: count, lost: lost)
        _ = state.conclude()
        #expect(state.isDoubting == isDoubting)
    }

    @Test func withoutHostsHalfOfTheCanariesDecide() {
        var state = ConnectivityGuard(isDoubting: true)
        state.observe(canaries: 2, lost: 1)
        #expect(state.conclude() == .trusted)
    }

    @Test func oldObservationsDoNotCount() {
        // A round every minute and a half: only the five lost hosts are in the window.
        #expect(conclude([".....     ", "     .....", ".....xxxxx"], every: .seconds(90)).last == .some(nil))
        #expect(conclude(["..........", "xxxxx     "], every: .seconds(90)) == [nil, .doubted])
    }

    @Test func manyHostsDecideWithinPartOfTheWindow() {
        var state = ConnectivityGuard()
        var changes: [ConnectivityGuard.Change?] = []
        for second in 0..<60 { state.observe("h\(second)", .reached, at: start + .seconds(second)) }
        for second in 60..<80 {
            state.observe("h\(second - 60)", .lost, at: start + .seconds(second))
            changes.append(state.conclude())
        }
        // Not after 54 seconds, when nine tenths of the whole window are lost.
        #expect(changes.contains(.doubted) && state.isDoubting)
    }

    /// A host that fails for one of its monitors and not for another does not indicate an outage here.
    @Test func flappingHostsAreIgnored() {
        var state = ConnectivityGuard()
        for round in 0..<20 {
            let time = start + .seconds(round * 30)
            for host in 0..<6 { state.observe("h\(host)", round.isMultiple(of: 2) ? .lost : .reached, at: time) }
            if round > 0 { #expect(state.conclude() == nil, "round \(round)") }
        }
    }

    @Test func secondOutageSoonAfterIsDetected() {
        #expect(
            conclude([".....", "xxxxx", ".....", "xxxxx"], every: .seconds(20)) == [nil, .doubted, .trusted, .doubted]
        )
    }

    @Test(
        arguments: [
            // Canaries alone.
            (3, 3, false, true), (3, 2, false, false), (1, 1, false, true),
            // Nearly all hosts, and the canaries.
            (3, 0, true, false), (3, 1, true, false), (3, 2, true, true), (0, 0, true, true),
        ] as [(Int, Int, Bool, Bool)]
    )
    func reachableCanariesOverruleTheHosts(_ count: Int, _ lost: Int, _ hostsFail: Bool, _ isDoubting: Bool) {
        var state = ConnectivityGuard()
        for host in 0..<6 { state.observe("h\(host)", .reached, at: start) }
        if hostsFail { for host in 0..<6 { state.observe("h\(host)", .lost, at: start + .seconds(1)) } }
        state.observe(canaries: count, lost: lost)
        _ = state.conclude()
        #expect(state.isDoubting == isDoubting)
    }

    @Test func networkReasonsAreRecognized() {
        let network = Reason.allCases.filter(\.isOfNetwork).map(\.description)
        #expect(
            network == [
                "dns_nxdomain", "dns_no_address", "dns_servfail", "dns_refused", "dns_timeout", "connect_timeout",
                "connect_unreachable", "tls_timeout", "timeout_first_byte", "timeout_transfer",
            ]
        )
    }

    /// The counts agree with a plain list of observations; the hosts are bounded.
    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func countsMatchASimpleModel(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var rule = ConnectivityGuard.Rule()
        rule.hostLimit = 40
        var state = ConnectivityGuard(rule)
        var last: [Int: (slice: Int64, lost: Bool)] = [:]
        var time = start
        for _ in 0..<3000 {
            time = time + .milliseconds(Int64.random(in: 0...900, using: &random))
            if Int.random(in: 0..<200, using: &random) == 0 {
                time = time + .seconds(Int64.random(in: 0...200, using: &random))
            }
            let (host, isLost) = (Int.random(in: 0..<40, using: &random), Bool.random(using: &random))
            state.observe("h\(host)", isLost ? .lost : .reached, at: time)
            last[host] = (time.milliseconds / 5000, isLost)
            let seen = last.values.filter { $0.slice > time.milliseconds / 5000 - 12 }
            #expect(state.tally.seen == seen.count && state.tally.lost == seen.count { $0.lost }, "seed \(seed)")
            _ = state.conclude()
        }
        for host in 0..<1000 { state.observe("new\(host)", .reached, at: time) }
        #expect(state.tally.seen <= 40)
    }
}
