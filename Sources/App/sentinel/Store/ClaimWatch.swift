import Base
import Postgres
import Runtime

/// Keeps this process's claim on a database, and says when its server cannot be reached.
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
        var lostAt: MonotonicTime?
        while await shutdown.sleep(for: Self.interval) {
            switch await claim.check() {
            case .held:
                guard let since = lostAt.take() else { continue }
                health.set("database", .ok)
                logger.notice("the database can be reached again", ["after": (MonotonicTime.now - since).text])
            case .taken(let holder): throw StoreRefusal.taken(name: database, by: holder)
            case .unreachable(let error):
                health.set("database", .failing("\(error)"))
                guard lostAt == nil else { continue }
                lostAt = .now
                logger.error("the database cannot be reached; trying again", ["error": "\(error)"])
            }
        }
    }
}
