import Messages
package import Broker
import Pipeline
package import Runtime

/// Informs the feed of changed servers; closes it when the program stops, and waits until watchers got the reason.
///
/// Must be started after the HTTP server, so that it is stopped before.
package struct MetricsFeedService: Service {
    package let name = "server metrics"
    private let feed: MetricsFeed
    private let broker: any Broker
    private let grace: Duration

    package init(_ feed: MetricsFeed, broker: any Broker, grace: Duration = .seconds(1)) {
        (self.feed, self.broker, self.grace) = (feed, broker, grace)
    }

    package func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        let (feed, changes) = (feed, await broker.listen(Topics.ruleEvents))
        ready.report()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await change in changes {
                    switch change {
                    case .message(.server(let id)): feed.changed(id)
                    case .message: break
                    case .missed: feed.allChanged()
                    }
                }
            }
            await shutdown.wait()
            group.cancelAll()
        }
        feed.close()
        let deadline = ContinuousClock.now + grace
        while feed.watcherCount > 0, ContinuousClock.now < deadline, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}
