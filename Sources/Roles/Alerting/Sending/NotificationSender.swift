package import Base
package import Domain
package import Lease
package import Runtime
package import Storage

/// Sends what is in the outbox, with one worker for each channel, so that a slow or dead channel delays only itself.
///
/// Of several processes the one that holds the lease sends: two would send each message twice.
package actor NotificationSender<C: Clock>: Service where C.Duration == Duration {
    package nonisolated let name = "notifier"
    private let channels: ChannelRepository
    private let dependencies: ChannelWorker<C>.Dependencies
    private var workers: [ChannelID: (worker: ChannelWorker<C>, task: Task<Void, Never>)] = [:]
    private let planMissing: @Sendable () async throws(StorageError) -> Void
    private let channelsRead: @Sendable ([Channel]) -> Void
    private let (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    /// Whether the channels must be read again.
    private let isStale = Locked(true)

    /// `planMissing` is called when there may be channels that were not notified of open incidents, `channelsRead` with
    /// all channels whenever they were read.
    package init(
        channels: ChannelRepository,
        outbox: OutboxRepository,
        notifications: NotificationRepository,
        installation: String,
        metrics: NotificationMetrics,
        logger: Logger,
        clock: C = ContinuousClock(),
        now: @escaping @Sendable () -> Timestamp = { .now },
        lease: any LeaderLease = SoleLeader(),
        grace: Duration = .zero,
        planMissing: @escaping @Sendable () async throws(StorageError) -> Void = {},
        channelsRead: @escaping @Sendable ([Channel]) -> Void = { _ in },
        isDigesting: @escaping @Sendable (String) -> Bool,
        isComplete: @escaping @Sendable (String) -> Bool = { _ in false },
        deliver: @escaping @Sendable (AlertMessage, Channel) async -> DeliveryOutcome
    ) {
        self.channels = channels
        self.planMissing = planMissing
        self.channelsRead = channelsRead
        let signal = signal
        dependencies = .init(
            outbox: outbox,
            notifications: notifications,
            deliver: deliver,
            isDigesting: isDigesting,
            isComplete: isComplete,
            lease: lease,
            grace: grace,
            installation: installation,
            metrics: metrics,
            logger: logger,
            clock: clock,
            now: now,
            wakeOthers: { signal.yield() }
        )
    }

    /// Call when there may be something new to send.
    package nonisolated func wake() { signal.yield() }

    /// Call when a channel or a policy was created, changed or deleted.
    package nonisolated func channelsChanged() {
        isStale.withLock { $0 = true }
        signal.yield()
    }

    /// A channel works, as a test has shown: what waits there for another try is tried now.
    package nonisolated func hurry(_ id: ChannelID) {
        Task { await worker(id)?.hurry() }
    }

    private func worker(_ id: ChannelID) -> ChannelWorker<C>? { workers[id]?.worker }

    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        ready.report()
        let following = Task { await follow() }
        signal.yield()
        await shutdown.wait()
        following.cancel()
        for (_, task) in workers.values { task.cancel() }
        for (_, task) in workers.values { await task.value }
    }

    private func follow() async {
        for await _ in signals {
            let mustRead = isStale.withLock { isStale in
                defer { isStale = false }
                return isStale
            }
            if mustRead { await readChannels() }
            for (worker, _) in workers.values { await worker.wake() }
        }
    }

    /// Starts, updates and stops workers according to the stored channels; tries again when those cannot be read.
    private func readChannels() async {
        let stored: [Channel]
        do throws(StorageError) {
            stored = try await channels.list()
        } catch {
            dependencies.logger.error("the channels cannot be read; trying again", ["error": "\(error)"])
            return lookAgain()
        }
        channelsRead(stored)
        // What is stopping begins nothing new.
        if Task.isCancelled { return }
        for id in workers.keys where !stored.contains(where: { $0.id == id }) {
            workers.removeValue(forKey: id)?.task.cancel()
        }
        for channel in stored {
            if let worker = workers[channel.id]?.worker {
                await worker.set(channel)
            } else if !Task.isCancelled {
                let worker = ChannelWorker(channel, dependencies)
                workers[channel.id] = (worker, Task { await worker.run() })
            }
        }
        await planForThem()
    }

    /// Plans the notifications that channels missed.
    ///
    /// The workers send meanwhile, whether this succeeds or not.
    private func planForThem() async {
        do throws(StorageError) {
            try await planMissing()
        } catch {
            dependencies.logger.error("open incidents cannot be planned for channels", ["error": "\(error)"])
            if error.isTransient { lookAgain() }
        }
    }

    private func lookAgain() {
        let clock = dependencies.clock
        Task {
            try? await clock.sleep(for: .seconds(1))
            channelsChanged()
        }
    }
}
