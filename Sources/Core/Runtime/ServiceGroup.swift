package import Base

/// Runs services together: each is started when the one before is ready, and they are stopped in reverse order, one at
/// a time, within a deadline.
///
/// A service that ends neither when it is asked nor when it is cancelled is left behind: the group ends all the same.
package struct ServiceGroup: Sendable {
    private let services: [any Service]
    private let deadline: Duration
    private let grace: Duration
    private let logger: Logger

    /// `deadline` limits the whole shutdown; services that still run then are cancelled, and get `grace` to end.
    package init(_ services: [any Service], deadline: Duration, grace: Duration = .seconds(5), logger: Logger) {
        (self.services, self.deadline, self.grace, self.logger) = (services, deadline, grace, logger)
    }

    private enum Event: Sendable {
        case ready(Int)
        case finished(Int, failure: String?)
        case asked
        case deadline
        case graceOver
    }

    /// Why the group ended.
    package enum Outcome: Sendable, Equatable {
        /// Stopped on request, and every service finished in time.
        case stopped
        /// Stopped on request, but these services were still busy at the deadline and were cancelled.
        case cancelled([String])
        /// These services did not end even when they were cancelled, and may still run.
        case abandoned([String])
        /// A service ended by itself, with this error or none.
        case failed(service: String, error: String?)
    }

    /// Runs until `shutdown` is triggered or a service ends; returns when all have ended, or were left behind.
    package func run(until shutdown: GracefulShutdown) async -> Outcome {
        let events = AsyncStream.makeStream(of: Event.self)
        // Not a task group: that would wait for a service that never ends. A task of its own: what happens to the
        // caller's asks the services to end, and does not leave them alone.
        let running = Task { await run(until: shutdown, events.stream, events.continuation) }
        return await withTaskCancellationHandler {
            await running.value
        } onCancel: {
            events.continuation.yield(.asked)
        }
    }

    private func run(
        until shutdown: GracefulShutdown,
        _ stream: AsyncStream<Event>,
        _ continuation: AsyncStream<Event>.Continuation
    ) async -> Outcome {
        var tasks = Tasks(services.count, continuation)
        defer { tasks.end() }
        tasks.watch {
            await shutdown.wait()
            return .asked
        }
        var events = stream.makeAsyncIterator()
        start(0, &tasks)
        while let event = await events.next(isolation: #isolation) {
            switch event {
            case .ready(let index): start(index + 1, &tasks)
            case .finished(let index, let failure):
                tasks.running.remove(index)
                let name = services[index].name
                logger.error("service ended by itself", ["service": name, "error": failure ?? "none"])
                _ = await stop(&tasks, &events, shutdown)
                return .failed(service: name, error: failure)
            case .asked, .deadline, .graceOver: return await stop(&tasks, &events, shutdown)
            }
        }
        return .stopped
    }

    /// Starts a service; the group hears when it is ready.
    private func start(_ index: Int, _ tasks: inout Tasks) {
        guard services.indices.contains(index) else { return }
        let (service, ready, stop) = (services[index], Readiness(), tasks.switches[index])
        logger.debug("starting", ["service": service.name])
        tasks.running.insert(index)
        tasks.work {
            do {
                try await service.run(until: stop, ready: ready)
                return .finished(index, failure: nil)
            } catch {
                return .finished(index, failure: "\(error)")
            }
        }
        tasks.watch {
            await ready.wait()
            return .ready(index)
        }
    }

    /// Stops the running services, last started first.
    private func stop(
        _ tasks: inout Tasks,
        _ events: inout AsyncStream<Event>.Iterator,
        _ shutdown: GracefulShutdown
    ) async -> Outcome {
        let limit = deadline
        tasks.watch {
            try? await Task.sleep(for: limit)
            return .deadline
        }
        var outcome = Outcome.stopped
        for index in services.indices.reversed() where tasks.running.contains(index) {
            logger.debug("stopping", ["service": services[index].name])
            shutdown.note("\(services[index].name) is ending")
            tasks.switches[index].trigger()
            while tasks.running.contains(index), let event = await events.next(isolation: #isolation) {
                switch event {
                case .finished(let ended, let failure):
                    tasks.running.remove(ended)
                    if let failure {
                        logger.error(
                            "service failed while stopping",
                            ["service": services[ended].name, "error": failure]
                        )
                    }
                case .deadline:
                    outcome = .cancelled(names(tasks.running))
                    logger.error("shutdown deadline passed", ["services": text(tasks.running)])
                    for index in tasks.running { tasks.switches[index].trigger() }
                    tasks.cancel(after: grace)
                case .graceOver:
                    logger.error("services did not end", ["services": text(tasks.running)])
                    return .abandoned(names(tasks.running))
                case .asked, .ready: break
                }
            }
        }
        return outcome
    }

    private func names(_ running: Set<Int>) -> [String] { running.sorted().map { services[$0].name } }
    private func text(_ running: Set<Int>) -> String { names(running).joined(separator: ",") }

    /// The tasks of a group while it runs.
    private struct Tasks {
        let switches: [GracefulShutdown]
        var running: Set<Int> = []
        private let events: AsyncStream<Event>.Continuation
        private var workers: [Task<Void, Never>] = []
        private var watchers: [Task<Void, Never>] = []

        init(_ count: Int, _ events: AsyncStream<Event>.Continuation) {
            switches = (0..<count).map { _ in GracefulShutdown() }
            self.events = events
        }

        /// Runs a service.
        mutating func work(_ body: @escaping @Sendable () async -> Event) {
            workers.append(Task { [events] in events.yield(await body()) })
        }

        /// Waits for something beside the services, until it is cancelled.
        mutating func watch(_ body: @escaping @Sendable () async -> Event) {
            watchers.append(
                Task { [events] in
                    let event = await body()
                    if !Task.isCancelled { events.yield(event) }
                }
            )
        }

        /// Cancels the services, and has the group hear when their time is over.
        mutating func cancel(after grace: Duration) {
            for worker in workers { worker.cancel() }
            watch {
                try? await Task.sleep(for: grace)
                return .graceOver
            }
        }

        /// Cancels whatever still runs.
        func end() {
            for task in workers + watchers { task.cancel() }
            events.finish()
        }
    }
}
