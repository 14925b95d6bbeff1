package import Base

/// Holds a lease as long as the process lives, and takes it over when its holder shows no sign of life.
///
/// Compares no clocks of different machines: a standby measures by its own clock how long the record stays unchanged,
/// and the holder stops leading by its own clock before that time is over.
package actor LeaseKeeper<C: Clock>: LeaderLease where C.Duration == Duration {
    private let name: String
    private let holder: String
    private let store: any LeaseStore
    private let duration: Duration
    private let clock: C
    private let logger: Logger

    private var held: LeaseRecord?
    /// Until when this process leads, unless it renews.
    private var validUntil: C.Instant
    /// What a standby saw last, and since when it is so.
    private var seen: LeaseRecord?
    private var seenSince: C.Instant
    private var hasFailed = false
    private var progress: Int64 = 0

    /// `duration` is how long a holder without a sign of life keeps the lease.
    package init(
        _ name: String,
        holder: String,
        store: any LeaseStore,
        duration: Duration = .seconds(6),
        clock: C = ContinuousClock(),
        logger: Logger
    ) {
        (self.name, self.holder, self.store, self.duration) = (name, holder, store, duration)
        (self.clock, self.logger) = (clock, logger)
        validUntil = clock.now
        seenSince = clock.now
    }

    package func token() -> FencingToken? {
        guard let held, clock.now < validUntil else { return nil }
        return FencingToken(name: name, value: held.token)
    }

    /// How far the former holder had come when the lease was taken over, then what `note` said; nil before anybody did.
    package func position() -> Int64? { progress == 0 ? nil : progress }

    /// Notes how far the work has come; the next sign of life stores it.
    package func note(_ position: Int64) { progress = position }

    /// Seeks and keeps the lease until the task is cancelled; then gives it back.
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

    /// Renews the lease, or looks whether it is free.
    package func step() async {
        let start = clock.now
        do throws(LeaseError) {
            if let mine = held {
                try await renew(mine, at: start)
            } else {
                try await seek(at: start)
            }
            hasFailed = false
        } catch {
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
