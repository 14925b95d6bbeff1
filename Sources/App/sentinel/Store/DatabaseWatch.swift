import Base
import Runtime
import SQL
import Storage

/// Says when the database cannot be reached, read or written, whoever found that out, and keeps this process's claim.
///
/// While something is wrong, and at start, it writes a little to find out. Ends, and the process with it, when another
/// process has the database after a time in which nobody could reach it.
struct DatabaseWatch: Service {
    let name = "database"
    let database: any Database
    let claim: (any StoreClaim)?
    let health: Health
    let logger: Logger
    private static let claimInterval: Duration = .seconds(1)
    private static let lookInterval: Duration = .milliseconds(500)

    func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        let report = DatabaseReport(health: health, logger: logger)
        ready.report()
        // A write that gets no answer must not keep the claim from being looked after, nor the process from its end.
        let looking = Task {
            while await shutdown.sleep(for: Self.lookInterval), !Task.isCancelled {
                if database.faults.needsLook {
                    await database.faults.look { () async throws(SQLError) in try await WriteProbe.run(database) }
                }
                report.set(\.calls, database.faults.current.map(Self.text))
            }
        }
        defer { looking.cancel() }
        while await shutdown.sleep(for: Self.claimInterval) {
            // What was noted meanwhile is said even if a look takes its time.
            if let fault = database.faults.current { report.set(\.calls, Self.text(fault)) }
            report.set(\.claim, try await claim?.check())
        }
    }

    private static func text(_ error: SQLError) -> String {
        // The probe is right: its table is not there.
        if case .programming(let text) = error { return "the database has not what was stored in it: \(text)" }
        return "\(error)"
    }
}

/// The part `database` of the health report, from what the claim and the calls say; each reason is logged once.
private final class DatabaseReport: Sendable {
    struct State {
        var claim: String?
        var calls: String?
        var failingSince: MonotonicTime?
        /// What was logged since then: a later reason may be clearer than the first.
        var said: Set<String> = []
    }

    /// So many reasons are logged until the database can be used again.
    private static let reasonLimit = 5

    private let state = Locked(State())
    private let health: Health
    private let logger: Logger

    init(health: Health, logger: Logger) {
        (self.health, self.logger) = (health, logger)
        health.set("database", .ok)
    }

    func set(_ part: any WritableKeyPath<State, String?> & Sendable, _ text: String?) {
        state.withLock { state in
            state[keyPath: part] = text
            if let found = state.claim ?? state.calls {
                health.set("database", .failing(found))
                state.failingSince = state.failingSince ?? .now
                guard state.said.count < Self.reasonLimit, state.said.insert(found).inserted else { return }
                logger.error("the database cannot be used; trying again", ["error": found])
            } else if let since = state.failingSince.take() {
                state.said = []
                health.set("database", .ok)
                logger.notice("the database can be used again", ["after": (MonotonicTime.now - since).text])
            }
        }
    }
}
