import Base
import Domain
import Testing

/// Suspicions that are confirmed, and several processes that each see a part of the hosts.
@Suite struct ConnectivityReportTests {
    private let start = Timestamp(milliseconds: 1_795_000_000_000)

    private func observe(
        _ state: inout ConnectivityGuard,
        _ hosts: some Sequence<Int>,
        _ sight: ConnectivityGuard.Sight,
        at seconds: Int
    ) {
        for host in hosts {
            state.observe(
                "h\(host)",
                sight,
                at: start + .seconds(seconds),
                by: MonitorID(rawValue: Int64(host))
            )
        }
    }

    /// Twelve hosts are well, and a check of the first one fails ten seconds later.
    private func suspecting() -> ConnectivityGuard {
        var state = ConnectivityGuard()
        observe(&state, 1...12, .reached, at: 0)
        #expect(state.conclude() == nil)
        observe(&state, [1], .lost, at: 20)
        state.suspect("h1", begunAt: start + .seconds(10))
        #expect(state.conclude() == .suspected)
        #expect(state.witnesses.count == 8)
        return state
    }

    // MARK: Suspicion

    @Test func suspicionIsConfirmedByAsManyHostsAsDecide() {
        var state = suspecting()
        observe(&state, 2...4, .lost, at: 22)
        #expect(state.conclude() == nil, "four hosts are too few")
        observe(&state, [5], .lost, at: 23)
        // Seven of twelve were reached within the window: without the suspicion nothing would be doubted.
        #expect(state.conclude() == .doubted)
        #expect(state.witnesses.isEmpty)
    }

    @Test func confirmedSuspicionForgetsWhatWasReachedBefore() {
        var state = suspecting()
        observe(&state, 2...5, .lost, at: 22)
        #expect(state.conclude() == .doubted)
        #expect(state.tally.seen == 5 && state.tally.lost == 5)
        // The next look does not take the doubt back, nor does a single host that is reached.
        #expect(state.conclude() == nil && state.isDoubting)
        observe(&state, [12], .reached, at: 24)
        #expect(state.conclude() == nil && state.isDoubting)
        observe(&state, 6...11, .reached, at: 25)
        #expect(state.conclude() == .trusted)
    }

    @Test func reachedHostClearsTheSuspicion() {
        var state = suspecting()
        observe(&state, [9], .reached, at: 22)
        observe(&state, 2...6, .lost, at: 23)
        #expect(state.conclude() == .cleared)
        #expect(!state.isDoubting)
    }

    @Test func suspicionOfTooFewHostsEnds() {
        var state = suspecting()
        observe(&state, [2], .lost, at: 39)
        #expect(state.conclude() == nil)
        observe(&state, [2], .lost, at: 40)
        #expect(state.conclude() == .cleared)
    }

    // MARK: Several processes

    private func exchange(_ states: inout [ConnectivityGuard], at seconds: Int) -> [ConnectivityGuard.Change?] {
        let time = start + .seconds(seconds)
        var reports: [ConnectivityGuard.Report] = []
        for index in states.indices { reports.append(states[index].report(from: "p\(index)", at: time)) }
        for index in states.indices {
            for other in reports where other.process != "p\(index)" { states[index].take(other, at: time) }
        }
        return states.indices.map { states[$0].conclude() }
    }

    @Test func processesWithFewHostsEachDoubtTogether() {
        var states = [ConnectivityGuard(), ConnectivityGuard(), ConnectivityGuard()]
        for index in states.indices { observe(&states[index], index * 2..<index * 2 + 2, .reached, at: 0) }
        #expect(exchange(&states, at: 1) == [nil, nil, nil])
        for index in states.indices {
            observe(&states[index], index * 2..<index * 2 + 2, .lost, at: 5)
            #expect(states[index].conclude() == nil, "two hosts are too few")
        }
        #expect(exchange(&states, at: 6) == [.doubted, .doubted, .doubted])
        #expect(states[0].tally.seen == 6 && states[0].tally.lost == 6)
        for index in states.indices { observe(&states[index], index * 2..<index * 2 + 2, .reached, at: 9) }
        _ = exchange(&states, at: 10)
        #expect(states.map(\.isDoubting) == [false, false, false])
    }

    @Test func outageOfOneProcessesHostsIsNoneOfTheNetwork() {
        var states = [ConnectivityGuard(), ConnectivityGuard()]
        observe(&states[0], 0..<10, .reached, at: 0)
        observe(&states[1], 10..<40, .reached, at: 0)
        _ = exchange(&states, at: 1)
        observe(&states[0], 0..<10, .lost, at: 5)
        observe(&states[1], 10..<40, .reached, at: 5)
        #expect(exchange(&states, at: 6) == [nil, nil])
        // One that sees only its own hosts takes that for the network.
        var alone = ConnectivityGuard()
        observe(&alone, 0..<10, .reached, at: 0)
        observe(&alone, 0..<10, .lost, at: 5)
        #expect(alone.conclude() == .doubted)
    }

    @Test func lostHostOfTwoProcessesCountsOnce() {
        var states = [ConnectivityGuard(), ConnectivityGuard(), ConnectivityGuard()]
        for index in states.indices { observe(&states[index], 0..<2, .reached, at: 0) }
        _ = exchange(&states, at: 1)
        for index in states.indices { observe(&states[index], 0..<2, .lost, at: 5) }
        #expect(exchange(&states, at: 6) == [nil, nil, nil])
        #expect(states.allSatisfy { $0.tally.lost == 2 })
    }

    @Test func canariesOfAllProcessesCount() {
        var states = [ConnectivityGuard(), ConnectivityGuard()]
        states[0].observe(canaries: 2, lost: 2)
        states[1].observe(canaries: 2, lost: 0)
        #expect(exchange(&states, at: 0) == [nil, nil])
        states[1].observe(canaries: 2, lost: 2)
        #expect(exchange(&states, at: 1) == [.doubted, .doubted])
        states[0].observe(canaries: 2, lost: 0)
        states[1].observe(canaries: 2, lost: 0)
        #expect(exchange(&states, at: 2) == [.trusted, .trusted])
    }

    @Test func reachedHostOfAnotherProcessClearsTheSuspicion() {
        var state = suspecting()
        var other = ConnectivityGuard()
        observe(&other, [20], .reached, at: 21)
        state.take(other.report(from: "other", at: start + .seconds(21)), at: start + .seconds(21))
        #expect(state.conclude() == .cleared)
    }

    @Test func reportOfADeadProcessAgesWithTheWindow() {
        var state = ConnectivityGuard()
        var other = ConnectivityGuard()
        observe(&other, 0..<10, .reached, at: 0)
        state.take(other.report(from: "other", at: start), at: start)
        observe(&state, 10..<16, .reached, at: 0)
        #expect(state.tally.seen == 16)
        observe(&state, 10..<16, .reached, at: 70)
        #expect(state.tally.seen == 6)
    }

    @Test(arguments: [Int64.min, -1, 0, .max]) func extremeReportsAreHarmless(_ number: Int64) {
        var state = ConnectivityGuard()
        observe(&state, 0..<6, .reached, at: 0)
        let time = start + .seconds(1)
        let slice = ConnectivityGuard.Report.Slice(number, reached: 1 << 31, fallen: [1, 1], lost: [.max])
        state.take(.init(from: "x", [slice], reachedAt: Timestamp(milliseconds: number), newest: number), at: time)
        _ = state.conclude()
        _ = state.tally
        #expect(!state.isDoubting)
    }
}
