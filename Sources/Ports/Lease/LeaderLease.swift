/// Decides which of several processes does the work that only one may do.
package protocol LeaderLease: Sendable {
    /// The proof that this process is the leader now; nil when it is not. Asked before each piece of work.
    func token() async -> FencingToken?

    /// The progress of the leader, or of the last one, as far as it is known; nil when there was none.
    func position() async -> Int64?

    /// Notes the progress of the work for the next leader.
    func note(_ position: Int64) async
}

/// The lease of an installation with a single process, which is always the leader.
package struct SoleLeader: LeaderLease {
    package init() {}
    package func token() async -> FencingToken? { .unfenced }
    package func position() async -> Int64? { nil }
    package func note(_ position: Int64) async {}
}

/// Proves that a process holds a lease: the value grows each time that the lease gets another holder.
///
/// Writes under a lease carry the token, and the store refuses them once a newer one was issued: a process that was
/// suspended and does not know yet that it has lost the lease can do no harm.
package struct FencingToken: Sendable, Hashable {
    /// The lease's name; empty for a token without a lease.
    package let name: String
    package let value: Int64

    package init(name: String, value: Int64) { (self.name, self.value) = (name, value) }

    /// The token of a process without rivals.
    package static let unfenced = FencingToken(name: "", value: 0)
}
