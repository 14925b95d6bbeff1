import Base
import Runtime
import Scheduling

/// Publishes jobs; leads by a lease where there may be several.
enum SchedulerRole {
    static func services(_ given: RoleDependencies, _ store: RoleStore) -> [any Service] {
        let (lease, keeping) = given.lease("scheduler")
        let scheduler = Scheduler(
            broker: given.broker,
            monitors: store.monitors,
            metrics: given.metrics,
            health: given.health,
            logger: given.logger.labelled("scheduler"),
            lookahead: given.settings.lookahead,
            regions: store.regions,
            unnamedRegion: given.unnamedRegion,
            lease: lease
        )
        return (keeping.map { [$0] } ?? []) + [scheduler]
    }
}
