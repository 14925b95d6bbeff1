import Base
import Broker
import Domain
import Fleet
import Pipeline
import Redis
import RedisStores
import Runtime

/// What processes share beside the broker and the tasks.
struct SharedServices: Sendable {
    var fleet: any FleetStore = MemoryFleetStore()
    /// nil in one process: reading its own store costs no more.
    var statusCache: (any StatusCache)?
    var limiter: any RateLimiter = MemoryRateLimiter()
    /// Services that the others wait for, because without what they watch nothing can be done.
    var watches: [any Service] = []

    /// All of them in Redis, and the clients to close at the end.
    ///
    /// `isNeeded` says that Redis carries the messages, `isAwaited` that the other services start after it.
    static func onRedis(
        _ url: RedisURL,
        _ loop: EventLoop,
        results: MessageCodec<CheckResult>,
        health: Health,
        logger: Logger,
        isNeeded: Bool,
        isAwaited: Bool
    ) -> (services: SharedServices, clients: [RedisClient]) {
        func client(_ name: String, within limit: Duration) -> RedisClient {
            RedisClient(url, name: "sentinel-\(name)", on: loop, patience: limit, connectTimeout: limit)
        }
        let fleet = client("fleet", within: .seconds(3))
        // The processor waits for it, and the API while somebody waits for an answer.
        let cache = client("cache", within: .seconds(1))
        let watch = client("watch", within: .milliseconds(1500))
        let services = SharedServices(
            fleet: RedisFleetStore(client: fleet),
            statusCache: RedisStatusCache(client: cache, codec: results, logger: logger),
            limiter: RedisRateLimiter(client: cache),
            watches: [
                RedisWatch(client: watch, health: health, logger: logger, isNeeded: isNeeded, isAwaited: isAwaited)
            ]
        )
        return (services, [fleet, cache, watch])
    }
}
