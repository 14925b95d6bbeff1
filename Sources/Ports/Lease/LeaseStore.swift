/// Stores leases for all processes of an installation.
package protocol LeaseStore: Sendable {
    /// The current record of a lease; nil when nobody ever held it.
    ///
    /// Throws `.unavailable` when the store cannot be used now.
    func read(_ name: String) async throws(LeaseError) -> LeaseRecord?

    /// Takes over a lease that is unchanged since `seen`, nil for a new one; nil when it has changed.
    ///
    /// Throws `.unavailable` when the store cannot be asked now.
    func take(_ name: String, holder: String, seen: LeaseRecord?) async throws(LeaseError) -> LeaseRecord?

    /// Renews a lease and stores the progress of the work; nil when another process holds it.
    ///
    /// Throws `.unavailable` when the store cannot be used now.
    func renew(_ held: LeaseRecord, progress: Int64) async throws(LeaseError) -> LeaseRecord?

    /// Releases a lease, so that the next holder need not wait; does nothing when another process holds it.
    ///
    /// Throws `.unavailable` when the store cannot be used now.
    func release(_ held: LeaseRecord, progress: Int64) async throws(LeaseError)
}

/// One stored lease.
package struct LeaseRecord: Sendable, Equatable {
    package let name: String
    /// The holding process; empty after it has released the lease.
    package let holder: String
    /// Grows with each new holder.
    package let token: Int64
    /// Grows with each renewal.
    package let beat: Int64
    /// The progress of the holder's work; only the holder interprets it.
    package let progress: Int64

    package init(name: String, holder: String, token: Int64, beat: Int64, progress: Int64) {
        (self.name, self.holder, self.token, self.beat, self.progress) = (name, holder, token, beat, progress)
    }
}

/// Why a lease operation failed.
package enum LeaseError: Error, Sendable, Equatable {
    /// The store cannot be used now; try again.
    case unavailable(String)
}

extension LeaseError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unavailable(let reason): reason
        }
    }
}
