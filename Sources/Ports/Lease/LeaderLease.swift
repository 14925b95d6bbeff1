/// Says which of several processes does what only one may do.
package protocol LeaderLease: Sendable {
    /// What proves that this process leads now; nil when it does not. Asked before each piece of work.
    func token() async -> FencingToken?

    /// How far the former leader had come; nil where nobody led before.
    func position() async -> Int64?

    /// Notes how far the work has come, for the next leader.
    func note(_ position: Int64) async
}

/// The lease of an installation with a single process, which always leads.
package struct SoleLeader: LeaderLease {
    package init() {}
    package func token() async -> FencingToken? { .unfenced }
    package func position() async -> Int64? { nil }
    package func note(_ position: Int64) async {}
}

/// Proves that somebody holds a lease: the value grows each time that the lease goes to another holder.
///
/// What is written under a lease carries the token, and the store refuses it once a newer one was given out: a process
/// that was stopped for a while and does not know yet that it leads no more can do no harm.
package struct FencingToken: Sendable, Hashable {
    /// The lease's name; empty for a token that nothing is held against.
    package let name: String
    package let value: Int64

    package init(name: String, value: Int64) { (self.name, self.value) = (name, value) }

    /// Of a process that has no rivals.
    package static let unfenced = FencingToken(name: "", value: 0)
}
