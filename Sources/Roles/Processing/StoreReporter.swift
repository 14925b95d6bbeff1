package import Pipeline
package import Base
package import SQL

/// Reports the state of the store: in the health report, the metrics and, once a change, the log.
package final class StoreReporter: Sendable {
    private let health: Health
    private let metrics: PipelineMetrics
    private let logger: Logger
    private let failingSince = Locked<MonotonicTime?>(nil)

    package init(health: Health, metrics: PipelineMetrics, logger: Logger) {
        (self.health, self.metrics, self.logger) = (health, metrics, logger)
        health.set("store", .ok)
    }

    package func succeeded() {
        guard let since = failingSince.withLock({ $0.take() }) else { return }
        health.set("store", .ok)
        logger.notice("the store works again", ["after": (MonotonicTime.now - since).text])
    }

    package func failed(_ error: SQLError) {
        metrics.storeErrors(error.label).increment()
        health.set("store", .failing("\(error)"))
        let isNew = failingSince.withLock { since in
            defer { since = since ?? .now }
            return since == nil
        }
        if isNew { logger.error("results cannot be stored; trying again", ["error": "\(error)"]) }
    }

    /// Notes that results were not stored, and will be delivered to another process.
    package func left(_ count: Int, _ error: SQLError) {
        guard count > 0 else { return }
        logger.warning("results are left for the next processor", ["count": "\(count)", "error": "\(error)"])
    }

    /// Notes that results are lost.
    package func gaveUp(_ count: Int, _ error: SQLError) {
        metrics.lost.increment(by: count)
        logger.error("results given up", ["count": "\(count)", "error": "\(error)"])
    }
}
