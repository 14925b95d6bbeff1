import Messages
package import Base
package import Broker
package import Domain
package import Lease
import Pipeline
package import Runtime
import SQL
package import Storage

/// Evaluates every active rule of active servers at its slots, and stores what follows.
///
/// Evaluates up to 16 rules at once, but never one rule twice at once. A rule's state advances only together with the
/// stored state: when writing fails, the next evaluation finds the same again.
package actor RuleEvaluator<C: Clock>: Service where C.Duration == Duration {
    package nonisolated let name = "rules"
    private let broker: any Broker
    private let rules: AlertRuleRepository
    private let writer: RuleWriter
    private let sources: RuleSources
    private let lease: any LeaderLease
    /// The proof that this process is the leader.
    private var token: FencingToken?
    private let health: Health
    private let metrics: RuleMetrics
    private let logger: Logger
    private let clock: C
    private let now: @Sendable () -> Timestamp
    private let standardInterval: Duration
    private let wake: @Sendable ([IncidentChange]) -> Void

    private var entries: [AlertRuleID: RuleEntry] = [:]
    private var schedule: RuleSchedule
    private var queue = RuleQueue(limit: 16)
    private var tasks: [AlertRuleID: Task<Void, Never>] = [:]
    private var watch = PrometheusWatch()
    private var isLeading = false
    /// Rules that changed while all rules are being read, so that an older page does not undo the change.
    private var touched: Set<AlertRuleID>?
    private var lastTick: (wall: Timestamp, elapsed: C.Instant)
    private let lock = AsyncLock()

    package init(
        broker: any Broker,
        rules: AlertRuleRepository,
        writer: RuleWriter,
        sources: RuleSources,
        lease: any LeaderLease = SoleLeader(),
        health: Health,
        metrics: RuleMetrics,
        logger: Logger,
        clock: C = ContinuousClock(),
        now: @escaping @Sendable () -> Timestamp = { .now },
        interval: Duration = .seconds(60),
        wake: @escaping @Sendable ([IncidentChange]) -> Void = { _ in }
    ) {
        (self.broker, self.rules, self.writer) = (broker, rules, writer)
        (self.sources, self.lease, self.health, self.metrics) = (sources, lease, health, metrics)
        (self.logger, self.clock, self.now, self.wake) = (logger, clock, now, wake)
        standardInterval = interval
        let start = now()
        schedule = RuleSchedule(now: start)
        lastTick = (start, clock.now)
    }

    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        let changes = await broker.listen(Topics.ruleEvents)
        ready.report()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await change in changes {
                    switch change {
                    case .message(let change): await self.apply(change)
                    case .missed: await self.readAgain()
                    }
                }
            }
            group.addTask { await self.tickForEver() }
            await shutdown.wait()
            group.cancelAll()
        }
        queue.clear()
        for task in tasks.values { task.cancel() }
        for task in tasks.values { await task.value }
    }

    /// How many rules are evaluated.
    package var count: Int { entries.count }
    /// Whether no rule is being evaluated or waiting.
    package var isIdle: Bool { isLeading && queue.isIdle }
    /// The state of a rule; nil for one that is not evaluated.
    package func stored(_ id: AlertRuleID) -> StoredRule? { entries[id]?.current }

    // MARK: Rules

    private func apply(_ event: RuleEvent) async {
        guard isLeading, case .rule(let id) = event else { return }
        touched?.insert(id)
        await refresh(id)
        pump()
    }

    /// Reads all rules again, when it is not known which of them changed.
    private func readAgain() async {
        guard isLeading else { return }
        await load()
        pump()
    }

    /// Brings a rule in line with the store, and has it evaluated when it is another one than before.
    private func refresh(_ id: AlertRuleID) async {
        await lock.withLock {
            let found = await reading { () async throws(StorageError) in try await rules.runnable(id) }
            switch found {
            case .some(let rule?): set(rule, evaluating: true)
            case .some(nil): remove(id)
            case nil: break
            }
            if watch.isAway == true { await endOutageWithoutRules() }
        }
    }

    /// Ends the incident about Prometheus when no rule queries it any more: its return would not be noticed.
    private func endOutageWithoutRules() async {
        guard sources.prometheus == nil || !entries.values.contains(where: { $0.current.rule.source == .prometheus })
        else { return }
        watch = PrometheusWatch()
        health.set("prometheus", .ok)
        let written = await storing { () async throws(SQLError) in
            try await writer.write(.back, target: sources.prometheusURL, at: now())
        }
        if let written, !written.isEmpty { wake(written) }
    }

    private func set(_ runnable: RunnableRule, evaluating: Bool) {
        let (id, interval) = (runnable.stored.rule.id, runnable.stored.rule.interval ?? standardInterval)
        let known = entries[id]
        if let known, known.current.rule.revision > runnable.stored.rule.revision { return }
        if let known, known.current.rule.revision == runnable.stored.rule.revision {
            put(id) { $0.serverName = runnable.serverName }
            return
        }
        metrics.firing.set(metrics.firing.value - Double(known?.current.machine.firingCount ?? 0))
        entries[id] = RuleEntry(runnable, interval: interval)
        metrics.firing.set(metrics.firing.value + Double(runnable.stored.machine.firingCount))
        metrics.rules.set(Double(entries.count))
        schedule.set(id, interval: interval, now: now())
        if evaluating || runnable.stored.health.state == .pending { queue.addAgain(id) }
    }

    private func put(_ id: AlertRuleID, _ change: (inout RuleEntry) -> Void) {
        guard var entry = entries[id] else { return }
        let firing = entry.current.machine.firingCount
        change(&entry)
        entries[id] = entry
        let difference = entry.current.machine.firingCount - firing
        if difference != 0 { metrics.firing.set(metrics.firing.value + Double(difference)) }
    }

    private func remove(_ id: AlertRuleID) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        schedule.remove(id)
        watch.forget(id)
        metrics.firing.set(metrics.firing.value - Double(entry.current.machine.firingCount))
        metrics.rules.set(Double(entries.count))
    }

    /// Reads every rule, page by page; tries again until the store answers.
    private func load() async {
        (entries, schedule, watch, touched) = ([:], RuleSchedule(now: now()), PrometheusWatch(), [])
        metrics.firing.set(0)
        var after: AlertRuleID?
        while !Task.isCancelled {
            let page = await reading { () async throws(StorageError) in
                try await rules.runnable(after: after, limit: 1000)
            }
            guard let page else { break }
            for fault in page.faults { logger.error("a rule cannot be read and is skipped", ["error": "\(fault)"]) }
            guard let last = page.last else { break }
            for rule in page.rules where touched?.contains(rule.stored.rule.id) != true { set(rule, evaluating: false) }
            after = last
            pump()
        }
        touched = nil
        await endOutageWithoutRules()
        logger.info("evaluating rules", ["rules": "\(entries.count)"])
    }

    // MARK: Time

    private func tickForEver() async {
        while !Task.isCancelled {
            await tick()
            try? await clock.sleep(for: untilNextTick())
        }
    }

    private func untilNextTick() -> Duration {
        guard isLeading, let next = schedule.nextDue else { return .milliseconds(500) }
        return min(max(next - now(), .milliseconds(20)), .milliseconds(500))
    }

    private func tick() async {
        token = await lease.token()
        let leads = token != nil
        defer { isLeading = leads }
        guard leads else {
            if isLeading { stopLeading() }
            return
        }
        if !isLeading {
            isLeading = true
            await load()
        }
        let time = now()
        noticeClockSteps(time)
        let step = schedule.advance(to: time)
        var missed = step.missed
        for id in step.due where !queue.add(id) { missed += 1 }
        if missed > 0 { metrics.missed.increment(by: missed) }
        pump()
    }

    private func stopLeading() {
        logger.warning("another process evaluates the rules now")
        queue.clear()
        for id in Array(entries.keys) { remove(id) }
    }

    /// When the wall clock was set back, rules would not be due until it has caught up: start over instead.
    private func noticeClockSteps(_ time: Timestamp) {
        let elapsed = lastTick.elapsed.duration(to: clock.now)
        let step = (time - lastTick.wall) - elapsed
        lastTick = (time, clock.now)
        if step < .seconds(-1) { schedule.rebuild(now: time) }
    }

    // MARK: Evaluation

    private func pump() {
        while let id = queue.next() { tasks[id] = Task { await self.perform(id) } }
    }

    private func perform(_ id: AlertRuleID) async {
        if let entry = entries[id] {
            let (start, time) = (MonotonicTime.now, now())
            let answer = await ask(entry.current.rule, at: time)
            // A query that was cancelled by the end of the program says nothing.
            if !Task.isCancelled, isLeading {
                await judge(answer, of: entry.current.rule, at: time)
                metrics.duration.observe((MonotonicTime.now - start).inSeconds)
            }
        }
        queue.finish(id)
        tasks[id] = nil
        pump()
    }

    /// nil when there is no data source to ask.
    private func ask(_ rule: AlertRule, at time: Timestamp) async -> OwnMetricReader.Answer? {
        switch rule.source {
        case .sentinel: await sources.own.evaluate(rule.query, at: time)
        case .prometheus:
            if let prometheus = sources.prometheus { .init(await prometheus(rule.query)) } else { nil }
        }
    }

    private func judge(_ answer: OwnMetricReader.Answer?, of rule: AlertRule, at time: Timestamp) async {
        guard let entry = entries[rule.id], entry.current.rule.revision == rule.revision else { return }
        let step = entry.step(answer, at: time)
        metrics.count(step.next.health.state)
        if step.mustStore {
            let written = await storing { () async throws(SQLError) in
                try await writer.write(
                    step.next,
                    step.actions,
                    serverName: entry.serverName,
                    under: token ?? .unfenced,
                    at: time
                )
            }
            switch written {
            case .some(let changes?):
                advance(rule, to: step.next, isStored: true)
                if !changes.isEmpty { wake(changes) }
            case .some(nil): await refresh(rule.id)
            case nil: break
            }
        } else {
            advance(rule, to: step.next, isStored: false)
        }
        if rule.source == .prometheus, let answer { await observe(answer.result, of: rule.id, at: time) }
    }

    private func advance(_ rule: AlertRule, to next: StoredRule, isStored: Bool) {
        guard entries[rule.id]?.current.rule.revision == rule.revision else { return }
        put(rule.id) { entry in
            entry.current = next
            if isStored { entry.saved = next }
        }
    }

    /// Notices whether Prometheus answers at all.
    private func observe(_ result: QueryResult, of id: AlertRuleID, at time: Timestamp) async {
        guard let change = watch.see(result, of: id) else { return }
        switch change {
        case .away(let failure):
            health.set("prometheus", .degraded("Prometheus does not answer: \(failure)"))
            logger.error("prometheus does not answer; rules are not evaluated", ["error": "\(failure)"])
        case .back: health.set("prometheus", .ok)
        }
        let written = await storing { () async throws(SQLError) in
            try await writer.write(change, target: sources.prometheusURL, at: time)
        }
        if let written { if !written.isEmpty { wake(written) } } else { watch.undo() }
    }

    // MARK: Store

    /// Writes with a few attempts; nil when all of them failed.
    private func storing<R>(_ body: () async throws(SQLError) -> R) async -> R? {
        for attempt in 0..<5 {
            do throws(SQLError) {
                return try await body()
            } catch {
                metrics.storeErrors.increment()
                if attempt == 0 { logger.error("the outcome of a rule cannot be stored", ["error": "\(error)"]) }
                if !error.isTransient { return nil }
                try? await clock.sleep(for: .milliseconds(100 << attempt))
            }
        }
        return nil
    }

    /// Reads until it works; nil when the program stops or a stored row cannot be read.
    private func reading<R>(_ body: () async throws(StorageError) -> R) async -> R? {
        var attempt = 0
        while !Task.isCancelled {
            do throws(StorageError) {
                return try await body()
            } catch {
                metrics.storeErrors.increment()
                if attempt == 0 { logger.error("rules cannot be read", ["error": "\(error)"]) }
                // A row that cannot be read now cannot be read later either.
                if !error.isTransient { return nil }
                attempt += 1
                try? await clock.sleep(for: Backoff.standard.delay(after: attempt))
            }
        }
        return nil
    }
}
