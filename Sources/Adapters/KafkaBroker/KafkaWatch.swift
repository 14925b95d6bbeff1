package import Base
import Broker
import CRDKafka
package import Runtime

/// Watches whether Kafka can be used, and says at once what is wrong: in the log, and in `/health` as `kafka`.
package struct KafkaWatch: Service {
    package let name = "watch over Kafka"
    private let broker: KafkaBroker
    private let health: Health
    private let logger: Logger

    /// The services after this one start when Kafka can be used.
    package init(_ broker: KafkaBroker, health: Health, logger: Logger) {
        (self.broker, self.health, self.logger) = (broker, health, logger)
    }

    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        var last: String??
        repeat {
            let problem = await broker.problem()
            if let problem, last != .some(problem) {
                health.set("kafka", .failing(problem))
                logger.error("Kafka cannot be used; trying again", ["problem": problem])
            } else if problem == nil, last != .some(nil) {
                health.set("kafka", .ok)
                if last != nil { logger.notice("Kafka works again") }
            }
            last = .some(problem)
            if problem == nil { ready.report() }
        } while await shutdown.sleep(for: last == .some(nil) ? .seconds(5) : .seconds(1))
    }
}

/// Asks whether Kafka answers, on a queue of its own, because the call blocks.
actor KafkaProbe {
    private let executor = QueueExecutor(label: "sentinel.kafka.probe")
    /// How far back an error of a connection explains why nothing is answered.
    private static let memory: Duration = .seconds(10)

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Why Kafka cannot be used; nil when it answers.
    func problem(_ handle: KafkaHandle) -> String? {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(handle.pointer, 0, nil, &metadata, 1500)
        if code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata {
            rd_kafka_metadata_destroy(metadata)
            return nil
        }
        let since = MonotonicTime.now + (.zero - Self.memory)
        let text = handle.trouble(since: since)?.isLogin == true ? "refuses the connection" : "does not answer"
        guard case .unavailable(let reason) = handle.unavailable(text, since: since) else { return text }
        return reason
    }
}
