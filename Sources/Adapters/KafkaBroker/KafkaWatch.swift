package import Base
import Broker
package import Runtime

/// Watches whether Kafka can be used, and says at once what is wrong: in the log, and in `/health` as `kafka`.
package struct KafkaWatch: Service {
    package let name = "watch over Kafka"
    private let broker: KafkaBroker
    private let health: Health
    private let logger: Logger
    private let isNeeded: Bool

    /// `isNeeded` says that the process does nothing without Kafka: the services after this one start when it can be
    /// used, and otherwise when it was asked once.
    package init(_ broker: KafkaBroker, health: Health, logger: Logger, isNeeded: Bool) {
        (self.broker, self.health, self.logger, self.isNeeded) = (broker, health, logger, isNeeded)
    }

    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        var last: String??
        var hasWorked = false
        repeat {
            let problem = await broker.problem()
            if let problem, last != .some(problem) {
                health.set("kafka", .failing(problem))
                logger.error("Kafka cannot be used; trying again", ["problem": problem])
            } else if problem == nil, last != .some(nil) {
                health.set("kafka", .ok)
                if last != nil { logger.notice(hasWorked ? "Kafka works again" : "Kafka works") }
                hasWorked = true
            }
            last = .some(problem)
            if problem == nil || !isNeeded { ready.report() }
        } while await shutdown.sleep(for: last == .some(nil) ? .seconds(5) : .seconds(1))
    }
}
