import Base
import Pipeline
import Processing
import Runtime

/// Stores results, and removes old ones.
enum ProcessorRole {
    static func services(_ given: RoleDependencies, _ store: RoleStore) -> [any Service] {
        let settings = given.settings
        let processor = Processor(
            broker: given.broker,
            repository: store.results,
            tasks: given.tasks,
            cache: given.shared.statusCache,
            reporter: StoreReporter(
                health: given.health,
                metrics: given.metrics,
                logger: given.logger.labelled("store")
            ),
            metrics: given.metrics,
            // The workers of this process have gathered the results of an interval; those of others come one by one.
            flushInterval: given.isShared ? settings.flushInterval : .zero,
            flushSize: settings.flushSize,
            topic: given.results,
            drainLimit: given.drainLimit
        )
        let housekeeper = Housekeeper(
            results: store.results,
            monitors: store.monitors,
            retention: settings.retention,
            metrics: given.metrics,
            logger: given.logger.labelled("housekeeper"),
            forget: { [cache = given.shared.statusCache] id in await cache?.forget(id, deleted: true) }
        )
        return [processor, housekeeper]
    }
}
