import Base
import Domain
import Lease
import SQL
import Storage

/// Sends the notifications of one channel: bundles due items, sends, retries. No other channel waits for it.
actor ChannelWorker<C: Clock> where C.Duration == Duration {
    /// What all workers share.
    struct Dependencies: Sendable {
        let outbox: OutboxRepository
        let notifications: NotificationRepository
        let deliver: @Sendable (AlertMessage, Channel) async -> DeliveryOutcome
        let isDigesting: @Sendable (String) -> Bool
        /// Whether a kind of channel must be notified of each incident, however many there are.
        let isComplete: @Sendable (String) -> Bool
        /// Whether this process sends, or another one does.
        let lease: any LeaderLease
        /// How long messages that are being sent may take when the worker stops.
        let grace: Duration
        let installation: String
        let metrics: NotificationMetrics
        let logger: Logger
        let clock: C
        let now: @Sendable () -> Timestamp
        /// Has every worker look whether there is something to do.
        let wakeOthers: @Sendable () -> Void
    }

    private let dependencies: Dependencies
    private var channel: Channel
    private var bucket: TokenBucket
    private var waiting: [Notification] = []
    private var running: Set<Int64> = []
    /// Notifications that were sent although that could not be stored; they must not be sent again.
    private var unrecorded: Set<Int64> = []
    /// The wall clock and the monotonic clock when they were last compared; nil before that.
    private var lastLook: (wall: Timestamp, elapsed: C.Instant)?
    private var isRung = false
    private var sleeper: CheckedContinuation<Void, Never>?
    private var alarm: Task<Void, Never>?
    private let rule = RetryRule()

    /// How many messages are sent at once.
    private static var concurrency: Int { 4 }
    /// How many messages wait here; the others stay in the store.
    private static var room: Int { 200 }

    init(_ channel: Channel, _ dependencies: Dependencies) {
        (self.channel, self.dependencies) = (channel, dependencies)
        bucket = Self.bucket(channel, now: dependencies.now())
    }

    private static func bucket(_ channel: Channel, now: Timestamp) -> TokenBucket {
        TokenBucket(perMinute: channel.ratePerMinute, burst: max(1, min(channel.ratePerMinute, 30)), now: now)
    }

    /// Applies changed settings: what failed with the old ones is tried again at once.
    func set(_ new: Channel) {
        if new.ratePerMinute != channel.ratePerMinute { bucket = Self.bucket(new, now: dependencies.now()) }
        if channel.isEnabled, !new.isEnabled {
            dependencies.logger.notice("a channel was disabled; it keeps what waits for it", ["channel": new.name])
        }
        let isMended = new.kind != channel.kind || new.settings != channel.settings || new.fault != channel.fault
        channel = new
        if isMended { hurry() } else { wake() }
    }

    /// Tries at once what waits for another try.
    func hurry() {
        let now = dependencies.now()
        for index in waiting.indices { waiting[index].nextAt = min(waiting[index].nextAt, now) }
        wake()
    }

    /// Makes the worker look for something to do.
    func wake() {
        isRung = true
        alarm?.cancel()
        alarm = nil
        sleeper?.resume()
        sleeper = nil
    }

    /// Works until the task is cancelled; messages that are being sent may finish.
    func run() async {
        await withDiscardingTaskGroup { group in
            var attempt = 0
            while !Task.isCancelled {
                isRung = false
                var rest: Duration?
                do throws(SQLError) {
                    rest = try await step(&group)
                    attempt = 0
                } catch {
                    attempt += 1
                    dependencies.metrics.storeErrors.increment()
                    if attempt == 1 {
                        dependencies.logger.error(
                            "the outbox cannot be read",
                            ["channel": channel.name, "error": "\(error)"]
                        )
                    }
                    rest = Backoff.standard.delay(after: attempt)
                }
                await sleep(rest)
            }
        }
    }

    /// Does what can be done now; returns how long there is nothing more to do, nil for until `wake` is called.
    private func step(_ group: inout DiscardingTaskGroup) async throws(SQLError) -> Duration? {
        try await noticeClockSteps()
        // A channel whose settings cannot be opened keeps its messages: the right key may be given at the next start.
        guard channel.isEnabled, channel.fault == nil else { return nil }
        guard await dependencies.lease.token() != nil else {
            // Another process sends what waits; its pause is the time in which this one notices that it has gone.
            waiting = []
            return .seconds(1)
        }
        if waiting.count < Self.room {
            // Read before the query: a message that is finished meanwhile must not be taken for a new one.
            let known = Set(waiting.map(\.id)).union(running).union(unrecorded)
            let limit = Self.room + running.count + unrecorded.count
            waiting += try await dependencies.notifications.pending(channel.id, besides: known, limit: limit)
        }
        let due = try await bundle()
        let now = dependencies.now()
        for notification in waiting.sorted(by: { ($0.nextAt, $0.id) < ($1.nextAt, $1.id) })
        where notification.nextAt <= now && running.count < Self.concurrency {
            waiting.removeAll { $0.id == notification.id }
            running.insert(notification.id)
            let (channel, dependencies) = (channel, dependencies)
            group.addTask { await self.send(notification, channel, dependencies) }
        }
        // With every place taken, the next message that finishes wakes the worker.
        if running.count >= Self.concurrency { return nil }
        let next = (waiting.map(\.nextAt) + [due].compactMap(\.self)).min()
        return next.map { max(.milliseconds(1), $0 - now) }
    }

    /// Reads both clocks at one instant, even when the task was suspended between the two readings.
    private func look() -> (wall: Timestamp, elapsed: C.Instant) {
        var wall = dependencies.now()
        while true {
            let elapsed = dependencies.clock.now
            let after = dependencies.now()
            if after - wall < .milliseconds(500) { return (after, elapsed) }
            wall = after
        }
    }

    /// When the wall clock was set back, due times would be too late: they are moved along with it.
    private func noticeClockSteps() async throws(SQLError) {
        let (wall, elapsed) = look()
        let step: Duration
        if let lastLook {
            step = (wall - lastLook.wall) - lastLook.elapsed.duration(to: elapsed)
        } else {
            // The clock was set back while no process ran: the waiting items were created in the future.
            step = try await dependencies.outbox.newest(channel.id).map { wall - $0 } ?? .zero
        }
        if step < .seconds(-1) {
            try await dependencies.outbox.shift(channel.id, by: step)
            dependencies.logger.warning(
                "the wall clock was set back",
                ["channel": channel.name, "by": (.zero - step).text]
            )
            waiting = []
        }
        lastLook = (wall, elapsed)
    }

    /// Makes notifications of due items; returns when the next item is due.
    private func bundle() async throws(SQLError) -> Timestamp? {
        guard waiting.count < Self.room, running.count < Self.concurrency else { return nil }
        let now = dependencies.now()
        guard let due = try await dependencies.outbox.nextDue(channel.id) else { return nil }
        guard due <= now else { return due }
        guard bucket.available(at: now) > 0 else { return bucket.next(after: now) }
        let before = bucket
        let options = Bundler.Options(
            isDigesting: dependencies.isDigesting(channel.kind),
            isComplete: dependencies.isComplete(channel.kind),
            prefix: "sentinel-\(dependencies.installation)-\(channel.id)"
        )
        let id = channel.id
        let title = channel.title
        let spent = Locked(before)
        let unsent = Locked(0)
        let limit = options.isDigesting ? OutboxRepository.batch : Self.room
        let made = try await dependencies.outbox.bundle(id, at: now, limit: limit) { items, session throws(SQLError) in
            let facts = try await BundlingFacts.read(items, of: id, at: now, session)
            var left = before
            let bundler = Bundler(
                options: options,
                now: now,
                lastNotified: facts.lastNotified,
                firstWait: facts.firstWait,
                silencedUntil: facts.silencedUntil,
                unbegun: facts.unbegun
            )
            let bundling = bundler.bundle(items, &left)
            try await facts.note(bundling, items, channel: title, session)
            unsent.withLock { $0 = facts.unbegun.count }
            let after = left
            spent.withLock { $0 = after }
            return bundling
        }
        self.bucket = spent.withLock { $0 }
        let unsentCount = unsent.withLock { $0 }
        if unsentCount > 0 {
            dependencies.logger.warning(
                "ends of incidents are not sent: their beginnings were given up",
                ["channel": channel.name, "incidents": "\(unsentCount)"]
            )
        }
        waiting += made
        // What is due and was left alone belongs to messages on their way: their ends wake it.
        guard let next = try await dependencies.outbox.nextDue(channel.id) else { return nil }
        return next > now ? next : nil
    }

    private func send(_ notification: Notification, _ channel: Channel, _ dependencies: Dependencies) async {
        let (start, startedAt) = (dependencies.clock.now, dependencies.now())
        let outcome = await deliver(notification.message, channel)
        let duration = start.duration(to: dependencies.clock.now)
        await finish(
            notification,
            outcome,
            NotificationTry(at: startedAt, duration: duration, outcome: outcome.word, detail: outcome.detail)
        )
    }

    /// Sends a message, for which there is the grace when the worker stops: cut off, it would be sent again.
    private func deliver(_ message: AlertMessage, _ channel: Channel) async -> DeliveryOutcome {
        let dependencies = dependencies
        let delivery = Task { await dependencies.deliver(message, channel) }
        return await withTaskCancellationHandler {
            await delivery.value
        } onCancel: {
            guard dependencies.grace > .zero else { return delivery.cancel() }
            Task {
                try? await Task.sleep(for: dependencies.grace)
                delivery.cancel()
            }
        }
    }

    private func finish(_ notification: Notification, _ outcome: DeliveryOutcome, _ attempt: NotificationTry) async {
        var notification = notification
        notification.attempts += 1
        let now = dependencies.now()
        switch outcome {
        case .delivered(let reference):
            (notification.state, notification.finishedAt) = (.delivered, now)
            (notification.reference, notification.error) = (reference, nil)
            notification.message.recipients = []
        case .partly(let reference, let left, let reason):
            notification.reference = reference ?? notification.reference
            notification.message.recipients = left
            retry(&notification, reason, wish: nil, at: now)
        case .refused(let reason):
            (notification.state, notification.finishedAt, notification.error) = (.dead, now, reason)
        case .retry(let reason, let wish):
            retry(&notification, reason, wish: wish, at: now)
        }
        dependencies.metrics.tried(channel.kind, notification.state, outcome)
        log(notification)
        if await !record(notification, attempt) { unrecorded.insert(notification.id) }
        running.remove(notification.id)
        if notification.state == .pending, !unrecorded.contains(notification.id) { waiting.append(notification) }
        wake()
    }

    private func log(_ notification: Notification) {
        let fields = LogMetadata([
            ("channel", channel.name), ("notification", "\(notification.id)"),
            ("attempt", "\(notification.attempts)"), ("incidents", "\(notification.message.items.count)"),
            ("error", notification.error),
        ])
        switch notification.state {
        case .delivered: dependencies.logger.info("a notification was sent", fields)
        case .dead: dependencies.logger.error("a notification was given up", fields)
        case .pending: dependencies.logger.warning("a notification could not be sent; trying again", fields)
        }
    }

    private func retry(_ notification: inout Notification, _ reason: String, wish: Duration?, at now: Timestamp) {
        notification.error = reason
        if let next = rule.next(notification, wish: wish, at: now, jitter: .random(in: 0...1)) {
            notification.nextAt = next
        } else {
            (notification.state, notification.finishedAt) = (.dead, now)
        }
    }

    /// Stores the outcome, trying until that works, so that no message is sent twice; false when it cannot be stored.
    private func record(_ notification: Notification, _ attempt: NotificationTry) async -> Bool {
        var count = 0
        while true {
            do throws(SQLError) {
                let fallback = try await dependencies.notifications.record(
                    notification,
                    attempt,
                    channel: channel.title
                )
                if let fallback {
                    dependencies.logger.warning(
                        "what a channel could not deliver goes to its fallback channel",
                        ["channel": channel.name, "fallback": fallback.channel, "incidents": "\(fallback.count)"]
                    )
                    dependencies.wakeOthers()
                }
                return true
            } catch {
                count += 1
                dependencies.metrics.storeErrors.increment()
                if !error.isTransient || Task.isCancelled && count > 3 {
                    dependencies.logger.error("a delivery could not be written down", ["error": "\(error)"])
                    return false
                }
                try? await dependencies.clock.sleep(for: Backoff.standard.delay(after: count))
            }
        }
    }

    private func sleep(_ limit: Duration?) async {
        guard !isRung, !Task.isCancelled else { return }
        let clock = dependencies.clock
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !isRung, !Task.isCancelled else { return continuation.resume() }
                sleeper = continuation
                guard let limit else { return }
                alarm = Task {
                    do { try await clock.sleep(for: limit) } catch { return }
                    self.wake()
                }
            }
        } onCancel: {
            Task { await self.wake() }
        }
    }
}

extension DeliveryOutcome {
    fileprivate var word: String {
        switch self {
        case .delivered: "delivered"
        case .partly: "partly"
        case .retry: "retry"
        case .refused: "refused"
        }
    }

    fileprivate var detail: String? {
        switch self {
        case .delivered(let reference): reference
        case .partly(_, _, let reason), .retry(let reason, _), .refused(let reason): reason
        }
    }
}
