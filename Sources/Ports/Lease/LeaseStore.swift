/// Where leases are kept, for all processes of an installation.
package protocol LeaseStore: Sendable {
    /// A lease as it is; nil when nobody ever held it.
    ///
    /// Throws `.unavailable` when the store cannot be asked now.
    func read(_ name: String) async throws(LeaseError) -> LeaseRecord?

    /// Takes a lease over from what `seen` says of it, nil for a new one; nil when it is another by now.
    ///
    /// Throws `.unavailable` when the store cannot be asked now.
    func take(_ name: String, holder: String, seen: LeaseRecord?) async throws(LeaseError) -> LeaseRecord?

    /// Says that the holder is alive, and how far its work has come; nil when somebody else holds the lease.
    ///
    /// Throws `.unavailable` when the store cannot be asked now.
    func renew(_ held: LeaseRecord, progress: Int64) async throws(LeaseError) -> LeaseRecord?

    /// Gives a lease back, so that the next holder need not wait; does nothing when somebody else holds it.
    ///
    /// Throws `.unavailable` when the store cannot be asked now.
    func release(_ held: LeaseRecord, progress: Int64) async throws(LeaseError)
}

/// One lease as it is stored.
package struct LeaseRecord: Sendable, Equatable {
    package let name: String
    /// Names the process; empty after it gave the lease back.
    package let holder: String
    /// Grows with each new holder.
    package let token: Int64
    /// Grows with each sign of life.
    package let beat: Int64
    /// How far the holder's work has come; what it means is the holder's affair.
    package let progress: Int64

    package init(name: String, holder: String, token: Int64, beat: Int64, progress: Int64) {
        (self.name, self.holder, self.token, self.beat, self.progress) = (name, holder, token, beat, progress)
    }
}

/// Why nothing is known of a lease.
package enum LeaseError: Error, Sendable, Equatable {
    /// The store cannot be asked now; try again.
    case unavailable(String)
}
