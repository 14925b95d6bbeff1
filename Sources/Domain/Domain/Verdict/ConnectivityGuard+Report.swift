package import Base

/// What processes that judge different monitors tell each other about the way to their targets.
extension ConnectivityGuard {
    /// What one process has seen within the window.
    package struct Report: Sendable, Equatable {
        /// The hosts that were seen last in one slice of the window.
        package struct Slice: Sendable, Equatable {
            /// The number of the slice since 1970; the same in all processes.
            package var number: Int64
            /// How many hosts were reached.
            package var reached: Int
            /// Hosts that were not, as hashes of their names: those that were well before, and the others.
            package var fallen: [UInt64]
            package var lost: [UInt64]

            package init(_ number: Int64, reached: Int, fallen: [UInt64] = [], lost: [UInt64] = []) {
                (self.number, self.reached, self.fallen, self.lost) = (number, reached, fallen, lost)
            }
        }

        /// The process's name, a new one for each start.
        package var process: String
        /// In ascending order.
        package var slices: [Slice]
        /// When anything was reached last.
        package var reachedAt: Timestamp
        package var canaries: Int
        package var lostCanaries: Int
        /// The slice in which the report was made.
        package var newest: Int64

        package init(
            from process: String,
            _ slices: [Slice],
            reachedAt: Timestamp,
            canaries: (count: Int, lost: Int) = (0, 0),
            newest: Int64
        ) {
            (self.process, self.slices, self.reachedAt, self.newest) = (process, slices, reachedAt, newest)
            (self.canaries, lostCanaries) = canaries
        }
    }

    /// The most lost hosts in a report: where there are more, these say enough.
    private static let reportedHosts = 1000

    /// What this process sees at a time.
    package mutating func report(from process: String, at time: Timestamp) -> Report {
        advance(to: time)
        var found: [Int64: Report.Slice] = [:]
        for age in 0..<Int64(Self.sliceCount) where slice != .min {
            let tally = slices[index(slice - age)]
            guard tally.seen > 0 else { continue }
            found[slice - age] = Report.Slice(slice - age, reached: tally.seen - tally.lost)
        }
        var room = Self.reportedHosts
        for (name, host) in hosts where host.sight == .lost && found[host.slice] != nil && room > 0 {
            room -= 1
            if host.isFallen {
                found[host.slice]?.fallen.append(Self.hash(name))
            } else {
                found[host.slice]?.lost.append(Self.hash(name))
            }
        }
        let sorted = found.values.sorted { $0.number < $1.number }
        return Report(from: process, sorted, reachedAt: reachedAt, canaries: ownCanaries, newest: slice)
    }

    /// What others see by the age of their slices, the newest first, without lost hosts that this process has lost too.
    func othersByAge() -> [Tally] {
        guard !others.isEmpty, slice != .min else { return [] }
        var tallies = Array(repeating: Tally(), count: Self.sliceCount)
        // The youngest age at which each lost host was seen, and whether it was well before.
        var lost: [UInt64: (age: Int, isFallen: Bool)] = [:]
        for part in others.values.lazy.flatMap(\.slices) {
            // Clocks are not quite the same everywhere: what is later than now is new.
            let (difference, isBeyond) = slice.subtractingReportingOverflow(part.number)
            guard !isBeyond, difference < Self.sliceCount else { continue }
            let age = Int(max(0, difference))
            if part.number >= trustedSince { tallies[age].seen += part.reached }
            for (hosts, isFallen) in [(part.fallen, true), (part.lost, false)] {
                for host in hosts {
                    let known = lost[host]
                    lost[host] = (min(known?.age ?? age, age), isFallen || known?.isFallen == true)
                }
            }
        }
        guard !lost.isEmpty else { return tallies }
        for (name, host) in hosts where host.sight == .lost && host.slice > slice - Int64(Self.sliceCount) {
            lost[Self.hash(name)] = nil
        }
        for host in lost.values {
            tallies[host.age] += Tally(seen: 1, lost: 1, fallen: host.isFallen ? 1 : 0)
        }
        return tallies
    }

    /// FNV-1a: the same in every process.
    private static func hash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }
}
