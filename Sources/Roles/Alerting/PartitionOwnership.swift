import Broker
import Domain
import Lease
import Messages
import SQL
import Storage

/// The partitions that an alerter owns, with the fencing tokens that its writes carry.
struct PartitionOwnership: Sendable {
    private let leases: LeaseRepository
    /// The process's name in the leases; a new one for each start.
    let holder = "alerter-\(UInt64.random(in: .min ... .max))"
    private var tokens: [Partition: FencingToken] = [:]
    /// Partitions whose lease belongs to another process now.
    private var lost: Set<Partition> = []
    /// How many assignments are being loaded.
    var loading = 0

    init(leases: LeaseRepository) { self.leases = leases }

    var isLoading: Bool { loading > 0 }

    /// Whether no other process judges any monitor.
    var isSole: Bool { tokens.count == Partition.count }

    func owns(_ monitor: MonitorID) -> Bool { tokens[.of(monitor: monitor)] != nil }
    func ownsAny(of partitions: Set<Partition>) -> Bool { partitions.contains { tokens[$0] != nil } }

    /// Claims the leases of partitions that the broker has assigned to this alerter.
    ///
    /// Throws the `SQLError` of the transaction, such as `.busy` or `.full`.
    func claim(_ partitions: [Partition]) async throws(SQLError) -> [FencingToken] {
        try await leases.claim(partitions.map(Self.lease), holder: holder)
    }

    mutating func take(_ partitions: [Partition], _ claimed: [FencingToken]) {
        for (partition, token) in zip(partitions, claimed) { tokens[partition] = token }
    }

    mutating func forget(_ partitions: Set<Partition>) {
        for partition in partitions { tokens[partition] = nil }
    }

    /// The tokens for writing changes of monitors.
    func tokens(of monitors: [MonitorID]) -> [FencingToken] {
        Set(monitors.map(Partition.of(monitor:))).sorted().compactMap { tokens[$0] }
    }

    /// Notes that a lease belongs to another process now.
    mutating func lose(_ lease: String) {
        for (partition, token) in tokens where token.name == lease { lost.insert(partition) }
    }

    /// The partitions that were lost since the last call.
    mutating func takeLost() -> Set<Partition> {
        defer { lost = [] }
        return lost
    }

    private static func lease(_ partition: Partition) -> String {
        let number = String(partition.rawValue)
        return "alerter/" + (number.count < 2 ? "0" : "") + number
    }
}
