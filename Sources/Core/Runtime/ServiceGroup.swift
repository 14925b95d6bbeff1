package import Base

/// Runs services together: each is started when the one before is ready, and they are stopped in reverse order, one at
/// a time, within a deadline.
package struct ServiceGroup: Sendable {
    private let services: [any Service]
    private let deadline: Duration
    private let logger: Logger

    /// `deadline` limits the whole shutdown; services that still run then are cancelled.
    package init(_ services: [any Service], deadline: Duration, logger: Logger) {
        (self.services, self.deadline, self.logger) = (services, deadline, logger)
    }

    private enum Event: Sendable {
        case ready(Int)
        case finished(Int, failure: String?)
        case asked
        case deadline
    }

    /// Why the group ended.
    package enum Outcome: Sendable, Equatable {
        /// Stopped on request, and every service finished in time.
        case stopped
        /// Stopped on request, but these services were still busy at the deadline and were cancelled.
        case cancelled([String])
        /// A service ended by itself, with this error or none.
        case failed(service: String, error: String?)
    }

    /// Runs until `shutdown` is triggered or a service ends; returns when all have ended.
    package func run(until shutdown: GracefulShutdown) async -> Outcome {
        let switches = services.map { _ in GracefulShutdown() }
        return await withTaskGroup(of: Event.self) { group in
            group.addTask {
                await shutdown.wait()
                return .asked
            }
            var running: Set<Int> = []
            start(0, &group, switches, &running)
            var outcome = Outcome.stopped
            events: while let event = await group.next() {
                switch event {
                case .ready(let index): start(index + 1, &group, switches, &running)
                case .finished(let index, let failure):
                    running.remove(index)
                    let name = services[index].name
                    logger.error("service ended by itself", ["service": name, "error": failure ?? "none"])
                    outcome = .failed(service: name, error: failure)
                    break events
                case .asked, .deadline: break events
                }
            }
            let stuck = await stop(&group, switches, &running)
            if !stuck.isEmpty, outcome == .stopped { outcome = .cancelled(stuck) }
            group.cancelAll()
            return outcome
        }
    }

    /// Starts a service; the group hears when it is ready.
    private func start(
        _ index: Int,
        _ group: inout TaskGroup<Event>,
        _ switches: [GracefulShutdown],
        _ running: inout Set<Int>
    ) {
        guard services.indices.contains(index) else { return }
        let (service, ready) = (services[index], Readiness())
        logger.debug("starting", ["service": service.name])
        running.insert(index)
        group.addTask { await Self.run(service, index, until: switches[index], ready) }
        group.addTask {
            await ready.wait()
            return .ready(index)
        }
    }

    private static func run(
        _ service: any Service,
        _ index: Int,
        until stop: GracefulShutdown,
        _ ready: Readiness
    ) async -> Event {
        do {
            try await service.run(until: stop, ready: ready)
            return .finished(index, failure: nil)
        } catch {
            return .finished(index, failure: "\(error)")
        }
    }

    /// Stops the running services, last started first; returns the names of those that had to be cancelled.
    private func stop(
        _ group: inout TaskGroup<Event>,
        _ switches: [GracefulShutdown],
        _ running: inout Set<Int>
    ) async -> [String] {
        let limit = deadline
        group.addTask {
            try? await Task.sleep(for: limit)
            return .deadline
        }
        var stuck: [String] = []
        for index in services.indices.reversed() where running.contains(index) {
            logger.debug("stopping", ["service": services[index].name])
            switches[index].trigger()
            while running.contains(index), let event = await group.next() {
                switch event {
                case .finished(let ended, let failure):
                    running.remove(ended)
                    if let failure {
                        logger.error(
                            "service failed while stopping",
                            ["service": services[ended].name, "error": failure]
                        )
                    }
                case .deadline:
                    stuck = running.sorted().map { services[$0].name }
                    logger.error("shutdown deadline passed", ["services": stuck.joined(separator: ",")])
                    for index in running { switches[index].trigger() }
                    group.cancelAll()
                case .asked, .ready: break
                }
            }
        }
        return stuck
    }
}
