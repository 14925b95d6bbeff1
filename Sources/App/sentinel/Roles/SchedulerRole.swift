import Base
import Results
import Runtime
import SQL
import Scheduling
import Storage

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
            lease: lease,
            newestDue: given.isShared ? nil : newestDue(store)
        )
        return (keeping.map { [$0] } ?? []) + [scheduler]
    }

    /// A process that is the only one continues where its results end, whichever way the last one ended.
    private static func newestDue(_ store: RoleStore) -> Scheduler<ContinuousClock>.NewestDue {
        { [results = store.results] monitors throws(StorageError) in
            do throws(SQLError) { return try await results.newestDue(of: monitors) } catch { throw StorageError(error) }
        }
    }
}
