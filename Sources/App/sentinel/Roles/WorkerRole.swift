import Alerting
import Base
import Domain
import HTTPClient
import Pipeline
import Runtime
import Worker

/// Workers, one for each probe loop.
enum WorkerRole {
    /// Throws `Errno` when a loop cannot be created.
    static func pool(_ given: RoleDependencies) throws -> WorkerPool {
        let settings = given.settings
        var configuration = WorkerConfiguration()
        configuration.region = settings.regionName
        configuration.unnamedRegion = given.unnamedRegion
        configuration.results = given.results
        configuration.flushInterval = settings.flushInterval
        configuration.process = given.fleetID(.worker)
        let concurrency = max(settings.probeLoops, min(settings.maximumConcurrentChecks, limit(given)))
        configuration.maximumRunning = concurrency / settings.probeLoops
        configuration.maximumPerTarget = max(1, settings.targetConcurrency / settings.probeLoops)
        let lateness = LatenessMaximum()
        let overlap = OverlapGuard()
        given.metrics.gauge(
            "sentinel_check_lateness_max_seconds",
            "The greatest lateness of the last one to two minutes."
        ) { lateness.value.inSeconds }
        let probing = probing(settings)
        let loops = try (0..<settings.probeLoops).map { try EventLoop(name: "probe-\($0)") }
        let workers = loops.enumerated().map { index, loop in
            Worker(
                name: "worker-\(index)",
                loop: loop,
                broker: given.broker,
                tasks: given.tasks,
                configuration: configuration,
                metrics: given.metrics,
                latenessMaximum: lateness,
                overlap: overlap
            ) { [probing] kind, loop in kind.makeProber(on: loop, probing) }
        }
        return WorkerPool(workers, concurrency: concurrency, logger: given.logger.labelled("workers"))
    }

    /// Says which region is served, and whether its canaries are reached; where the alerter is in the same process, it
    /// watches them itself.
    ///
    /// Throws `Errno` when the loop of the canaries cannot be created.
    static func region(_ given: RoleDependencies) throws -> RegionService<ContinuousClock> {
        let settings = given.settings
        var canaries: RegionService<ContinuousClock>.Canaries?
        if given.isShared, let watch = try CanaryWatch.probing(settings.canaries, probing(settings)) {
            canaries = { report in await watch.run(report) }
        }
        return RegionService(settings.regionName, broker: given.broker, canaries: canaries)
    }

    /// How many checks can run at once at most: each may need two descriptors.
    static func limit(_ given: RoleDependencies) -> Int { max(1, (given.descriptors - 256) / 2) }

    /// Reads the system's authorities on a loop that makes no checks: it takes tens of milliseconds.
    static func preload(_ given: RoleDependencies, on loop: EventLoop) {
        let probing = probing(given.settings)
        loop.execute { TrustStore.preload(caFile: probing.caFile, crlFile: probing.crlFile) }
    }

    /// What probers need of the settings.
    static func probing(_ settings: Settings) -> ProbeConfiguration {
        var probing = ProbeConfiguration()
        probing.resolver = settings.resolver
        probing.crlFile = settings.crlFile
        probing.addressPolicy = AddressPolicy(denyPrivate: settings.denyPrivate)
        return probing
    }
}
