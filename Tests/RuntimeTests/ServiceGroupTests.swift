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
        /// What it waits for before it is ready.
        var gate: Readiness?
        enum Ending { case whenAsked, never, atOnce, failing, notEvenCancelled }
        struct Broken: Error, CustomStringConvertible { let description = "broken" }

        func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
            journal.note("start \(name)")
            if let gate { await gate.wait() }
            ready.report()
            journal.note("ready \(name)")
            switch ending {
            case .whenAsked: await shutdown.wait()
            case .atOnce: return
            case .failing: throw Broken()
            case .never:
                await shutdown.wait()
                while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
            case .notEvenCancelled: await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
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
        await eventually { journal.all.contains("ready c") }
        shutdown.trigger()
        #expect(await outcome == .stopped)
        #expect(journal.all.suffix(3) == ["stop c", "stop b", "stop a"])
    }

    @Test func serviceIsStartedOnceTheOneBeforeIsReady() async {
        let journal = Journal()
        let (shutdown, gate) = (GracefulShutdown(), Readiness())
        let services = [
            Recorder(name: "consumer", journal: journal, gate: gate), Recorder(name: "producer", journal: journal),
        ]
        let group = ServiceGroup(services, deadline: .seconds(60), logger: logger)
        async let outcome = group.run(until: shutdown)
        await eventually { journal.all == ["start consumer"] }
        gate.report()
        await eventually { journal.all.contains("ready producer") }
        #expect(journal.all == ["start consumer", "ready consumer", "start producer", "ready producer"])
        shutdown.trigger()
        #expect(await outcome == .stopped)
    }

    @Test func groupStopsWhileAServiceIsNotReady() async {
        let journal = Journal()
        let shutdown = GracefulShutdown()
        let never = Readiness()
        let services = [
            Recorder(name: "a", journal: journal, ending: .never, gate: never), Recorder(name: "b", journal: journal),
        ]
        let group = ServiceGroup(services, deadline: .milliseconds(20), logger: logger)
        async let outcome = group.run(until: shutdown)
        await eventually { journal.all == ["start a"] }
        shutdown.trigger()
        #expect(await outcome == .cancelled(["a"]))
        #expect(!journal.all.contains("start b"))
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
        let group = ServiceGroup(services, deadline: .milliseconds(20), logger: logger)
        async let outcome = group.run(until: shutdown)
        await eventually { journal.all.contains("ready b") }
        shutdown.trigger()
        #expect(await outcome == .cancelled(["a", "b"]))
        #expect(journal.all.contains("stop b"))
    }

    /// A service that waits for what never comes does not keep the process, and the others end in order.
    @Test func serviceThatDoesNotEndIsLeftBehind() async {
        let journal = Journal()
        let shutdown = GracefulShutdown()
        let services = [
            Recorder(name: "a", journal: journal), Recorder(name: "b", journal: journal, ending: .notEvenCancelled),
            Recorder(name: "c", journal: journal),
        ]
        let group = ServiceGroup(services, deadline: .milliseconds(20), grace: .milliseconds(20), logger: logger)
        async let outcome = group.run(until: shutdown)
        await eventually { journal.all.contains("ready c") }
        shutdown.trigger()
        #expect(await outcome == .abandoned(["b"]))
        #expect(shutdown.waitsFor == "b is ending")
        await eventually { journal.all.contains("stop a") }
        #expect(journal.all.contains("stop c"))
    }

    @Test func failureIsReportedThoughAnotherServiceDoesNotEnd() async {
        let journal = Journal()
        let services = [
            Recorder(name: "a", journal: journal, ending: .notEvenCancelled),
            Recorder(name: "b", journal: journal, ending: .failing),
        ]
        let group = ServiceGroup(services, deadline: .milliseconds(20), grace: .milliseconds(20), logger: logger)
        #expect(await group.run(until: GracefulShutdown()) == .failed(service: "b", error: "broken"))
    }

    /// What happens to the caller stops the services, and does not leave them alone.
    @Test func cancelledGroupStopsItsServices() async {
        let journal = Journal()
        let services = ["a", "b"].map { Recorder(name: $0, journal: journal) }
        let group = ServiceGroup(services, deadline: .seconds(60), logger: logger)
        let running = Task { await group.run(until: GracefulShutdown()) }
        await eventually { journal.all.contains("ready b") }
        running.cancel()
        #expect(await running.value == .stopped)
        #expect(journal.all.suffix(2) == ["stop b", "stop a"])
    }

    @Test func connectionThatDoesNotCloseIsNamed() async {
        let journal = Journal()
        let closings = [
            Closing("a") { journal.note("a") },
            Closing("b") { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } },
            Closing("c") { journal.note("c") },
        ]
        #expect(await Closing.close(closings, within: .milliseconds(50)) == ["b"])
        #expect(Set(journal.all) == ["a", "c"])
        #expect(await Closing.close([closings[0], closings[2]], within: .seconds(60)) == [])
        #expect(await Closing.close([], within: .seconds(60)) == [])
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
