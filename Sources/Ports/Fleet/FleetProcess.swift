package import Base

/// What one process, or one role of a process that has several, says about itself.
package struct FleetProcess: Sendable, Equatable {
    /// Unique; a process that is started again has another one.
    package let id: String
    package let role: String
    package let host: String
    package let pid: Int
    package let version: String
    package let region: String
    package let startedAt: Timestamp
    package var state: State = .starting
    /// The commands that it carries out.
    package var accepts: [FleetCommand.Action] = []
    /// nil for a role that makes no checks.
    package var slots: Slots?
    /// nil for a role that does not count its work.
    package var work: Work?
    /// The machine's load average of the last minute.
    package var load = 0.0
    /// The newest command that was carried out or refused; nil before the first.
    package var lastCommand: FleetCommand?

    /// What a process is doing.
    package enum State: String, Sendable, CaseIterable {
        case starting, running
        /// It finishes what it has, to pause.
        case pausing
        case paused
        /// It finishes what it has, to end.
        case draining
    }

    /// The checks that a worker may run at once.
    package struct Slots: Sendable, Equatable {
        /// How many may run at once.
        package var concurrency: Int
        /// How many this process could run at most.
        package var limit: Int
        package var active: Int
        /// Due checks that wait for a place.
        package var waiting: Int

        package init(concurrency: Int, limit: Int, active: Int = 0, waiting: Int = 0) {
            (self.concurrency, self.limit, self.active, self.waiting) = (concurrency, limit, active, waiting)
        }
    }

    /// What was done since the start.
    package struct Work: Sendable, Equatable {
        package var processed: Int
        package var failed: Int
        /// How much of it in the last minute.
        package var lastMinute: Int

        package init(processed: Int, failed: Int, lastMinute: Int = 0) {
            (self.processed, self.failed, self.lastMinute) = (processed, failed, lastMinute)
        }
    }

    package init(
        id: String,
        role: String,
        host: String,
        pid: Int,
        version: String,
        region: String,
        startedAt: Timestamp
    ) {
        (self.id, self.role, self.host, self.pid) = (id, role, host, pid)
        (self.version, self.region, self.startedAt) = (version, region, startedAt)
    }
}

/// What somebody asks of a process.
package struct FleetCommand: Sendable, Equatable {
    /// Unique.
    package let id: String
    package let action: Action
    /// How many checks may run at once; only for `resize`.
    package let concurrency: Int?
    package let requestedAt: Timestamp
    package var state: State = .pending
    /// Why it was refused; nil otherwise.
    package var detail: String?

    /// What a process can be asked for.
    package enum Action: String, Sendable, CaseIterable {
        /// Takes no more jobs until it is resumed.
        case pause
        case resume
        /// Finishes what it has, hands the rest over, and ends.
        case drain
        /// Changes how many checks run at once.
        case resize
    }

    /// What became of a command.
    package enum State: String, Sendable, CaseIterable {
        /// The process has not taken it yet.
        case pending
        case done
        case refused
    }

    package init(_ action: Action, concurrency: Int? = nil, id: String = UUID().description, at time: Timestamp) {
        (self.action, self.concurrency, self.id, requestedAt) = (action, concurrency, id, time)
    }
}

/// A process of the fleet, as others see it.
package struct FleetMember: Sendable, Equatable {
    package var process: FleetProcess
    /// Since when nothing was heard of it.
    package var silence: Duration
    /// Commands that it has not taken yet, oldest first.
    package var pending: [FleetCommand] = []

    package init(_ process: FleetProcess, silence: Duration, pending: [FleetCommand] = []) {
        (self.process, self.silence, self.pending) = (process, silence, pending)
    }

    /// Whether it has been silent for so long that it counts as dead.
    package var isLost: Bool { silence >= FleetLimits.silence }
    /// `lost`, or what it said last.
    package var stateWord: String { isLost ? "lost" : process.state.rawValue }
}

/// The bounds of every fleet.
package enum FleetLimits {
    /// After so long without a sign of life a process counts as lost.
    package static let silence: Duration = .seconds(15)
    /// After so long it is forgotten.
    package static let memory: Duration = .seconds(75)
    /// Between two signs of life.
    package static let beat: Duration = .seconds(2)
    /// The newest so many processes are kept.
    package static let processes = 5000
    /// So many commands may wait for one process.
    package static let commands = 16
}
