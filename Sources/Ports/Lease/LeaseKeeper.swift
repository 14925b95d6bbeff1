package import Base

/// Holds a lease as long as the process lives, and takes over that of a holder which shows no sign of life.
///
/// Clocks of different machines are never compared: a standby measures by its own clock how long the record stays
/// unchanged, and the holder stops leading by its own clock before that time is over.
package actor LeaseKeeper<C: Clock>: LeaderLease where C.Duration == Duration {
    private let name: String
    private let holder: String
    private let store: any LeaseStore
    private let duration: Duration
    private let clock: C
    private let logger: Logger
    private let report: @Sendable (LeaseError?) -> Void

    private var held: LeaseRecord?
    /// Until when this process is the leader without renewing the lease.
    private var validUntil: C.Instant
    /// The record that a standby has read last, and since when it is unchanged.
    private var seen: LeaseRecord?
    private var seenSince: C.Instant
    private var hasFailed = false
    private var progress: Int64 = 0

    /// `duration` is how long a holder without a sign of life keeps the lease; `report` is called when the store cannot
    /// be used, and with nil when it can be used again.
    package init(
        _ name: String,
        holder: String,
        store: any LeaseStore,
        duration: Duration = .seconds(6),
        clock: C = ContinuousClock(),
        logger: Logger,
        report: @escaping @Sendable (LeaseError?) -> Void = { _ in }
    ) {
        (self.name, self.holder, self.store, self.duration) = (name, holder, store, duration)
        self.report = report
        (self.clock, self.logger) = (clock, logger)
        validUntil = clock.now
        seenSince = clock.now
    }

    package func token() -> FencingToken? {
        guard let held, clock.now < validUntil else { return nil }
        return FencingToken(name: name, value: held.token)
    }

    /// The holder's progress: that of `note` or, while another process holds the lease, what it has stored.
    ///
    /// nil before there was any.
    package func position() -> Int64? {
        let position = held == nil ? seen?.progress ?? progress : progress
        return position == 0 ? nil : position
    }

    /// Notes the progress of the work; the next renewal stores it.
    package func note(_ position: Int64) { progress = position }

    /// Acquires and renews the lease until the task is cancelled; then releases it.
    package func run() async {
        while !Task.isCancelled {
            await step()
            // Cancellation ends the wait early, and the loop with it.
            try? await clock.sleep(for: duration / 6)
        }
        guard let held else { return }
        self.held = nil
        do throws(LeaseError) { try await store.release(held, progress: progress) } catch {
            logger.warning("the lease could not be given back", ["lease": name, "error": "\(error)"])
        }
    }

    /// Renews the lease, or tries to acquire it.
    package func step() async {
        let start = clock.now
        do throws(LeaseError) {
            if let mine = held {
                try await renew(mine, at: start)
            } else {
                try await seek(at: start)
            }
            if hasFailed { report(nil) }
            hasFailed = false
        } catch {
            report(error)
            if !hasFailed { logger.warning("the lease cannot be asked for", ["lease": name, "error": "\(error)"]) }
            hasFailed = true
        }
    }

    private func renew(_ mine: LeaseRecord, at start: C.Instant) async throws(LeaseError) {
        if let renewed = try await store.renew(mine, progress: progress) {
            held = renewed
            validUntil = start.advanced(by: duration * 5 / 6)
        } else {
            held = nil
            logger.warning("another process holds the lease", ["lease": name])
        }
    }

    private func seek(at start: C.Instant) async throws(LeaseError) {
        let found = try await store.read(name)
        if found != seen { (seen, seenSince) = (found, start) }
        let isFree = found.map { $0.holder.isEmpty || seenSince.advanced(by: duration) <= start } ?? true
        guard isFree, let taken = try await store.take(name, holder: holder, seen: found) else { return }
        (held, progress) = (taken, taken.progress)
        validUntil = start.advanced(by: duration * 5 / 6)
        logger.info("holding the lease", ["lease": name, "token": "\(taken.token)"])
    }
}
