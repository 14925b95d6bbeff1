package import Base
import Broker
package import Redis
package import RedisBroker
package import Runtime

/// Brokers on the tests' Redis, each in a database of its own.
package enum RedisFixture {
    /// The loop of all clients: one that is shut down would never run what still waits for it.
    package static let loop: EventLoop = {
        do { return try EventLoop(name: "redis-test") } catch { preconditionFailure("no event loop: \(error)") }
    }()

    package static func broker(
        _ url: RedisURL,
        _ metrics: MetricsRegistry = MetricsRegistry(),
        timing: RedisTiming = RedisTiming()
    ) -> RedisBroker {
        var codecs = MessageCodecs()
        codecs.add(MessageCodec<Int>.numbers)
        let logger = Logger(label: "test", handler: SilentLogHandler())
        return RedisBroker(url: url, codecs: codecs, loop: loop, metrics: metrics, logger: logger, timing: timing)
    }

    /// A broker whose members count as dead late: a busy machine delays them.
    package static func open(_ metrics: MetricsRegistry) async throws -> BrokerFixture {
        let url = try await RedisServer.shared().url(ownDatabase: true)
        var timing = RedisTiming()
        (timing.beat, timing.deadAfter, timing.patience) = (.milliseconds(100), .seconds(60), .seconds(60))
        let broker = broker(url, metrics, timing: timing)
        let client = RedisClient(url, on: loop, patience: .seconds(60))
        return BrokerFixture(
            broker: broker,
            metrics: metrics,
            advance: { duration in
                try await client.call(age, keys: [], RedisCommand("\(duration.wholeMilliseconds)"))
            },
            close: {
                await client.close()
                await broker.close()
            }
        )
    }

    /// Makes all deliveries that were not acknowledged older.
    private static let age = RedisScript(
        """
        for _, key in ipairs(redis.call('KEYS', '*')) do
          if redis.call('TYPE', key).ok == 'stream' then
            for _, group in ipairs(redis.call('XINFO', 'GROUPS', key)) do
              for _, row in ipairs(redis.call('XPENDING', key, group[2], '-', '+', 100000)) do
                redis.call('XCLAIM', key, group[2], row[2], 0, row[1], 'IDLE', row[3] + ARGV[1], 'JUSTID')
              end
            end
          end
        end
        return 1
        """
    )
}
