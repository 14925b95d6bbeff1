/// Says which of several processes does what only one may do.
package protocol LeaderLease: Sendable {
    /// Whether this process leads now; asked before each piece of work.
    func isHeld() async -> Bool
}

/// The lease of an installation with a single process, which always leads.
package struct SoleLeader: LeaderLease {
    package init() {}
    package func isHeld() async -> Bool { true }
}
