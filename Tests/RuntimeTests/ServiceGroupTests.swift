import Base
import Runtime
import TestSupport
import Testing

@Suite struct ServiceGroupTests {
    /// Records events, in order.
    private final class Journal: Sendable {
        private let lines = Locked<[String]>([])
        func note(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    private struct Recorder: Service {
        let name: String
        let journal: Journal
        var ending = Ending.whenAsked
        enum Ending { case whenAsked, never, atOnce, failing }
        struct Broken: Error, CustomStringConvertible { let description = "broken" }

        func run(until shutdown: GracefulShutdown) async throws {
            journal.note("start \(name)")
            switch ending {
            case .whenAsked: await shutdown.wait()
            case .atOnce: return
            case .failing: throw Broken()
            case .never:
                await shutdown.wait()
                while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
            }
            journal.note("stop \(name)")
        }
    }

    private let logger = Logger(label: "test", handler: SilentLogHandler())

    @Test func servicesStopInReverseOrder() async {
        let journal = Journal()
        let shutdown = GracefulShutdown()
        let services = ["a", "b", "c"].map { Recorder(name: $0, journal: journal) }
        let group = ServiceGroup(services, deadline: .seconds(60), logger: logger)
        async let outcome = group.run(until: shutdown)
        await eventually { journal.all.count >= 3 }
        shutdown.trigger()
        #expect(await outcome == .stopped)
        #expect(journal.all.suffix(3) == ["stop c", "stop b", "stop a"])
    }

    @Test func failedServiceStopsTheOthers() async {
        let journal = Journal()
        let services = [Recorder(name: "a", journal: journal), Recorder(name: "b", journal: journal, ending: .failing)]
        let outcome = await ServiceGroup(services, deadline: .seconds(60), logger: logger).run(
            until: GracefulShutdown()
        )
        #expect(outcome == .failed(service: "b", error: "broken"))
        #expect(journal.all.contains("stop a"))
    }

    @Test func serviceEndingEarlyIsAFailure() async {
        let journal = Journal()
        let services = [Recorder(name: "a", journal: journal, ending: .atOnce), Recorder(name: "b", journal: journal)]
        let outcome = await ServiceGroup(services, deadline: .seconds(60), logger: logger).run(
            until: GracefulShutdown()
        )
        #expect(outcome == .failed(service: "a", error: nil))
    }

    @Test func deadlineCancelsRunningServices() async {
        let journal = Journal()
        let shutdown = GracefulShutdown()
        let services = [Recorder(name: "a", journal: journal), Recorder(name: "b", journal: journal, ending: .never)]
        shutdown.trigger()
        let outcome = await ServiceGroup(services, deadline: .milliseconds(20), logger: logger).run(until: shutdown)
        #expect(outcome == .cancelled(["a", "b"]))
        #expect(journal.all.contains("stop b"))
    }

    @Test func cancellationEndsTheWait() async {
        let shutdown = GracefulShutdown()
        let task = Task { await shutdown.wait() }
        task.cancel()
        await task.value
        #expect(!shutdown.isTriggered)
        #expect(await shutdown.sleep(for: .milliseconds(1)))
        shutdown.trigger()
        #expect(await !shutdown.sleep(for: .seconds(3600)))
    }
}
