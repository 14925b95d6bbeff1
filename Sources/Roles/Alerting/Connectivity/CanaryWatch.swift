import Base

/// Connects repeatedly to hosts that are nearly always reachable: when none is reached, this server is disconnected.
package actor CanaryWatch<C: Clock> where C.Duration == Duration {
    private let canaries: [String]
    private let interval: Duration
    private let clock: C
    private let connect: @Sendable (String) async -> Bool
    /// Failures in a row; one may be an accident, except in the first round, when nothing else is known.
    private var failures: [String: Int] = [:]

    private static var believedFailures: Int { 2 }

    /// Each canary is `HOST:PORT`; `connect` says whether it was reached.
    package init(
        _ canaries: [String],
        every interval: Duration = .seconds(10),
        clock: C,
        connect: @escaping @Sendable (String) async -> Bool
    ) {
        (self.canaries, self.interval, self.clock, self.connect) = (canaries, interval, clock, connect)
    }

    /// After each round, reports how many canaries there are and how many are lost, until the task is cancelled.
    package func run(_ report: @Sendable (_ count: Int, _ lost: Int) async -> Void) async {
        while !Task.isCancelled {
            let next = clock.now.advanced(by: interval)
            let reached = await round()
            guard !Task.isCancelled else { return }
            for canary in canaries {
                failures[canary] = reached.contains(canary) ? 0 : failures[canary, default: Self.believedFailures] + 1
            }
            await report(canaries.count, failures.values.count { $0 >= Self.believedFailures })
            try? await clock.sleep(until: next, tolerance: nil)
        }
    }

    private func round() async -> Set<String> {
        let connect = connect
        return await withTaskGroup(of: String?.self) { group in
            for canary in canaries { group.addTask { await connect(canary) ? canary : nil } }
            var reached: Set<String> = []
            for await canary in group { if let canary { reached.insert(canary) } }
            return reached
        }
    }
}
