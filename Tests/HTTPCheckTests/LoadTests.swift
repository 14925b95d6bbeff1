import Base
import Domain
import HTTPClient
import HTTPCheck
import Runtime
import TestSupport
import Testing

/// Many checks at once, what they leave behind, and how they end.
@Suite(.serialized) struct LoadTests {
    @Test func hungTargetsDelayNoOtherCheck() async throws {
        let hung = LoopbackTarget { $0.waitForClose() }
        let healthy = LoopbackTarget.answering()
        let bench = try ProbeBench()
        await withTaskGroup(of: Outcome.self) { group in
            for _ in 0..<6 { group.addTask { await bench.run(hung.url()) { $0.timeout = .seconds(4) } } }
            for _ in 0..<50 { group.addTask { await bench.run(healthy.url()) } }
            var healthyCount = 0
            for await outcome in group {
                if outcome.isSuccess {
                    #expect(outcome.latency < .seconds(3))
                    healthyCount += 1
                    if healthyCount == 50 { group.cancelAll() }
                } else {
                    #expect(healthyCount == 50)
                }
            }
        }
        #expect(await bench.runner.runningCount == 0)
    }

    @Test func fiveHundredConcurrentChecksLeaveNothingBehind() async throws {
        let target = LoopbackTarget { connection in
            _ = connection.readRequest()
            connection.respond(body: "ok")
            connection.close()
        }
        let server = TestNameServer(["name.test": .addresses(v4: [[127, 0, 0, 1]])])
        let bench = try ProbeBench(ProbeConfiguration(resolver: server.address))
        _ = await bench.run(target.url(host: "name.test"))
        let before = await bench.registrations()
        for _ in 0..<2 {
            await withTaskGroup(of: Outcome.self) { group in
                for index in 0..<500 {
                    let url = target.url(host: index % 5 == 0 ? "name.test" : nil)
                    group.addTask { await bench.run(url) { $0.timeout = .seconds(20) } }
                }
                for await outcome in group { #expect(outcome.failure == nil) }
            }
        }
        #expect(target.connectionCount == 1001)
        // The last queries to a name server that answered late are still open for a moment.
        await eventually { await bench.registrations() <= before }
        #expect(await bench.runner.runningCount == 0)
    }

    @Test func cancelAllEndsEveryCheckOnce() async throws {
        let (hung, silent) = (LoopbackTarget { $0.waitForClose() }, SilentTarget())
        let server = TestNameServer(["silent.test": .silence])
        let bench = try ProbeBench(ProbeConfiguration(resolver: server.address))
        let urls = [hung.url(), hung.url(scheme: "https"), "http://127.0.0.1:\(silent.port)/", "http://silent.test/"]
        async let outcomes = withTaskGroup(of: Outcome.self) { group in
            for url in urls { group.addTask { await bench.run(url) { $0.timeout = .seconds(30) } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        await eventually { await bench.runner.runningCount >= urls.count }
        await bench.runner.cancelAll()
        for outcome in await outcomes { expect(outcome, .internalError, .internal) }
        // The query to the silent name server expires by itself.
        #expect(await bench.registrations() <= 1)
    }

    @Test func cancelledTaskEndsItsCheck() async throws {
        let hung = LoopbackTarget { $0.waitForClose() }
        let bench = try ProbeBench()
        let task = Task { await bench.run(hung.url()) { $0.timeout = .seconds(30) } }
        await eventually { await bench.runner.runningCount >= 1 }
        task.cancel()
        expect(await task.value, .internalError, .internal)
    }

    @Test func droppedProberClosesItsSockets() async throws {
        let hung = LoopbackTarget { $0.waitForClose() }
        let loop = try EventLoop(name: "drop-test")
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            loop.execute {
                let prober = HTTPProber(loop: loop)
                prober.start(HTTPSettings(url: hung.url())) { _ in Issue.record("completed") }
                continuation.resume()
            }
        }
        let count = await withCheckedContinuation { (continuation: CheckedContinuation<Int, Never>) in
            loop.execute { continuation.resume(returning: loop.registrationCount) }
        }
        #expect(count == 0)
    }

    @Test func keptConnectionServesOnlyItsMonitor() async throws {
        let target = LoopbackTarget.answering()
        let bench = try ProbeBench()
        var options = HTTPSettings.Options()
        options.reuseConnection = true
        let spec = HTTPSettings(url: target.url(host: "localhost"), options: options)
        let first = await bench.runner.run(CheckSpec(spec), monitor: MonitorID(rawValue: 1))
        #expect(first.failure == nil && first.phases.connect != nil, "\(first)")
        let second = await bench.runner.run(CheckSpec(spec), monitor: MonitorID(rawValue: 1))
        #expect(second.failure == nil && second.phases.connect == nil && second.phases.firstByte != nil, "\(second)")
        #expect(second.remoteAddress == first.remoteAddress)
        #expect(target.connectionCount == 1)
        _ = await bench.runner.run(CheckSpec(spec), monitor: MonitorID(rawValue: 2))
        #expect(target.connectionCount == 2)
        _ = await bench.runner.run(CheckSpec(spec))
        #expect(target.connectionCount == 3)
    }

    @Test(arguments: [Int32(0x0304), 0x0303])
    func keptConnectionWithTLSServesTheNextCheck(_ version: Int32) async throws {
        let authority = TestCertificate("Kept CA", sans: nil, isAuthority: true)
        let certificate = TestCertificate("kept", issuer: authority, sans: "IP:127.0.0.1")
        let target = LoopbackTarget.answering(tls: TLSServerContext(certificate, maximumVersion: version))
        let bench = try ProbeBench(ProbeConfiguration(caFile: authority.certificateFile()))
        var options = HTTPSettings.Options()
        options.reuseConnection = true
        let spec = CheckSpec(HTTPSettings(url: target.url(scheme: "https"), options: options))
        for round in 1...3 {
            let outcome = await bench.runner.run(spec, monitor: MonitorID(rawValue: 1))
            #expect(outcome.failure == nil && (outcome.phases.connect == nil) == (round > 1), "\(outcome)")
            #expect(outcome.certificate?.valid == true)
        }
        #expect(target.connectionCount == 1)
    }

    /// Frames of HTTP/2 may come while no request is under way: the check then takes a new connection.
    @Test func keptConnectionWithHTTP2FailsNoCheck() async throws {
        let target = try await HTTP2Target(page: "two")
        var options = HTTPSettings.Options()
        options.reuseConnection = true
        options.httpVersion = .http2PriorKnowledge
        let (bench, spec) = (try ProbeBench(), CheckSpec(HTTPSettings(url: target.url("http"), options: options)))
        for _ in 1...5 {
            let outcome = await bench.runner.run(spec, monitor: MonitorID(rawValue: 1))
            #expect(outcome.failure == nil && outcome.httpVersion == "2", "\(outcome)")
        }
    }

    private final class Gate: Sendable {
        let isDue = Locked(false)
        let isSent = Locked(false)
    }

    /// A server that gives an idle connection up says so with an answer that nobody asked for.
    @Test(arguments: ["408 Request Timeout", "500 Oops"])
    func answerBeforeTheRequestIsNotJudged(_ status: String) async throws {
        let gate = Gate()
        let target = LoopbackTarget { connection in
            if connection.readRequest().isEmpty { return }
            connection.respond(body: "ok")
            while !gate.isDue.withLock({ $0 }) { TestClock.wait(milliseconds: 1) }
            connection.respond(status)
            gate.isSent.withLock { $0 = true }
            connection.waitForClose()
        }
        let bench = try ProbeBench()
        var options = HTTPSettings.Options()
        options.reuseConnection = true
        let spec = CheckSpec(HTTPSettings(url: target.url(), options: options))
        #expect(await bench.runner.run(spec, monitor: MonitorID(rawValue: 1)).failure == nil)
        gate.isDue.withLock { $0 = true }
        await eventually { gate.isSent.withLock { $0 } }
        let outcome = await bench.runner.run(spec, monitor: MonitorID(rawValue: 1))
        #expect(outcome.failure == nil && outcome.phases.connect != nil, "\(outcome)")
        #expect(target.connectionCount == 2)
    }

    /// It was sent while the request was on its way; on a new connection it is an answer like any other.
    @Test func timedOutKeptConnectionIsReplaced() async throws {
        let target = LoopbackTarget { connection in
            if connection.readRequest().isEmpty { return }
            connection.respond(body: "ok")
            if connection.readRequest().isEmpty { return }
            connection.respond("408 Request Timeout", headers: ["Connection: close"])
            connection.close()
        }
        let bench = try ProbeBench()
        var options = HTTPSettings.Options()
        options.reuseConnection = true
        let spec = CheckSpec(HTTPSettings(url: target.url(), options: options))
        for round in 1...3 {
            let outcome = await bench.runner.run(spec, monitor: MonitorID(rawValue: 1))
            #expect(outcome.failure == nil && outcome.phases.connect != nil, "\(outcome)")
            #expect(target.connectionCount == round)
        }
        let refusing = LoopbackTarget.answering { _, connection in connection.respond("408 Request Timeout") }
        expect(await bench.run(refusing.url()), .httpStatus, .assertion)
    }

    @Test func lostKeptConnectionIsReplaced() async throws {
        let target = LoopbackTarget { connection in
            _ = connection.readRequest()
            connection.respond(body: "ok")
            connection.close()
        }
        let bench = try ProbeBench()
        var options = HTTPSettings.Options()
        options.reuseConnection = true
        let spec = HTTPSettings(url: target.url(), options: options)
        for round in 1...3 {
            let outcome = await bench.runner.run(CheckSpec(spec), monitor: MonitorID(rawValue: 1))
            #expect(outcome.failure == nil && outcome.phases.connect != nil)
            #expect(target.connectionCount == round)
        }
    }
}
