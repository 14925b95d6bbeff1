package import Base
package import Broker
package import Domain
import Messages
package import Pipeline
package import Runtime

/// Takes the jobs of its region, starts each at its due instant, and publishes the results.
///
/// Runs on one event loop together with its prober, so that a check needs no other thread between its timer and its
/// result; only batches of jobs and results change threads.
package actor Worker: Service {
    package nonisolated let name: String
    private nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let broker: any Broker
    private let tasks: any TaskStore
    private let configuration: WorkerConfiguration
    private let metrics: PipelineMetrics
    private let latenessMaximum: LatenessMaximum
    private let makeProber: @Sendable (any CheckKind.Type, EventLoop) -> (any Prober)?
    private let now: @Sendable () -> Timestamp

    /// Created when a kind is first used.
    private var probers: [ObjectIdentifier: any Prober] = [:]
    private var admission: CheckAdmission<Assignment>
    private var revisions = RevisionMemory()
    private var results: [CheckResult] = []
    private var finished: [DeliveryID] = []
    private var foreign: [DeliveryID] = []
    /// Requested checks that wait for a running check of the same monitor; one per monitor.
    private var deferred: [MonitorID: Assignment] = [:]
    private var isStopping = false
    /// Whether running checks were ended before their time.
    private var isCutOff = false
    private var flushing = FlushRequest()
    /// Which run of the worker it is: timers of earlier ones start nothing.
    private var epoch = 0
    private var claimed = ClaimedJobs()
    private var counts = WorkerCounts()

    package init(
        name: String = "worker",
        loop: EventLoop,
        broker: any Broker,
        tasks: any TaskStore,
        configuration: WorkerConfiguration,
        metrics: PipelineMetrics,
        latenessMaximum: LatenessMaximum = LatenessMaximum(),
        overlap: OverlapGuard = OverlapGuard(),
        now: @escaping @Sendable () -> Timestamp = { .now },
        makeProber: @escaping @Sendable (any CheckKind.Type, EventLoop) -> (any Prober)?
    ) {
        self.now = now
        (self.name, self.loop, self.broker, self.tasks) = (name, loop, broker, tasks)
        (self.configuration, self.metrics, self.makeProber) = (configuration, metrics, makeProber)
        self.latenessMaximum = latenessMaximum
        admission = CheckAdmission(
            maximumRunning: configuration.maximumRunning,
            maximumPerTarget: configuration.maximumPerTarget,
            maximumWaiting: configuration.maximumWaiting,
            overlap: overlap
        )
    }

    // MARK: Life

    /// Makes checks until `shutdown`, then lets running ones finish within the limit; may be run again after that.
    ///
    /// Throws `BrokerError` when the topic cannot be consumed.
    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        begin()
        let jobs = try await broker.consume(
            Topics.checkJobs(in: configuration.region, unnamed: configuration.unnamedRegion),
            group: "workers",
            redelivery: configuration.redelivery
        )
        let events = await broker.listen(Topics.monitorEvents)
        ready.report()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.publishResults(acknowledging: jobs) }
            let receiving = Task { await self.receive(from: jobs) }
            group.addTask {
                // A worker has no store to read: when it misses a change of a monitor, it makes the job as it was sent.
                for await case .message(let event) in events { await self.apply(event) }
            }
            await shutdown.wait()
            receiving.cancel()
            await receiving.value
            await finishClaimed()
            await drain()
            flushing.end()
            await group.next()
            group.cancelAll()
        }
        await jobs.cancel()
    }

    private func begin() {
        epoch += 1
        claimed = ClaimedJobs()
        isStopping = false
        isCutOff = false
        flushing = FlushRequest()
        deferred = [:]
    }

    /// Has the worker finish what it has claimed when it stops, or (false) leave it for others, also while it stops.
    package func finishClaimedJobs(_ wanted: Bool) { claimed.areFinished = wanted }

    private func finishClaimed() async {
        let limit = loop.arm(after: configuration.redelivery) { [self] in
            assumeIsolated { $0.finishClaimedJobs(false) }  // Invariant: loop timers run on this actor's executor.
        }
        await withCheckedContinuation { claimed.wait($0) }
        loop.cancel(limit)
    }

    private func receive(from jobs: any Subscription<CheckJob>) async {
        while !Task.isCancelled {
            let deliveries = await jobs.receive(upTo: 512)
            if deliveries.isEmpty { return }
            accept(deliveries)
            await rejectForeign(of: jobs)
        }
    }

    /// Puts aside jobs of another region that a broken producer sent here.
    private func rejectForeign(of jobs: any Subscription<CheckJob>) async {
        guard !foreign.isEmpty else { return }
        let ids = foreign
        foreign = []
        claimed.count -= ids.count
        metrics.skipped(.foreign).increment(by: ids.count)
        do throws(BrokerError) { try await jobs.reject(ids, because: "the job is of another region") } catch {
            // They come again, and are put aside then.
            metrics.unacknowledged.increment(by: ids.count)
        }
    }

    /// Lets running checks finish within the limit, then ends them; these, and waiting jobs, are left for other workers.
    private func drain() async {
        isStopping = true
        admission.dropWaiting()
        guard admission.running > 0 else { return }
        let limit = loop.arm(after: configuration.drainLimit) { [self] in
            assumeIsolated { $0.cutOff() }  // Invariant: loop timers run on this actor's executor.
        }
        // Checked again where the wait begins: the last check may have ended meanwhile.
        await withCheckedContinuation { continuation in
            if admission.running == 0 { continuation.resume() } else { drained = continuation }
        }
        loop.cancel(limit)
    }

    private var drained: CheckedContinuation<Void, Never>?

    // MARK: Jobs

    /// Sets the timers of jobs, one for all that start together; drops jobs for which there is no room.
    private func accept(_ deliveries: Deliveries<CheckJob>) {
        let wall = self.now()
        let now = MonotonicTime.now
        var group: [Assignment] = []
        var groupStart = now
        claimed.count += deliveries.count
        for (index, job) in deliveries.messages.enumerated() {
            let delivery = deliveries.id(at: index)
            guard job.region.name == configuration.region else {
                foreign.append(delivery)
                continue
            }
            let key = job.spec.targetKey
            // Beyond capacity most jobs end here, before anything is allocated for them.
            if job.taskID == nil, !admission.hasRoom(for: key) {
                metrics.skipped(.overloaded).increment()
                settle(delivery)
                continue
            }
            let due = now + (job.scheduledAt - wall)
            let assignment = Assignment(job: job, delivery: delivery, targetKey: key, due: due, epoch: epoch)
            if due <= now {
                begin(assignment)
                continue
            }
            let start = starting(at: due)
            if start != groupStart {
                arm(group, at: groupStart)
                group = []
                groupStart = start
            }
            group.append(assignment)
        }
        arm(group, at: groupStart)
    }

    private func arm(_ group: [Assignment], at start: MonotonicTime) {
        guard !group.isEmpty else { return }
        loop.arm(at: start) { [self] in
            assumeIsolated { worker in  // Invariant: loop timers run on this actor's executor.
                for assignment in group { worker.begin(assignment) }
            }
        }
    }

    /// When a check that is due then is started: never before, and together with those due a little earlier.
    private func starting(at due: MonotonicTime) -> MonotonicTime {
        let step = configuration.startStep.wholeNanoseconds
        return MonotonicTime(nanoseconds: (due.nanoseconds + step - 1) / step * step)
    }

    /// Starts a due check, queues it, or drops it.
    private func begin(_ assignment: Assignment) {
        guard !isStopping, assignment.epoch == epoch else { return }
        if assignment.job.taskID == nil, revisions.isStale(assignment.job) { return drop(assignment, .stale) }
        if assignment.expiresAt <= now() { return drop(assignment, .expired) }
        switch admission.admit(assignment) {
        case .start: start(assignment)
        case .wait:
            for evicted in admission.takeEvicted() { drop(evicted, .overloaded) }
        case .drop(.overlap) where assignment.job.taskID != nil && deferred[assignment.monitorID] == nil:
            deferred[assignment.monitorID] = assignment
        case .drop(let reason): drop(assignment, reason)
        }
    }

    private func start(_ assignment: Assignment) {
        let started = MonotonicTime.now
        let checkedAt = now()
        if let task = assignment.job.taskID {
            Task { [tasks, process = configuration.process] in
                await tasks.update(task, .running, by: process, at: checkedAt)
            }
        } else {
            let lateness = started - assignment.due
            metrics.lateness.observe(max(0, lateness.inSeconds))
            latenessMaximum.observe(lateness, at: started)
        }
        guard let prober = prober(for: assignment.job.spec.kind) else {
            let message = "a \(assignment.job.spec.kind.name) check cannot be run: it waits for pings"
            let failure = Outcome.Failure(.internalError, in: .internal, message)
            return complete(assignment, checkedAt, Outcome(failure: failure, latency: .zero))
        }
        prober.probe(assignment.job.spec, monitor: assignment.monitorID) { [self] outcome in
            // Invariant: probers complete on their loop, which is this actor's executor.
            assumeIsolated { $0.complete(assignment, checkedAt, outcome) }
        }
    }

    private func prober(for kind: any CheckKind.Type) -> (any Prober)? {
        if let known = probers[ObjectIdentifier(kind)] { return known }
        let made = makeProber(kind, loop)
        probers[ObjectIdentifier(kind)] = made
        return made
    }

    /// Ends the running checks; nobody waits for one that does not end.
    private func cutOff() {
        isCutOff = true
        for prober in probers.values { prober.cancelAll() }
        drained.take()?.resume()
    }

    private func complete(_ assignment: Assignment, _ checkedAt: Timestamp, _ outcome: Outcome) {
        // A check that was cut off says nothing of its target. It is not acknowledged, so another worker makes it.
        guard assignment.epoch == epoch, !isCutOff || outcome.failure?.reason != .internalError else {
            return proceed(admission.finish(assignment, now: now()))
        }
        let job = assignment.job
        counts.made += 1
        if outcome.failure != nil { counts.failed += 1 }
        results.append(
            CheckResult(
                monitorID: job.monitorID,
                region: job.region.id,
                scheduledAt: job.scheduledAt,
                checkedAt: checkedAt,
                outcome: outcome,
                taskID: job.taskID,
                revision: job.revision,
                url: job.spec.target,
                kind: job.spec.kind,
                regionName: job.region.name
            )
        )
        settle(assignment.delivery)
        // Somebody waits for the result of a requested check.
        if job.taskID != nil { flushing.fire() }
        // A check that ran into its time limit counts as unanswered.
        let answered = outcome.latency < job.spec.timeout * 9 / 10
        let following = admission.finish(assignment, answered: answered, now: now())
        proceed(following)
        for ended in CollectionOfOne(assignment) + following.expired {
            if let waiting = deferred.removeValue(forKey: ended.monitorID) { begin(waiting) }
        }
        if isStopping, admission.running == 0 { drained.take()?.resume() }
    }

    private func proceed(_ following: (start: [Assignment], expired: [Assignment])) {
        for assignment in following.expired { drop(assignment, .expired) }
        for assignment in following.start { start(assignment) }
    }

    /// Changes how many checks may run at once.
    package func resize(maximumRunning: Int) {
        proceed(admission.resize(maximumRunning: maximumRunning, now: now()))
    }

    /// What the worker does now, and has done since its start.
    package var load: WorkerCounts {
        var load = counts
        load.active = admission.running
        load.waiting = admission.waiting
        return load
    }

    private func drop(_ assignment: Assignment, _ reason: SkipReason) {
        metrics.skipped(reason).increment()
        settle(assignment.delivery)
        if let task = assignment.job.taskID { failures.append((task, reason.rawValue)) }
    }

    private var failures: [(task: String, reason: String)] = []

    /// Notes that a job is finished, and schedules its acknowledgement.
    ///
    /// After a pause the first result is published at once; the following ones go together, one batch per interval.
    private func settle(_ delivery: DeliveryID) {
        finished.append(delivery)
        claimed.count -= 1
        if results.count >= configuration.flushSize { return flushing.fire() }
        guard let delay = flushing.schedule(now: loop.now, interval: configuration.flushInterval) else { return }
        loop.arm(after: delay) { [self] in
            assumeIsolated { $0.flushing.fire() }  // Invariant: loop timers run on this actor's executor.
        }
    }

    private func apply(_ event: MonitorEvent) {
        revisions.note(event, now: now())
    }

    // MARK: Results

    /// Publishes batches when asked, until there are no more, then once more.
    private func publishResults(acknowledging jobs: any Subscription<CheckJob>) async {
        while await nextFlush() {
            flushing.begin(now: loop.now)
            await flush(acknowledging: jobs)
        }
        await flush(acknowledging: jobs)
    }

    /// Waits to be asked; false when the worker ends.
    private func nextFlush() async -> Bool {
        if !flushing.isDue, !flushing.isEnded { await withCheckedContinuation { flushing.wait($0) } }
        return !flushing.isEnded
    }

    /// Publishes a batch, trying again while the broker fails; false when it does not succeed before the end.
    ///
    /// That is when the broker is closed, or still fails while the worker stops.
    private func publish(_ batch: [CheckResult]) async -> Bool {
        var attempt = 0
        while true {
            do throws(BrokerError) {
                try await broker.publish(batch, to: configuration.results)
                return true
            } catch {
                if error == .closed { return false }
                // The broker counted what it can never take; it has the others.
                if case .refused = error { return true }
                attempt += 1
                if Task.isCancelled || flushing.isEnded && attempt > 5 { return false }
                try? await Task.sleep(for: Backoff(first: .milliseconds(50), limit: .seconds(2)).delay(after: attempt))
            }
        }
    }

    private func flush(acknowledging jobs: any Subscription<CheckJob>) async {
        let batch = results
        let done = finished
        let failed = failures
        results = []
        finished = []
        failures = []
        results.reserveCapacity(batch.count)
        if await publish(batch) {
            do throws(BrokerError) { try await jobs.acknowledge(done) } catch {
                // The broker delivers them again; the same results are recognized by their identity.
                metrics.unacknowledged.increment(by: done.count)
            }
        } else {
            // Not acknowledged, so another worker repeats these checks: no result is lost.
            metrics.skipped(.unpublished).increment(by: batch.count)
        }
        for (task, reason) in failed { await tasks.update(task, .failed("the check was not made: \(reason)")) }
    }
}
