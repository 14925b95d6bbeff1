import Base
import Checks
import Datagrams
import HTTPClient
import Runtime
import Sockets

/// Queries name servers on one event loop; create and use it on its loop.
final class DNSProber: Prober {
    private let engine: DNSEngine

    /// Call on the loop.
    init(loop: EventLoop, configuration: ProbeConfiguration) {
        engine = DNSEngine(loop: loop, configuration: configuration)
    }

    deinit {
        // Invariant: the engine is confined to its loop, and this was the last reference from outside.
        nonisolated(unsafe) let engine = engine
        engine.loop.execute { engine.shutdown() }
    }

    var runningCount: Int { engine.pool.runningCount }

    @discardableResult
    func probe(_ spec: CheckSpec, monitor: MonitorID?, completion: @escaping (Outcome) -> Void) -> ProbeToken {
        engine.loop.preconditionInLoop()
        let run = engine.pool.acquire { DNSCheckRun(engine: engine) }
        run.begin(spec.settings(of: DNSKind.self), completion: completion)
        return run.token
    }

    func cancel(_ token: ProbeToken) { engine.pool.probe(of: token)?.cancel() }

    func cancelAll() {
        for run in engine.pool.running { run.cancel() }
    }
}

/// The state that the checks of one prober share.
final class DNSEngine {
    let loop: EventLoop
    let configuration: ProbeConfiguration
    let sockets: QuerySockets
    let streams: StreamContext
    /// For the system's own servers, which the authors of monitors do not choose.
    let systemStreams: StreamContext
    var pool = ProbePool<DNSCheckRun>()
    private var system = SystemServers()

    init(loop: EventLoop, configuration: ProbeConfiguration) {
        loop.preconditionInLoop()
        self.loop = loop
        self.configuration = configuration
        sockets = QuerySockets(loop: loop)
        streams = StreamContext(loop: loop, configuration: configuration)
        var lenient = configuration
        lenient.addressPolicy = AddressPolicy()
        systemStreams = StreamContext(loop: loop, configuration: lenient)
    }

    /// The servers of checks that name none: the configured ones, otherwise the system's.
    func systemServers() -> [Endpoint] {
        guard let text = configuration.resolver else { return system.current(at: loop.now) }
        guard let server = try? ServerName(text), let address = server.address else { return [] }
        return [Endpoint(address, port: server.port ?? 53)]
    }

    /// Shuts everything down without completions.
    func shutdown() {
        for run in pool.running { run.abandon() }
        pool = ProbePool()
        sockets.close()
        streams.close()
        systemStreams.close()
    }
}
