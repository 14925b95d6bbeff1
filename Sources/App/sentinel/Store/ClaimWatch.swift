import Base
import Postgres
import Runtime

/// Keeps this process's claim on a database, and says when its server cannot be reached or written.
///
/// Ends, and the process with it, when another one has the database after a time in which nobody could reach it.
struct ClaimWatch: Service {
    let name = "database"
    let claim: PostgresClaim
    /// Its name for people.
    let database: String
    let health: Health
    let logger: Logger
    private static let interval: Duration = .seconds(1)

    func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        health.set("database", .ok)
        ready.report()
        var failingSince: MonotonicTime?
        while await shutdown.sleep(for: Self.interval) {
            let found: String?
            switch await claim.check() {
            case .held: found = nil
            case .readOnly(let reason): found = "the database cannot be written: \(reason)"
            case .taken(let holder): throw StoreRefusal.taken(name: database, by: holder)
            case .unreachable(let error): found = "\(error)"
            }
            if let found {
                health.set("database", .failing(found))
                guard failingSince == nil else { continue }
                failingSince = .now
                logger.error("the database cannot be used; trying again", ["error": found])
            } else if let since = failingSince.take() {
                health.set("database", .ok)
                logger.notice("the database can be used again", ["after": (MonotonicTime.now - since).text])
            }
        }
    }
}
