/// Where processes say that they live, and take the commands for them.
package protocol FleetStore: Sendable {
    /// Notes a sign of life; returns the commands that wait for the process, oldest first.
    ///
    /// `taken` are the ids of those that it has carried out or refused: they wait no more. Throws `FleetError` when the
    /// store cannot be used.
    func announce(_ process: FleetProcess, taken: [String]) async throws(FleetError) -> [FleetCommand]

    /// Forgets a process that ends, at once; what cannot be told now is noticed by its silence.
    func leave(_ id: String) async

    /// Every process that was heard of in the last 75 seconds, by role and id.
    ///
    /// What cannot be read, being written by another release, is left out. Throws `FleetError` when the store cannot be
    /// used.
    func members() async throws(FleetError) -> [FleetMember]

    /// Leaves a command for a process; false when the process is not known.
    ///
    /// Throws `FleetError`: also `.tooManyCommands`.
    func send(_ command: FleetCommand, to id: String) async throws(FleetError) -> Bool
}

/// Why the fleet cannot be seen or steered.
package enum FleetError: Error, Sendable, Equatable {
    /// The store cannot be used now; with the reason.
    case unavailable(String)
    /// The process has not taken the commands before.
    case tooManyCommands
}

extension FleetError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unavailable(let reason): reason
        case .tooManyCommands: "too many commands wait for this process"
        }
    }
}
