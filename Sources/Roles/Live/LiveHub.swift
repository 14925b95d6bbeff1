package import Base

/// Sends events to all readers, and keeps the latest ones for readers that reconnect.
///
/// Events of a topic without readers are not encoded: they only get their ids.
package final class LiveHub: Sendable {
    private let region: String
    private let now: @Sendable () -> MonotonicTime
    private let state: Locked<LiveHubState>

    /// `region` is the name of the default region.
    ///
    /// Ids begin above `lastID`, which must be above those of an earlier process: by default the time in microseconds.
    package init(
        region: String = "local",
        limits: LiveLimits = LiveLimits(),
        lastID: UInt64 = UInt64(max(0, Timestamp.now.milliseconds)) * 1000,
        now: @escaping @Sendable () -> MonotonicTime = { .now }
    ) {
        (self.region, self.now) = (region, now)
        state = Locked(LiveHubState(lastID: lastID, limits))
    }

    /// Shows the number of readers and of those that were dropped.
    package func register(in registry: MetricsRegistry) {
        registry.gauge("sentinel_live_readers", "Readers of live events.") { Double(self.readerCount) }
        registry.counter("sentinel_live_dropped_total", "Readers of live events that were dropped as too slow.") {
            Double(self.droppedCount)
        }
    }

    /// How many readers there are.
    package var readerCount: Int { state.withLock { $0.readerCount } }
    /// Whether results are kept for readers that are here, or may come back.
    var keepsResults: Bool {
        let now = now()
        return state.withLock { $0.keptTopics(at: now).contains(LiveTopic.result) }
    }
    /// How many readers were ever dropped as too slow.
    package var droppedCount: Int { state.withLock { $0.dropped } }
    /// The id that was given last.
    package var lastID: UInt64 { state.withLock { $0.log.lastID } }

    /// Publishes a batch; returns at once, from any thread.
    ///
    /// Within a batch, results come before states, and states before incidents.
    package func publish(_ batch: LiveBatch) {
        guard !batch.isEmpty else { return }
        var drafts: [LiveTopic: [LiveDraft]] = [:]
        // Events are encoded outside of the lock; a reader that subscribes meanwhile still gets them.
        while true {
            let encoded = drafts
            let now = now()
            let outcome = state.withLock { state -> Outcome in
                let missing = state.keptTopics(at: now).topics.filter { encoded[$0] == nil && batch.count($0) > 0 }
                guard missing.isEmpty else { return .encode(missing) }
                return .done(state.publish(batch, encoded, at: now))
            }
            switch outcome {
            case .encode(let topics): for topic in topics { drafts[topic] = batch.drafts(topic, region: region) }
            case .done(let waiters): return waiters.forEach { $0.resume() }
            }
        }
    }

    private enum Outcome: Sendable {
        case encode([LiveTopic])
        case done([LiveReader.Waiter])
    }

    /// Subscribes a reader; with `resume`, the id of an earlier event, it first gets the events after that.
    ///
    /// Throws `.full` when there are too many readers or monitors in their filters, `.stopping` when the hub is closed.
    package func subscribe(_ filter: LiveFilter, resume: UInt64? = nil) throws(LiveError) -> LiveSubscription {
        let (id, last) = try state.withLock { state throws(LiveError) in try state.enter(filter, resume: resume) }
        return LiveSubscription(self, id, filter, from: last)
    }

    /// Ends all subscriptions and accepts no more.
    package func close() {
        let now = now()
        for waiter in state.withLock({ $0.close(at: now) }) { waiter.resume() }
    }

    // MARK: For subscriptions

    func next(_ id: Int) async -> LiveDelivery {
        while true {
            let time = now()
            if let delivery = state.withLock({ $0.take(id, at: time) }) { return delivery }
            await withTaskCancellationHandler {
                await withCheckedContinuation { waiter in
                    let waits = state.withLock { state in !Task.isCancelled && state.wait(id, waiter) }
                    if !waits { waiter.resume() }
                }
            } onCancel: {
                state.withLock { $0.takeWaiter(id) }?.resume()
            }
            if Task.isCancelled { return .ended(.cancelled) }
        }
    }

    func change(_ id: Int, _ filter: LiveFilter) -> Bool {
        let time = now()
        return state.withLock { $0.change(id, filter, at: time) }
    }

    func wake(_ id: Int) { state.withLock { $0.wake(id) }?.resume() }

    func leave(_ id: Int) {
        let time = now()
        state.withLock { $0.leave(id, at: time) }?.resume()
    }
}
