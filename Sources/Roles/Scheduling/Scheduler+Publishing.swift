import Base
import Broker
import Domain
import Messages
import Pipeline
import Runtime
import Storage

extension Scheduler {
    /// Publishes jobs without waiting for the broker, which may be far away: the next event is taken up meanwhile.
    func publishSoon(_ jobs: [CheckJob]) async {
        early += jobs
        // Many wait when the broker takes none: then events wait too.
        if early.count >= Self.part { await publishEarly() } else { earlyNews.continuation.yield() }
    }

    func publishEarly() async {
        let jobs = early
        early = []
        await publish(jobs)
    }

    /// Publishes jobs, those of each region by themselves: what happens to one does not touch the others.
    func publish(_ jobs: [CheckJob]) async {
        if let first = jobs.first {
            if jobs.allSatisfy({ $0.region.name == first.region.name }) {
                await publish(jobs, to: first.region.name)
            } else {
                for (region, jobs) in Dictionary(grouping: jobs, by: \.region.name) { await publish(jobs, to: region) }
            }
        }
        service.report(to: health, logger, at: now())
    }

    /// Jobs of a named region that nobody serves are counted and not published: nobody would drop them.
    private func publish(_ jobs: [CheckJob], to region: RegionName) async {
        if region != regions.standard, !service.isServed(region, at: now()) {
            metrics.skipped(.unserved).increment(by: jobs.count)
            return service.skip(jobs.count, in: region)
        }
        // In parts, so that a topic that is nearly full takes what it can.
        for start in stride(from: 0, to: jobs.count, by: Self.part) {
            await publish(part: Array(jobs[start..<min(start + Self.part, jobs.count)]), to: region)
        }
    }

    private static var part: Int { 5000 }

    private func publish(part jobs: [CheckJob], to region: RegionName) async {
        do {
            try await broker.publish(jobs, to: Topics.checkJobs(in: region, unnamed: unnamedRegion))
            metrics.scheduled.increment(by: jobs.count)
        } catch {
            metrics.missed.increment(by: jobs.count)
            logger.warning(
                "due checks could not be published",
                ["count": "\(jobs.count)", "region": "\(region)", "error": "\(error)"]
            )
        }
    }
}
