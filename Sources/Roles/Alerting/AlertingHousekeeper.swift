package import Base
package import Runtime
package import Storage

/// Removes old incidents with their timelines, old notifications, silences and events of rules, in small steps.
///
/// Whatever is still running is kept, however old.
package struct AlertingHousekeeper<C: Clock>: Service where C.Duration == Duration {
    package let name = "alerting housekeeper"
    private let incidents: IncidentRepository
    private let notifications: NotificationRepository
    private let silences: SilenceRepository
    private let events: AlertEventRepository
    private let retention: Duration
    private let clock: C
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let limit: Int

    /// `retention` is how long data is kept after its end, `limit` how many rows one step removes.
    package init(
        incidents: IncidentRepository,
        notifications: NotificationRepository,
        silences: SilenceRepository,
        events: AlertEventRepository,
        retention: Duration,
        logger: Logger,
        clock: C = ContinuousClock(),
        now: @escaping @Sendable () -> Timestamp = { .now },
        limit: Int = 500
    ) {
        (self.incidents, self.notifications) = (incidents, notifications)
        (self.silences, self.events, self.retention) = (silences, events, retention)
        (self.clock, self.now, self.logger, self.limit) = (clock, now, logger, limit)
    }

    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        ready.report()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    await tidy()
                    try? await clock.sleep(for: .seconds(600))
                }
            }
            await shutdown.wait()
            group.cancelAll()
        }
    }

    /// One pass over all tables; ends early when the store fails, and begins again with the next pass.
    package func tidy() async {
        let old = now() - retention
        do {
            try await step { () async throws(StorageError) in try await incidents.purge(endedBefore: old, limit: limit)
            }
            try await step { () async throws(StorageError) in
                try await notifications.purgeReminders(finishedBefore: old, limit: limit)
            }
            try await step { () async throws(StorageError) in
                try await notifications.purge(finishedBefore: old, limit: limit)
            }
            try await step { () async throws(StorageError) in try await silences.purge(endedBefore: old, limit: limit) }
            try await step { () async throws(StorageError) in try await events.purge(before: old, limit: limit) }
        } catch is CancellationError {
            return
        } catch {
            logger.warning("old incidents and notifications could not be removed; trying again", ["error": "\(error)"])
        }
    }

    private func step(_ purge: () async throws(StorageError) -> Int) async throws {
        while try await purge() >= limit { try await clock.sleep(for: .milliseconds(50)) }
    }
}
