import Base
package import Checks
package import Datagrams
import HTTPClient
package import Runtime

/// Pings on one event loop; create and use it on its loop.
package final class ICMPProber: Prober {
    let engine: ICMPEngine

    /// `kinds` are the sockets to try, in that order; call on the loop.
    package init(
        loop: EventLoop,
        configuration: ProbeConfiguration,
        kinds: [DatagramSocket.Kind] = [.echo, .rawICMP]
    ) {
        engine = ICMPEngine(loop: loop, configuration: configuration, kinds: kinds)
    }

    deinit {
        // Invariant: the engine is confined to its loop, and this was the last reference from outside.
        nonisolated(unsafe) let engine = engine
        engine.loop.execute { engine.shutdown() }
    }

    package var runningCount: Int { engine.pool.runningCount }

    @discardableResult
    package func probe(
        _ spec: CheckSpec,
        monitor: MonitorID?,
        completion: @escaping (Outcome) -> Void
    ) -> ProbeToken {
        engine.loop.preconditionInLoop()
        let run = engine.pool.acquire { ICMPCheckRun(engine: engine) }
        run.begin(spec.settings(of: ICMPKind.self), completion: completion)
        return run.token
    }

    package func cancel(_ token: ProbeToken) { engine.pool.probe(of: token)?.cancel() }

    package func cancelAll() {
        for run in engine.pool.running { run.cancel() }
    }
}

/// The state that the checks of one prober share.
final class ICMPEngine {
    let loop: EventLoop
    let configuration: ProbeConfiguration
    let resolver: Resolver
    var pool = ProbePool<ICMPCheckRun>()
    private let kinds: [DatagramSocket.Kind]
    private var v4: EchoSocket?
    private var v6: EchoSocket?

    init(loop: EventLoop, configuration: ProbeConfiguration, kinds: [DatagramSocket.Kind]) {
        loop.preconditionInLoop()
        self.loop = loop
        self.configuration = configuration
        self.kinds = kinds
        resolver = Resolver(loop: loop)
    }

    /// The shared socket of a family, opened when first needed: a permission granted later takes effect.
    func socket(_ family: IPAddress.Family) throws(EchoSocket.OpenError) -> EchoSocket {
        if let known = family == .v4 ? v4 : v6 { return known }
        let made = try EchoSocket(family, kinds, loop: loop)
        if family == .v4 { v4 = made } else { v6 = made }
        return made
    }

    /// Shuts everything down without completions.
    func shutdown() {
        for run in pool.running { run.abandon() }
        pool = ProbePool()
        v4?.close()
        v6?.close()
        resolver.close()
    }
}
